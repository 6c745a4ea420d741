// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

namespace trivium::fuzz {

/// Takes parameters off the front of the fuzzer's bytes; what is left is the input.
class Parameters {
 public:
  Parameters(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  /// A number below `limit`, zero where the bytes are used up.
  std::size_t below(std::size_t limit) {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte % limit;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Cuts an input into pieces whose sizes go round from 1 by `step` below `limit`.
inline std::vector<std::string_view> cut(std::string_view input, std::size_t step,
                                         std::size_t limit) {
  std::vector<std::string_view> pieces;
  for (std::size_t size = 0; !input.empty(); size = (size + step) % limit) {
    pieces.push_back(input.substr(0, size + 1));
    input.remove_prefix(pieces.back().size());
  }
  return pieces;
}

/// Ends the program, which the fuzzer reports, with both values, where they differ.
template <typename Value>
void must_be_equal(const Value& actual, const Value& expected, const char* what) {
  if (actual == expected) return;
  std::cerr << what << ":\n  actual   " << actual << "\n  expected " << expected << '\n';
  std::abort();
}

}  // namespace trivium::fuzz
