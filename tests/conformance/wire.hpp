// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// How a judge, which runs the cases in a process of its own, tells what it found: a line for the
// begin of a case and a line for its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/conformance/results.hpp"

namespace trivium::conformance {

struct Begun {
  std::string full_name;
};

struct Ended {
  std::string full_name;
  CaseResult result;  // all but `info` and `known`
};

// What the case that reaches the target found out.
struct Reached {
  long round_trip_us = 0;
  bool healthy = true;  // it answers a plain exchange as it must; so it is taken until it is known
};

[[nodiscard]] std::string encode(const Begun& begun);
[[nodiscard]] std::string encode(const Ended& ended);
[[nodiscard]] std::string encode(const Reached& reached);

// Nothing where the line is another, or none.
[[nodiscard]] std::optional<Begun> decode_begun(std::string_view line);
[[nodiscard]] std::optional<Ended> decode_ended(std::string_view line);
[[nodiscard]] std::optional<Reached> decode_reached(std::string_view line);

}  // namespace trivium::conformance
