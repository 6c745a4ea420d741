// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The judge: a process that runs some cases against one target, one after another, and tells what
// it found on standard output (wire.hpp). The program starts itself as its own judges, so that a
// case that crashes or hangs costs that case, and several judges can work at once.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/config.hpp"
#include "tests/conformance/wire.hpp"

namespace trivium::conformance {

// Runs the cases with these GoogleTest names; `reached` is what was found out before, and a
// round trip of 0 says that this is what the case is to find out. Returns the exit code, 0 where
// all cases were run, whatever their verdicts. It uses up this process's RUN_ALL_TESTS.
[[nodiscard]] int run_judge(const std::vector<std::string>& full_names, const Reached& reached);

// The exit code of a judge whose case did not end within its limit.
inline constexpr int judge_hung = 99;

// How a message begins that tells why a case could not be judged.
inline constexpr std::string_view blocked_prefix = "blocked: ";

// Sets the deadlines (deadline.hpp): --timeout, or what is usual, and more where the target is far
// away or slow.
void scale_deadlines(long round_trip_us);

// How long a case may take in all: one that hangs in spite of its own deadlines ends the judge.
[[nodiscard]] std::chrono::seconds case_limit(const Config& config, long round_trip_us);

// For the case that reaches the target.
void tell_reached(const Reached& reached);
// What is known of the target.
[[nodiscard]] const Reached& known_of_target();
void know_of_target(const Reached& reached);

}  // namespace trivium::conformance
