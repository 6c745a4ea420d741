// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-url: a task is spawned for each URL, fetches it, sends the result and ends; all on one
// thread.
//
// Costs: a frame for each URL in flight; one core is all it ever uses. A channel of --jobs permits
// bounds how many there are: whoever spawns them waits for a permit, which a task gives back when
// its URL is done. Risks: a task that computes or blocks holds up every other; a crash takes all.

#include "channel.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_connection.hpp"
#include "loop.hpp"
#include "permits.hpp"

namespace trivium::async {
namespace {

// References are to what the strategy owns, here and in the other task.
Task<> fetch_one(const app::FetchOptions& options, std::size_t index, Permits& permits,
                 [[maybe_unused]] Permit permit, Results& results) {
  Finished finished;
  finished.index = index;
  finished.result = co_await fetch(options.urls[index], options.limits);
  const ChannelStatus status = co_await results.send(std::move(finished));
  if (status != ChannelStatus::ok) permits.close();  // no URL is to begin any more
}

Task<> spawn_all(const app::FetchOptions& options, Loop& loop, Permits& permits, Results& results) {
  for (std::size_t index = 0; index < options.urls.size(); ++index) {
    Permit permit;
    if (!co_await permits.take(permit)) co_return;
    loop.start_unit(fetch_one(options, index, permits, std::move(permit), results));
  }
}

}  // namespace

void fetch_per_url(app::FetchClient& client) {
  Front front;
  Loop loop(1, client.options.limits.timeout);
  Permits permits(client.units());
  Results results(client.units());
  loop.start(spawn_all(client.options, loop, permits, results));
  front.collect(client, {&loop}, results);
}

}  // namespace trivium::async
