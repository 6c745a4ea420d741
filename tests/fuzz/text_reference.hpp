// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Second readings of sizes, durations and hazards, written from the command-line contract and from
// what the headers promise; plain, and without a line of those that are used.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "shared/protocol/hazard.hpp"
#include "tests/fuzz/standing.hpp"

namespace trivium::fuzz {

/// DIGITS [KiB|MiB], or nothing; 128 bits are more than any size needs.
inline std::optional<std::size_t> plain_size(std::string_view text) {
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

struct PlainDuration {
  Standing standing = Standing::wrong;
  long double nanoseconds = 0;
};

/// DIGITS[.DIGITS] and a unit. Open is whether `-0`, `.5` and `5.` are numbers, and whether one
/// fits that is nearly the most that 63 bits hold, or less than a double can tell from nothing.
inline PlainDuration plain_duration(std::string_view text) {
  const bool minus = text.starts_with('-');
  const auto number =
      text.substr(0, std::min(text.find_first_not_of("0123456789.", minus), text.size()));
  const auto unit = text.substr(number.size());
  const long double scale = unit == "us"   ? 1e3L
                            : unit == "ms" ? 1e6L
                            : unit == "s"  ? 1e9L
                            : unit == "m"  ? 60e9L
                                           : 0;
  const auto dots = static_cast<std::size_t>(std::ranges::count(number, '.'));
  if (scale == 0 || dots > 1 || number.size() == dots + minus) return {};
  const long double due = std::strtold(std::string(number).c_str(), nullptr) * scale;
  if (due > 0x1p63L - 1 || due < 0) return {};
  const bool open = minus || number.front() == '.' || number.back() == '.' || due > 9e18L ||
                    (due > 0 && due < 1e-290L);
  return {open ? Standing::open : Standing::right, due};
}

inline void must_be_duration(std::optional<std::chrono::nanoseconds> actual, PlainDuration due) {
  must_stand(actual.has_value(), due.standing, "whether it is a duration");
  if (!actual) return;
  const auto nanoseconds = static_cast<long double>(actual->count());
  must_be_equal(nanoseconds >= 0, true, "no duration is negative");
  must_be_equal(std::fabs(nanoseconds - due.nanoseconds) <= 1 + due.nanoseconds * 1e-15L, true,
                "a duration is what it says");
}

struct PlainHazard {
  protocol::Hazard::Kind kind{};
  PlainDuration duration{Standing::right};
  std::size_t bytes = 0;
};

/// One of the forms to the letter, or nothing; it is as open as its duration is.
inline std::optional<PlainHazard> plain_hazard(std::string_view line) {
  using Kind = protocol::Hazard::Kind;
  if (line == "@pid") return PlainHazard{Kind::pid};
  if (line == "@hang") return PlainHazard{Kind::hang};
  if (line == "@crash") return PlainHazard{Kind::crash};
  if (line == "@abort") return PlainHazard{Kind::abort};
  if (line.starts_with("@work ")) return PlainHazard{Kind::work, plain_duration(line.substr(6))};
  if (line.starts_with("@sleep ")) return PlainHazard{Kind::sleep, plain_duration(line.substr(7))};
  if (line.starts_with("@block ")) return PlainHazard{Kind::block, plain_duration(line.substr(7))};
  if (line.starts_with("@leak ")) {
    if (const auto bytes = plain_size(line.substr(6))) {
      return PlainHazard{Kind::leak, {Standing::right}, *bytes};
    }
  }
  return std::nullopt;
}

inline Standing standing_of(const std::optional<PlainHazard>& hazard) {
  return hazard ? hazard->duration.standing : Standing::wrong;
}

inline void must_be_hazard(const std::optional<protocol::Hazard>& actual,
                           const std::optional<PlainHazard>& due) {
  must_stand(actual.has_value(), standing_of(due), "whether it is a hazard");
  if (!actual) return;
  must_be_equal(static_cast<int>(actual->kind), static_cast<int>(due->kind), "a hazard's kind");
  must_be_duration(actual->duration, due->duration);
  must_be_equal(actual->bytes, due->bytes, "a hazard's size");
}

}  // namespace trivium::fuzz
