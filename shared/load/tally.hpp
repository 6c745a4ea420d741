// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/load/reply_checker.hpp"
#include "shared/stats/histogram.hpp"

namespace trivium::load {

/// How an operation ended. Every operation ends in exactly one way.
enum class Outcome {
  ok,
  refused,    ///< the server's machine refused the connection
  reset,      ///< the connection was reset, while connecting or later
  timed_out,  ///< not done within the timeout
  wrong,      ///< a byte differed, was missing or was too many
  unsent,     ///< this machine could not open a connection (descriptors, ports, no route)
  drained,    ///< lines only: end of stream between two answers, before any byte of the next
};
inline constexpr std::size_t outcomes = 7;

/// The outcome's name in the results.
[[nodiscard]] const char* name_of(Outcome outcome) noexcept;

/// The operations that ended in one phase of a run.
struct Tally {
  std::array<std::uint64_t, outcomes> ended{};
  std::uint64_t sent = 0;  ///< of those, how many questions the kernel took whole
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  [[nodiscard]] std::uint64_t of(Outcome outcome) const noexcept {
    return ended[static_cast<std::size_t>(outcome)];
  }
  /// All operations, however they ended.
  [[nodiscard]] std::uint64_t planned() const noexcept;
  /// All that did not end as they should: neither ok nor drained.
  [[nodiscard]] std::uint64_t failed() const noexcept;
};

/// CPU time of this process, and time that it was ready to run and had no CPU, in nanoseconds.
struct Usage {
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::optional<std::uint64_t> run_delay;  ///< nothing where the kernel does not tell
};

/// What a run found.
struct Results {
  Tally measured;
  Tally outside;                ///< what ended during the warm-up, or after the measured phase
  std::uint64_t in_flight = 0;  ///< under way when the measured phase ended
  std::uint64_t abandoned = 0;  ///< of those, how many were given up rather than awaited
  std::uint64_t connected = 0;  ///< connections that were established, over the whole run
  stats::Histogram latency;     ///< of what was measured and ok
  std::int64_t start_ns = 0;    ///< the measured phase, by CLOCK_MONOTONIC
  std::int64_t end_ns = 0;
  Usage usage;  ///< during the measured phase
  std::optional<Fault> first_fault;

  [[nodiscard]] double seconds() const noexcept {
    return static_cast<double>(end_ns - start_ns) / 1e9;
  }
  [[nodiscard]] double cpu_share() const noexcept;
  /// Whether the client had next to no time left, so that it may be what limited the rate.
  [[nodiscard]] bool saturated() const noexcept { return cpu_share() > 0.95; }
};

}  // namespace trivium::load
