// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Holds the small parsers to plain second readings: UTF-8, sizes, durations, hazards.
#include <cmath>
#include <string>

#include "shared/protocol/hazard.hpp"
#include "shared/protocol/quantity.hpp"
#include "shared/protocol/utf8.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/unit/echo_reference.hpp"

namespace {

using trivium::fuzz::must_be_equal;

// DIGITS [KiB|MiB], or nothing; 128 bits are more than any size needs.
std::optional<std::size_t> plain_size(std::string_view text) {
  unsigned __int128 value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (value < (static_cast<unsigned __int128>(1) << 100)) {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
    }
    ++digits;
  }
  const auto unit = text.substr(digits);
  if (digits == 0 || (!unit.empty() && unit != "KiB" && unit != "MiB")) return std::nullopt;
  if (unit == "KiB") value <<= 10;
  if (unit == "MiB") value <<= 20;
  if (value > std::size_t(-1)) return std::nullopt;
  return static_cast<std::size_t>(value);
}

// What every duration that is taken keeps to, whatever its digits.
void judge_duration(const std::string& text) {
  const auto parsed = trivium::protocol::parse_duration(text);
  if (!parsed) return;
  must_be_equal(parsed->count() >= 0, true, "no duration is negative");
  const char last = text.back();
  must_be_equal(last == 's' || last == 'm', true, "a duration has a unit");
  const auto unit = text.find_first_not_of("0123456789.-");
  const std::string_view name = std::string_view(text).substr(unit);
  const long double scale = name == "us" ? 1e3L : name == "ms" ? 1e6L : name == "s" ? 1e9L : 60e9L;
  const long double due = std::strtold(text.c_str(), nullptr) * scale;
  must_be_equal(std::fabs(static_cast<long double>(parsed->count()) - due) <= 1 + due * 1e-15L,
                true, "a duration is what it says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trivium;
  const std::string text(reinterpret_cast<const char*>(data), size);
  must_be_equal(protocol::is_utf8(text), protocol::reference::is_well_formed(text), "UTF-8");
  must_be_equal(protocol::parse_size(text).value_or(7), plain_size(text).value_or(7), "a size");
  must_be_equal(protocol::parse_size(text).has_value(), plain_size(text).has_value(),
                "whether it is a size");
  judge_duration(text);
  if (const auto hazard = protocol::parse_hazard(text)) {
    must_be_equal(text.front(), '@', "a hazard begins with @");
    must_be_equal(hazard->duration.count() >= 0, true, "no hazard runs backwards");
  }
  return 0;
}
