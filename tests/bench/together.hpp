// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <functional>
#include <vector>

#include "cost.hpp"

namespace trivium::bench {

/// How long bodies ran side by side, and what that cost.
struct Span {
  double seconds;  ///< from the first that began to the last that ended, by their own clocks
  Cost used;       ///< by the bodies alone: not by starting and ending their units
};

using Bodies = std::vector<std::function<void()>>;

/// Runs each body in a process, or in a thread, of its own; all are started before any is let go.
/// Throws what a body threw in a thread, and std::runtime_error for a process that did not end
/// well. Blocks until all have ended. Processes: requires that the caller is the only thread.
[[nodiscard]] Span run_in_processes(const Bodies& bodies);
[[nodiscard]] Span run_in_threads(const Bodies& bodies);

}  // namespace trivium::bench
