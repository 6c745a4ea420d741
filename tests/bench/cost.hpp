// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <exception>

namespace trivium::bench {

/// CPU time in user and system mode, and context switches because of waiting or without.
struct Cost {
  double cpu_ns = 0;
  double voluntary_switches = 0;
  double involuntary_switches = 0;

  Cost& operator+=(const Cost& other) noexcept;
  Cost& operator-=(const Cost& other) noexcept;
};

/// What the calling process has used so far: all its threads, ended ones too, and every child that
/// it has waited for. Nanoseconds for its own, microseconds for the children's: the kernel counts
/// both by the scheduler's clock, not in ticks (getrusage(2)).
[[nodiscard]] Cost cost_of_process();

/// What the calling thread has used so far.
[[nodiscard]] Cost cost_of_thread();

/// Reports the rate, and the cost of one operation as counters: `cpu_ns`, `voluntary_switches`,
/// `involuntary_switches`. The names are part of what scripts/compare reads.
void report(benchmark::State& state, const Cost& used, std::int64_t operations);

/// Ends the program by SIGALRM unless it is called again within that time; 0 lifts the limit.
void allow_seconds(unsigned seconds) noexcept;

/// Runs a benchmark within a minute: what throws is an error of that benchmark alone, and what
/// hangs ends the program.
template <typename Body>
void guarded(benchmark::State& state, const Body& body) {
  allow_seconds(60);
  try {
    body();
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
  allow_seconds(0);
}

}  // namespace trivium::bench
