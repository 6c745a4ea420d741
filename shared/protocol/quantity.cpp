// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/quantity.hpp"

#include <charconv>
#include <cstdint>
#include <limits>

namespace trivium::protocol {
namespace {

struct Number {
  double value;
  std::string_view unit;
};

std::optional<Number> split(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc{} || !(value >= 0) || value > 9e18) return std::nullopt;
  return Number{value, std::string_view(rest, static_cast<std::size_t>(end - rest))};
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto number = split(text);
  if (!number) return std::nullopt;
  double scale = 0;
  if (number->unit == "us") scale = 1e3;
  if (number->unit == "ms") scale = 1e6;
  if (number->unit == "s") scale = 1e9;
  if (number->unit == "m") scale = 60e9;
  const double nanoseconds = number->value * scale;
  if (scale == 0 || nanoseconds > 9e18) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds + 0.5));
}

std::optional<std::size_t> parse_size(std::string_view text) {
  std::size_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  unsigned shift = 0;
  if (unit == "KiB") {
    shift = 10;
  } else if (unit == "MiB") {
    shift = 20;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  if (value > (std::numeric_limits<std::size_t>::max() >> shift)) return std::nullopt;
  return value << shift;
}

}  // namespace trivium::protocol
