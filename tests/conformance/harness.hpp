// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What every conformance case builds on: what it judges, the requirement a case stands for, and the
// tools to play the other side (child.hpp, socket.hpp). Nothing of the project is linked or
// included, so that one fault can't hide on both sides of a test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/conformance/case_record.hpp"
#include "tests/conformance/child.hpp"
#include "tests/conformance/config.hpp"
#include "tests/conformance/deadline.hpp"
#include "tests/conformance/escape.hpp"
#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// The requirement that a case stands for. The first statement of every case makes one.
//
// While the cases are only listed (catalogue.hpp) it notes the case and throws, so that the list is
// what the cases themselves say, and nothing of the case runs.
class Requirement {
 public:
  // id: stable, mnemonic, never reused, such as "echo.line.crlf-split". source: the number in
  // protocol.md, and the section of an RFC where there is one: "E5.3; RFC 3629, section 3".
  Requirement(const char* id, const char* source, Level level, const char* sentence);

 private:
  testing::ScopedTrace trace_;
};

// What a case needs beyond the plain mode.
struct Needs {
  int capacity = 1;       // connections held at once
  bool contract = false;  // flags can be appended, signals can be sent
  bool slow = false;      // waits for a timeout of seconds
};

// Returns why the case can't run here, or an empty string:
//   if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
[[nodiscard]] std::string unmet(const Needs& needs);

// Judges what only a machine that is not busy can show: `attempt` returns whether it was quick
// enough to be judged, and what it judged. It is tried again until it was, and fails as a case does
// where no attempt of many was quick enough: nothing is passed over.
template <typename Attempt>
void judge_a_quick_attempt(Attempt attempt) {
  constexpr int attempts = 20;
  for (int i = 0; i < attempts; ++i) {
    if (attempt() || testing::Test::HasFailure()) return;
  }
  ADD_FAILURE() << "none of " << attempts << " attempts was quick enough to be judged";
}

// The least that one of three attempts comes to, such as a time; one below `bound` is enough. What
// is wrong is late every time, a busy machine is not.
template <typename Value, typename Attempt>
[[nodiscard]] Value least_of_three(Value bound, Attempt attempt) {
  Value least = attempt();
  for (int i = 1; i < 3 && least >= bound && !testing::Test::HasFailure(); ++i) {
    least = std::min(least, attempt());
  }
  return least;
}

// The quickest of three attempts takes less than `bound`. `attempt` returns how long it took.
template <typename Attempt>
void expect_within(milliseconds bound, Attempt attempt) {
  const milliseconds quickest = least_of_three(bound, attempt);
  EXPECT_LT(quickest.count(), bound.count()) << "milliseconds, in the quickest of three attempts";
}

// When what a timeout ends must have ended at the latest: at three times that time, and what the
// way to the target takes.
[[nodiscard]] milliseconds latest_end(milliseconds timeout);

// What a timeout ends, ends soon after it: the quickest of three attempts is in time. `attempt`
// returns how long it took from when the time counts.
template <typename Attempt>
void expect_end_by(milliseconds timeout, Attempt attempt) {
  expect_within(latest_end(timeout), attempt);
}

// What is due at once is: one attempt of three takes less than `promptness`. `attempt` returns how
// long it took.
template <typename Attempt>
void expect_promptly(Attempt attempt) {
  expect_within(promptness, attempt);
}

// The data verdict: fails the case where the bytes differ, and says from where on.
void judge_data(std::string_view actual, std::string_view expected, const std::string& context);
// The data verdict where nothing may come.
void judge_silence(bool silent);
// The close verdict: how the stream (or the client's process) ended.
void judge_close(std::string_view actual, std::string_view expected,
                 const std::string& context = {});

}  // namespace trivium::conformance
