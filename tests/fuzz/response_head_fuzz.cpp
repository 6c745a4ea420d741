// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Holds the response head's parser to a second one: what the RFCs call right must be read, what
// they call wrong must be refused, and what they leave open must not be read as something else.
#include <string>

#include "shared/protocol/response_head.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/response_head_reference.hpp"

namespace {

using trivium::fuzz::must_be_equal;
using trivium::fuzz::Standing;

std::string shown(int status, const std::optional<std::uint64_t>& length) {
  return std::to_string(status) + ", " + (length ? std::to_string(*length) : "to the end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trivium;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = fuzz::end_of_head(text);
  must_be_equal(protocol::find_head_end(text, 0).value_or(0), end.value_or(0), "the head's end");
  for (std::size_t seen = 0; seen < end.value_or(size); ++seen) {
    must_be_equal(protocol::find_head_end(text, seen).value_or(0), end.value_or(0),
                  "the head's end, some of it seen before");
  }
  if (!end) return 0;

  const auto head = text.substr(0, *end);
  const auto parsed = protocol::parse_head(head);
  const auto reading = fuzz::read_head(head);
  if (reading.standing == Standing::right)
    must_be_equal(parsed.error, std::string{}, "a right head");
  if (!parsed.error.empty()) return 0;
  must_be_equal(reading.standing == Standing::wrong, false, "a wrong head is refused");
  must_be_equal(shown(parsed.head.status, parsed.head.length),
                shown(reading.status, reading.length), "status and length");
  for (std::size_t first = 0; first <= head.size(); ++first) {
    must_be_equal(protocol::cannot_be_head(head.substr(0, first)), false, "it can be a head");
  }
  return 0;
}
