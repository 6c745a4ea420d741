// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-url: a process is forked for each URL, fetches it, sends the result and ends.
//
// Costs: a process's start and end for each URL. The main process counts those that have not ended,
// and forks the next one while they are fewer than --jobs.
// Risks: a crash in one fetch fails that URL only.

#include <system_error>

#include "child_process.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_resolver.hpp"
#include "shared/net/accept.hpp"

namespace trivium::multiprocess {
namespace {

using Clock = Collector::Clock;

void fetch_one(const app::FetchOptions& options, std::size_t index, std::size_t unit,
               ChannelSender results) {
  close_all_but(results.descriptors());
  const Finished finished{index, net::blocking_fetch(options.urls[index], options.limits, resolve)};
  (void)send_result(results, unit, finished);  // refused once the run is stopped
}

// Forks a URL's process; false while the system has none left, and the URL waits.
bool start_process(const app::FetchOptions& options, std::size_t index, Collector& collector,
                   std::vector<std::size_t>& in_hand) {
  try {
    const auto unit = collector.launch([&](std::size_t slot) {
      return fork_worker(
          [&] { fetch_one(options, index, slot, collector.results().sender(slot)); });
    });
    in_hand[unit] = index;
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

void fetch_per_url(app::FetchClient& client) {
  std::vector<std::size_t> in_hand(client.units());  // by unit
  Collector collector(client, [&](std::size_t unit) { return std::vector{in_hand[unit]}; });
  std::size_t next = 0;
  while (!client.over()) {
    auto until = Clock::time_point::max();
    while (next < client.size() && collector.units().running() < client.units()) {
      if (!start_process(client.options, next, collector, in_hand)) {
        until = Clock::now() + std::chrono::milliseconds(net::accept_backoff_ms);
        break;
      }
      ++next;
    }
    (void)collector.watch(until);
  }
}

}  // namespace trivium::multiprocess
