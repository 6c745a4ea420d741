// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-url: a thread is started for each URL, fetches it, sends the result and ends.
//
// Costs: a thread's start and end for each URL. A channel of --jobs permits bounds how many there
// are: whoever starts them waits for a permit, which a thread gives back when its URL is done.
// Risks: a crash in one fetch takes the whole run.

#include <system_error>
#include <thread>

#include "channel.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_resolver.hpp"
#include "shared/net/accept.hpp"

namespace trivium::multithread {
namespace {

struct Permit {};
using Permits = Channel<Permit>;

void fetch_one(const app::FetchOptions& options, std::size_t index, Permits& permits,
               Results& results) {
  Finished finished{index, net::blocking_fetch(options.urls[index], options.limits, resolve)};
  if (results.send(std::move(finished)) != ChannelStatus::ok) return;  // no URL is to begin then
  Permit permit;
  (void)permits.try_receive(permit);
}

// Starts a URL's thread; while the system has no thread left, the URL waits.
void start_thread(const app::FetchOptions& options, std::size_t index, Permits& permits,
                  Collector& collector) {
  for (;;) {
    try {
      return collector.units().start([&options, index, &permits, &collector](net::CounterSlot&) {
        fetch_one(options, index, permits, collector.results());
      });
    } catch (const std::system_error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(net::accept_backoff_ms));
    }
  }
}

}  // namespace

void fetch_per_url(app::FetchClient& client) {
  Permits permits(client.units());
  Collector collector(client);
  collector.units().start([&](net::CounterSlot&) {
    for (std::size_t index = 0; index < client.size(); ++index) {
      (void)permits.send(Permit{});
      start_thread(client.options, index, permits, collector);
      collector.units().reap();
    }
  });
  collector.run();
}

}  // namespace trivium::multithread
