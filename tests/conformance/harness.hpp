// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What every conformance case builds on: the parsed command line, the requirement a case stands
// for, and the tools to play the other side (child.hpp, socket.hpp). Nothing of the project is
// linked or included, so that one fault can't hide on both sides of a test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/conformance/child.hpp"
#include "tests/conformance/deadline.hpp"
#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// --workers that the harness asks a pool for where --capacity workers is given: those of the server
// that the cases have in common, and of one that a case starts for itself and has no wish.
inline constexpr int pool_workers = 16;
inline constexpr int own_workers = 4;

enum class Mode { target, spawn, fetch };

// The parsed command line.
struct Config {
  Mode mode = Mode::target;
  Endpoint target;            // --target
  std::string spawn_command;  // --spawn, holds {port}
  std::string fetch_command;  // --fetch, holds {url}

  // The command understands Trivium's own flags: more of them may be appended, and the suites named
  // Contract* run.
  bool contract = false;

  // Cases that wait for long timeouts are skipped.
  bool quick = false;

  // Connections served at once; 0 is no limit. `--capacity workers` sets capacity_is_workers, and
  // then capacity is the number of --workers that the harness asks for.
  int capacity = 0;
  bool capacity_is_workers = false;
};

[[nodiscard]] const Config& config();
void set_config(Config value);  // Only main calls it, once.

enum class Level { must, should };

// The requirement that a case stands for. The first statement of every case makes one; while it
// lives, a failure names id, level and sentence, and the three are recorded as properties of the
// case (--gtest_output=xml or json shows them).
class Requirement {
 public:
  // id: stable, mnemonic, never reused, such as "echo.line.crlf-split".
  Requirement(const char* id, Level level, const char* sentence);

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

// Shows bytes so that a person can read them: \r, \n, \x00 escaped, the middle of what is longer
// than `limit` replaced by its length.
[[nodiscard]] std::string escaped(std::string_view bytes, std::size_t limit = 400);

}  // namespace trivium::conformance
