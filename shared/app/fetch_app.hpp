// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shared/app/fetch_options.hpp"
#include "shared/app/fetch_output.hpp"
#include "shared/app/fetch_progress.hpp"
#include "shared/app/fetch_results.hpp"
#include "shared/app/signals.hpp"

namespace trivium::app {

/// What a strategy is given to fetch with. One for each run, on the main thread; it outlives the
/// strategy's units, which may read `options` and nothing else.
class FetchClient {
 public:
  using Clock = std::chrono::steady_clock;

  FetchClient(FetchOptions client_options, std::string client_contender);

  const FetchOptions options;
  const std::string contender;       ///< `model/strategy`
  Signals signals{SIGINT, SIGTERM};  ///< readable: the run is to stop; only `interrupt` takes it

  [[nodiscard]] std::size_t size() const noexcept { return options.urls.size(); }

  /// How many units a pool has, and how many URLs are in flight at most.
  [[nodiscard]] std::size_t units() const noexcept { return std::min(options.jobs, size()); }

  /// Takes a result, in any order, once for each URL, and prints every result whose turn has come.
  /// Blocks while nobody reads them. What the system refuses ends the run.
  void deliver(Finished finished);

  /// Whether there is nothing more to wait for: all is delivered, or the run was stopped.
  [[nodiscard]] bool over() const noexcept { return stopped_ || tally_.done == size(); }

  /// Whether the run ended early: what is still in flight is of no use.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  /// Ends the run early because of a signal. Requires: `signals` is readable.
  void interrupt();

  /// Ends the run early because the system refused something: one line on standard error.
  void fail(const std::exception& error);

  /// When `tick` is to be called again.
  [[nodiscard]] Clock::time_point next_tick() const noexcept { return progress_.next(); }

  /// Keeps the progress bar moving.
  void tick() { progress_.show(tally_); }

  /// Prints what was finished and still waits, and the summary; returns the exit code.
  [[nodiscard]] int finish();

  /// Ends the process at once, with all units in it, the way `finish` would. Child processes must
  /// have been killed before.
  [[noreturn]] void exit_now();

 private:
  void print(const Finished& finished);

  FetchProgress progress_;
  FetchOutput output_;
  FetchResults results_;
  FetchTally tally_;
  bool stopped_ = false;
  bool quiet_ = false;  // the reader went away
  int stop_code_ = 0;   // what the run that was stopped ends with
};

/// A strategy fetches every URL and delivers every result, or returns once the run was stopped,
/// with none of its units left.
struct FetchStrategy {
  std::string name;
  void (*fetch)(FetchClient& client);
};

/// The whole of a fetch client's main: options, strategy, results, summary, exit code.
int fetch_main(std::string_view model, const std::vector<FetchStrategy>& strategies, int argc,
               char** argv);

}  // namespace trivium::app
