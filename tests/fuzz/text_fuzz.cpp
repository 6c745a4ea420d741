// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Holds the small parsers to plain second readings, in what they take, as what, and in what they
// refuse: UTF-8, sizes, durations, hazards.
#include <string>

#include "shared/protocol/hazard.hpp"
#include "shared/protocol/quantity.hpp"
#include "shared/protocol/utf8.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/text_reference.hpp"
#include "tests/unit/echo_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trivium;
  using fuzz::must_be_equal;
  const std::string text(reinterpret_cast<const char*>(data), size);
  must_be_equal(protocol::is_utf8(text), protocol::reference::is_well_formed(text), "UTF-8");
  must_be_equal(protocol::parse_size(text).value_or(7), fuzz::plain_size(text).value_or(7),
                "a size");
  must_be_equal(protocol::parse_size(text).has_value(), fuzz::plain_size(text).has_value(),
                "whether it is a size");
  fuzz::must_be_duration(protocol::parse_duration(text), fuzz::plain_duration(text));
  fuzz::must_be_hazard(protocol::parse_hazard(text), fuzz::plain_hazard(text));
  return 0;
}
