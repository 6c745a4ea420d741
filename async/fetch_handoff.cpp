// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// handoff: tasks are spawned on a fixed pool of threads that share one loop; results come back over
// a channel.
//
// What is handed over is the task itself, spawned on the pool: URLs in a channel would need tasks
// there that wait for them. A channel of --jobs permits bounds how many are in flight.
//
// Costs: any thread may run the next step of any task, so every step may cross threads. Risks: as
// many tasks as there are threads hold up all when they block; a crash takes them all.

#include <algorithm>

#include "channel.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_connection.hpp"
#include "loop.hpp"
#include "permits.hpp"
#include "shared/app/echo_options.hpp"

namespace trivium::async {
namespace {

// References are to what the strategy owns, here and in the other task.
Task<> fetch_one(const app::FetchOptions& options, std::size_t index, Permits& permits,
                 [[maybe_unused]] Permit permit, Results& results) {
  co_await asio::post(as_result);  // hands itself off: whichever thread is free goes on here
  Finished finished;
  finished.index = index;
  finished.result = co_await fetch(options.urls[index], options.limits);
  const ChannelStatus status = co_await results.send(std::move(finished));
  if (status != ChannelStatus::ok) permits.close();  // no URL is to begin any more
}

Task<> hand_off_all(const app::FetchOptions& options, Loop& pool, Permits& permits,
                    Results& results) {
  for (std::size_t index = 0; index < options.urls.size(); ++index) {
    Permit permit;
    if (!co_await permits.take(permit)) co_return;
    pool.start_unit(fetch_one(options, index, permits, std::move(permit), results));
  }
}

}  // namespace

void fetch_handoff(app::FetchClient& client) {
  Front front;
  Loop pool(std::max<std::size_t>(2, app::usable_cpus()), client.options.limits.timeout);
  Permits permits(client.units());
  Results results(client.units());
  pool.start(hand_off_all(client.options, pool, permits, results));
  front.collect(client, {&pool}, results);
}

}  // namespace trivium::async
