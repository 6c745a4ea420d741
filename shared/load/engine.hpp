// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <functional>

#include "shared/load/options.hpp"
#include "shared/load/results.hpp"
#include "shared/net/endpoint.hpp"

namespace trivium::load {

/// What a run tells while it runs; called in the thread that called `run`, at the moment of it.
struct Listener {
  std::function<void()> measuring;  ///< the measured phase begins
  std::function<void()> measured;   ///< it is over
  /// Called a few times a second, with the seconds since the measured phase began (negative
  /// before) and what was counted so far. May be empty.
  std::function<void(double, const Results&)> progress;
};

/// Keeps the server busy as the options say, in as many threads as they say, of which the caller's
/// is one. Blocks until the run is over: opening what stays open, warm-up, duration, and until what
/// is still under way then has ended: not at all where all is answered, once the timeout at most in
/// a closed loop, twice otherwise.
///
/// Returns early, with `start_ns` 0, when by the end of the warm-up nothing has ever connected,
/// though it was tried. Throws std::system_error for what the system refuses as a whole.
[[nodiscard]] Results run(const Options& options, const net::Address& target,
                          const Listener& listener);

}  // namespace trivium::load
