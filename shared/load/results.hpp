// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/load/reply_checker.hpp"
#include "shared/load/tally.hpp"
#include "shared/load/timeline.hpp"
#include "shared/load/usage.hpp"
#include "shared/stats/histogram.hpp"

namespace trivium::load {

/// What a run found, or one thread of it.
struct Results {
  Tally measured;
  Tally outside;                  ///< of the warm-up, and what was ok after the phase
  stats::Histogram latency;       ///< of what was measured and ok, but for the rare lines
  stats::Histogram rare_latency;  ///< likewise, of these
  stats::Histogram lag;           ///< open loop: from the planned start to when it was put
  Timeline timeline;
  std::uint64_t begun = 0;      ///< operations of the whole run
  std::uint64_t in_flight = 0;  ///< of those, how many were under way when the measured phase ended
  std::uint64_t abandoned = 0;  ///< of those, how many were not awaited: the run was stopped
  std::uint64_t connected = 0;  ///< connections that were established, over the whole run
  std::uint64_t lost = 0;       ///< connections that were to stay open, and did not
  std::uint64_t established = 0;  ///< connections that were open before the first operation
  std::optional<Fault> first_fault;

  // Of the run as a whole:
  std::int64_t establish_ns = 0;  ///< how long opening these took
  std::int64_t start_ns = 0;      ///< the measured phase, by CLOCK_MONOTONIC
  std::int64_t end_ns = 0;
  std::size_t threads = 1;
  Usage usage;                                      ///< during the measured phase
  std::optional<std::uint64_t> time_wait_at_start;  ///< sockets of this machine in TIME_WAIT
  std::optional<std::uint64_t> time_wait_at_end;

  /// Adds what another thread found; what is of the run as a whole stays.
  void merge(const Results& other);

  /// Whether every operation that was begun is accounted for, in one way.
  [[nodiscard]] bool balanced() const noexcept;

  [[nodiscard]] double seconds() const noexcept {
    return static_cast<double>(end_ns - start_ns) / 1e9;
  }
  /// How much of its cores the client used: of one, or of as many as it has threads.
  [[nodiscard]] double cpu_share() const noexcept;
  /// Whether the client had next to no time left, so that it may be what limited the rate.
  [[nodiscard]] bool saturated() const noexcept { return cpu_share() > 0.95; }
};

}  // namespace trivium::load
