// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>

namespace trivium::app {

/// Writes one line to standard error where that has room for it right now, else drops it: who
/// serves, and who ends, must not wait for a reader. Never blocks on a pipe. What is longer than
/// PIPE_BUF is cut.
void say(std::string line) noexcept;

/// From now on std::terminate says of what exception in one such line, that begins with `name`, and
/// aborts. The runtime's own message waits for room in standard error: who should die would stay,
/// and hold its place. Requires: `name` outlives the process's last exception.
void say_at_terminate(const char* name) noexcept;

}  // namespace trivium::app
