// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "shared/app/echo_options.hpp"
#include "shared/app/signals.hpp"
#include "shared/net/admission.hpp"
#include "shared/net/blocking_connection.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::app {

/// What a strategy is given to serve with. One for each server, on the main thread; strategies
/// share it by reference, and it outlives them.
class EchoServer {
 public:
  EchoServer(EchoOptions server_options, std::string server_contender);

  EchoOptions options;
  std::string contender;  ///< `model/strategy`, or `model/strategy+split`
  Signals signals;
  net::Descriptor listener;  ///< blocking; what is accepted from it has the idle timeout set

  /// What a session allows its client.
  [[nodiscard]] protocol::EchoSession::Limits limits() const noexcept {
    return {.max_line = options.max_line, .hazards = options.hazards};
  }

  /// What a unit needs to know to serve; refers to `expired`.
  [[nodiscard]] net::ServeOptions serve_options(const std::atomic<bool>& expired) const {
    return {.limits = limits(),
            .idle_timeout = options.idle_timeout,
            .line_timeout = options.line_timeout,
            .expired = expired,
            .split = options.split()};
  }

  /// Whom the server lets in.
  [[nodiscard]] net::Admission::Policy admission() const noexcept {
    return {.refuses = options.refuses(), .max_queue = options.max_queue};
  }

  /// Prints the ready line. Units may be accepting already: the kernel queues until they are.
  void announce() const;

  /// Writes the counters as one line to standard error; drops it where that has no room right now.
  void report(const net::Totals& totals) const;

  /// Ends the process at once with one line on standard error: what the system's refusal means to
  /// a server whose units are not all there yet. Child processes must have been killed before.
  [[noreturn]] void exit_refused(const std::exception& refusal) const;

  /// Ends the process at once with the counters written: what a second signal asks for. Threads
  /// that still run end with it; child processes must have been killed before.
  [[noreturn]] void exit_killed(const net::Totals& totals) const;

  /// Ends the process at once with the counters written: after the drain timeout, with units that
  /// did not let themselves be ended (`give_up_after`). Their connections are counted as `drain`.
  /// Exit code 0, as after every drain. Child processes must have been killed before.
  [[noreturn]] void exit_drained(net::Totals totals) const;

  /// Ends the process at once, with one line on standard error and the counters written: workers
  /// died so often that to replace them makes no sense. Child processes must have been killed
  /// before.
  [[noreturn]] void exit_exhausted(const net::Totals& totals) const;

  /// Writes the `--stats` file, if one is asked for. Throws std::system_error.
  void write_stats(const net::Totals& totals) const;

 private:
  [[noreturn]] void end(const net::Totals& totals, int code) const;
};

/// How long after the drain timeout a unit may take to end; its connection may linger that long.
inline constexpr auto give_up_after = protocol::linger_time + std::chrono::seconds(1);

/// A strategy serves until a signal has drained the server, and returns its counters.
struct EchoStrategy {
  std::string name;
  net::Totals (*serve)(EchoServer& server);
  bool splits = true;  ///< whether `--connection split` goes with it
};

/// The whole of an echo server's main: options, listener, ready line, strategy, counters, exit
/// code.
int echo_main(std::string_view model, UnitKind unit, const std::vector<EchoStrategy>& strategies,
              int argc, char** argv);

}  // namespace trivium::app
