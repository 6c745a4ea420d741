// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// handoff: a channel feeds URLs to a fixed pool of --jobs threads; results come back over another.
//
// Costs: two wake-ups across threads for each URL. The main thread sends the next URL for each
// result that it takes, so that neither channel ever makes it wait for a worker.
// Risks: a main thread that is slow to print starves the pool; a crash takes the whole run.

#include "channel.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_resolver.hpp"

namespace trivium::multithread {
namespace {

using Work = Channel<std::size_t>;  // indices of URLs

void work_off(const app::FetchOptions& options, Work& work, Results& results) {
  std::size_t index;
  while (work.receive(index) == ChannelStatus::ok) {
    Finished finished{index, net::blocking_fetch(options.urls[index], options.limits, resolve)};
    if (results.send(std::move(finished)) != ChannelStatus::ok) return;
  }
}

}  // namespace

void fetch_handoff(app::FetchClient& client) {
  Work work(client.units());
  Collector collector(client);
  collector.start_pool([&] { work_off(client.options, work, collector.results()); });
  std::size_t next = 0;
  const auto hand_out = [&] {
    std::size_t index = next++;
    if (index < client.size()) {
      (void)work.send(std::move(index));
    } else {
      work.close();  // what is queued is still taken
    }
  };
  for (std::size_t i = 0; i < client.units(); ++i) hand_out();
  collector.run(hand_out);
}

}  // namespace trivium::multithread
