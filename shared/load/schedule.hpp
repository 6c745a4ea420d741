// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "shared/load/options.hpp"

namespace trivium::load {

/// When the operations of an open loop are planned to start, whatever the server does. One for each
/// thread: together they have the rate. Constant arrivals of all threads are one row of equal
/// distances; Poisson arrivals of each are independent, so that together they are Poisson again.
/// The same seed gives the same arrivals.
class Schedule {
 public:
  /// The arrivals of thread `index` from `start` on, in nanoseconds. Requires: `options.rate` > 0.
  Schedule(const Options& options, std::size_t index, std::int64_t start);

  /// The next planned start.
  [[nodiscard]] std::int64_t next() const noexcept { return next_; }

  /// Goes on to the one after.
  void advance() noexcept;

 private:
  [[nodiscard]] double distance() noexcept;

  Arrivals arrivals_;
  std::int64_t start_;
  double gap_;    // the mean distance between two arrivals of this thread, in nanoseconds
  double phase_;  // where the first one lies
  std::uint64_t count_ = 0;
  double at_ = 0;  // Poisson: nanoseconds since the start
  std::mt19937_64 random_;
  std::int64_t next_ = 0;
};

}  // namespace trivium::load
