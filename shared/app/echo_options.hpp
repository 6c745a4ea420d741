// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "shared/net/endpoint.hpp"

namespace trivium::app {

/// What `--restart-backoff` is where nothing else is said.
inline constexpr std::chrono::milliseconds usual_restart_backoff{10};

/// What the command line of an echo server says. Each field is a flag of the contract.
struct EchoOptions {
  net::HostPort listen{"127.0.0.1", "8080"};
  std::string strategy = "handoff";
  std::string connection = "loop";  ///< `loop` or `split`
  std::size_t workers = 0;
  std::size_t backlog = 4096;
  std::size_t max_connections = 0;  ///< 0: no limit
  std::size_t max_line = 64 * 1024;
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(60);
  std::chrono::nanoseconds line_timeout{};  ///< 0: no limit
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(5);
  std::string at_limit = "wait";  ///< `wait` or `refuse`
  std::size_t max_queue = 0;      ///< 0: no limit
  std::size_t max_requests = 0;   ///< for each worker; 0: no limit
  std::size_t max_memory = 0;     ///< bytes, for each process; 0: no limit
  std::size_t max_restarts = 0;   ///< within `restart_window`; 0: no limit
  std::chrono::nanoseconds restart_backoff = usual_restart_backoff;  ///< at first; 0: none
  std::string stats;                                                 ///< a file, or empty
  bool hazards = false;     ///< lines that begin with `@` act
  std::size_t offload = 0;  ///< threads beside the loops, for what computes or blocks

  [[nodiscard]] bool refuses() const noexcept { return at_limit == "refuse"; }

  [[nodiscard]] bool split() const noexcept { return connection == "split"; }

  [[nodiscard]] std::size_t units_a_connection() const noexcept { return split() ? 2 : 1; }

  /// The workers of a pool whose workers hold one connection each. With `--max-connections` below
  /// `--workers` the pool is that small, and so nobody accepts beyond the limit.
  [[nodiscard]] std::size_t pool_size() const noexcept {
    return max_connections == 0 ? workers : std::min(workers, max_connections);
  }
};

/// What `--max-requests` may be at most.
inline constexpr std::size_t most_requests = 1'000'000'000;

/// Over how long deaths of workers are counted for `--max-restarts`.
inline constexpr std::chrono::seconds restart_window{10};

/// What serves a connection. Where the command line does not say how many workers a pool has: 4 for
/// each CPU and at least 32 where each holds one connection; one for each CPU and at least 2 where
/// each is an event loop.
enum class UnitKind { process, thread, task };

/// A strategy that a model offers.
struct StrategyName {
  std::string name;
  bool splits = true;  ///< whether `--connection split` goes with it
};

/// Whether a server has the defences: the flags from `--line-timeout` on to `--offload`. Where
/// it has not, they are no flags.
enum class Defences { built, left_out };

/// CPUs that this process may run on.
[[nodiscard]] std::size_t usable_cpus();

/// Parses the command line of `echo`. Returns the exit code where the program is to end now.
[[nodiscard]] std::optional<int> parse_echo_options(int argc, char** argv, UnitKind unit,
                                                    const std::vector<StrategyName>& strategies,
                                                    EchoOptions& options,
                                                    Defences defences = Defences::built);

}  // namespace trivium::app
