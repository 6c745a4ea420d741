// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// shared-queue: one single-threaded loop for each core; --jobs tasks, spread over the loops, each
// of which takes the next URL's index itself.
//
// Costs: one atomic addition hands a URL out. Nothing else is shared, and so nothing evens out: a
// task stays with its loop, however busy that is.
// Risks: a task that computes or blocks holds up its loop; a crash in one takes the whole run.

#include <algorithm>
#include <atomic>
#include <deque>

#include "channel.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_connection.hpp"
#include "loop.hpp"
#include "shared/app/echo_options.hpp"

namespace trivium::async {
namespace {

// References are to what the strategy owns.
Task<> work_off(const app::FetchOptions& options, std::atomic<std::size_t>& next,
                Results& results) {
  for (auto index = next++; index < options.urls.size(); index = next++) {
    Finished finished;
    finished.index = index;
    finished.result = co_await fetch(options.urls[index], options.limits);
    const ChannelStatus status = co_await results.send(std::move(finished));
    if (status != ChannelStatus::ok) co_return;
  }
}

}  // namespace

void fetch_shared_queue(app::FetchClient& client) {
  std::atomic<std::size_t> next = 0;
  Front front;
  std::deque<Loop> loops;
  std::vector<Loop*> flock;
  for (std::size_t i = 0; i < std::min(app::usable_cpus(), client.units()); ++i) {
    flock.push_back(&loops.emplace_back(1, client.options.limits.timeout));
  }
  Results results(client.units());
  for (std::size_t i = 0; i < client.units(); ++i) {
    flock[i % flock.size()]->start_unit(work_off(client.options, next, results));
  }
  front.collect(client, flock, results);
}

}  // namespace trivium::async
