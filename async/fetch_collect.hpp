// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <vector>

#include "channel.hpp"
#include "loop.hpp"
#include "shared/app/fetch_app.hpp"

namespace trivium::async {

using app::Finished;

/// Where a strategy's tasks send their results, and the main thread's task takes them from.
using Results = Channel<Finished>;

/// The main thread's own loop, where results are delivered: printing may block it, and that holds
/// up nobody but those who wait to send a result.
class Front {
 public:
  /// Runs the loops, takes results and delivers them until the run is over; what every strategy
  /// ends in.
  ///
  /// A signal closes the results: what was finished is still delivered. Then, as when nobody reads
  /// what is printed, the loops are halted, and destroy the tasks that are left with them.
  void collect(app::FetchClient& client, const std::vector<Loop*>& loops, Results& results);

 private:
  asio::io_context context_{1};
};

}  // namespace trivium::async
