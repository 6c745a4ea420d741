// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What one target is, and how it is judged.
#pragma once

#include <string>

#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// --workers that the harness asks a pool for where --capacity workers is given: those of the server
// that the cases have in common, and of one that a case starts for itself and has no wish.
inline constexpr int pool_workers = 16;
inline constexpr int own_workers = 4;

enum class Mode { target, spawn, fetch };

// What a server speaks: the whole protocol, or plain line echo, which has no head, no end but the
// client's, and no rule about what a line holds (Apache's mod_echo, and what tutorials build).
enum class Dialect { trivium, echo };

// How much a case weighs: a MUST that fails is a failure, a SHOULD a warning; INFO only informs.
enum class Level { must, should, info };
[[nodiscard]] const char* to_string(Level level);  // "MUST", "SHOULD", "INFO"

struct Config {
  Mode mode = Mode::target;
  Endpoint target;            // --target
  std::string spawn_command;  // --spawn, holds {port}
  std::string fetch_command;  // --fetch, holds {url}

  Dialect dialect = Dialect::trivium;

  // The command understands Trivium's own flags: more of them may be appended, and the suites named
  // Contract* run.
  bool contract = false;

  // Cases that wait for long timeouts are skipped.
  bool quick = false;

  // Connections served at once; 0 is no limit. `--capacity workers` sets capacity_is_workers, and
  // then capacity is the number of --workers that the harness asks for.
  int capacity = 0;
  bool capacity_is_workers = false;

  // --timeout, 0 where it is not given.
  milliseconds timeout{0};
};

[[nodiscard]] const Config& config();
void set_config(Config value);  // Only main calls it, once in a process.

}  // namespace trivium::conformance
