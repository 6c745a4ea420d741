// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trivium::conformance {

// The counters as the server wrote them, read without knowing its code: every member by its path,
// such as "accepted" or "closed.end".
struct Counters {
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> strings;

  // Throws std::out_of_range, naming the key, where it is missing.
  [[nodiscard]] std::int64_t at(const std::string& path) const;
  [[nodiscard]] std::int64_t closed(const std::string& reason) const {
    return at("closed." + reason);
  }
  [[nodiscard]] std::int64_t closed_in_all() const;
  [[nodiscard]] bool balanced() const { return at("accepted") == at("active") + closed_in_all(); }
};

// Reads one JSON object of numbers, strings and objects of such. Throws std::invalid_argument for
// anything else, a key that comes twice included.
[[nodiscard]] Counters parse_counters(std::string_view json);

// The paths that the contract promises, less "contender", which is a string.
[[nodiscard]] const std::vector<std::string>& counter_paths();

}  // namespace trivium::conformance
