// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <functional>
#include <thread>

#include "channel.hpp"
#include "shared/app/fetch_app.hpp"
#include "shared/net/descriptor.hpp"
#include "units.hpp"

namespace trivium::multithread {

using app::Finished;

/// Where a strategy's threads send their results, and the main thread takes them from. A send that
/// is refused means that the run was stopped: the thread ends, and no URL is to begin any more.
using Results = Channel<Finished>;

/// The threads of a run, and the channel that brings their results to the main thread, which
/// delivers them.
///
/// A signal closes the results: what was finished is still delivered. Then, as when nobody reads
/// what is printed, or the system has no thread left, the process ends at once with every thread in
/// it, since a thread cannot be killed. For the main thread only.
class Collector {
 public:
  explicit Collector(app::FetchClient& client);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  [[nodiscard]] Units& units() noexcept { return units_; }
  [[nodiscard]] Results& results() noexcept { return results_; }

  /// Starts `--jobs` threads that run the body.
  void start_pool(const std::function<void()>& body);

  /// Takes results and delivers them until the run is over; what every strategy ends in. Calls
  /// `on_result` before each is delivered, which may take long. Joins the units, which must end of
  /// themselves once every URL is delivered.
  void run(const std::function<void()>& on_result = [] {});

 private:
  void watch_signals();
  void end_watch();
  [[noreturn]] void exit_now();

  app::FetchClient& client_;
  Results results_;
  Units units_;
  net::Descriptor over_;  // tells the watch that it may end
  std::thread watch_;
};

}  // namespace trivium::multithread
