// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-url: a process is forked for each URL, fetches it, sends the result and ends.
//
// Costs: a process's start and end for each URL. The main process counts those that have not ended,
// and forks the next one while they are fewer than --jobs.
// Risks: a crash in one fetch fails that URL only.

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "child_process.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_resolver.hpp"
#include "shared/net/accept.hpp"

namespace trivium::multiprocess {
namespace {

using Clock = Collector::Clock;

void fetch_one(const app::FetchOptions& options, std::size_t index, std::size_t unit,
               const Channel& results) {
  close_all_but(results.sender_descriptors(unit));  // first: there may be no room for copies
  ChannelSender sender = results.sender(unit);
  const Finished finished{index, net::blocking_fetch(options.urls[index], options.limits, resolve)};
  (void)send_result(sender, unit, finished);  // refused once the run is stopped
}

// Forks a URL's process; returns why not where the system refuses.
std::optional<std::string> start_process(const app::FetchOptions& options, std::size_t index,
                                         Collector& collector, std::vector<std::size_t>& in_hand) {
  try {
    const auto unit = collector.launch([&](std::size_t slot) {
      return fork_worker([&] { fetch_one(options, index, slot, collector.results()); });
    });
    in_hand[unit] = index;
    return std::nullopt;
  } catch (const std::system_error& error) {
    return error.what();
  }
}

}  // namespace

void fetch_per_url(app::FetchClient& client) {
  std::vector<std::size_t> in_hand(client.units());  // by unit
  Collector collector(client, [&](std::size_t unit) { return std::vector{in_hand[unit]}; });
  std::size_t next = 0;
  auto patience = Clock::time_point::max();  // ends then, where nobody runs and nobody can
  while (!client.over()) {
    auto until = Clock::time_point::max();
    while (next < client.size() && collector.units().running() < collector.capacity()) {
      const auto refusal = start_process(client.options, next, collector, in_hand);
      if (!refusal) {
        patience = Clock::time_point::max();
        ++next;
        continue;
      }
      // The URL waits until another's process has ended, or for what a URL may take at all.
      const auto now = Clock::now();
      until = now + std::chrono::milliseconds(net::accept_backoff_ms);
      if (collector.units().running() > 0) break;
      patience = std::min(patience, now + client.options.limits.timeout);
      if (now < patience) break;
      client.deliver({next++, net::failed_fetch(protocol::FetchError::system, *refusal)});
      if (client.over()) return;
    }
    (void)collector.watch(until);
  }
}

}  // namespace trivium::multiprocess
