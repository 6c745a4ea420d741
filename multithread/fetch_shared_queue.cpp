// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// shared-queue: a fixed pool of --jobs threads, each of which takes the next URL's index itself.
//
// Costs: one atomic addition hands a URL out; a wake-up across threads brings its result back.
// Risks: a crash in one fetch takes the whole run.

#include <atomic>

#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_resolver.hpp"

namespace trivium::multithread {
namespace {

void work_off(const app::FetchOptions& options, std::atomic<std::size_t>& next, Results& results) {
  for (auto index = next++; index < options.urls.size(); index = next++) {
    Finished finished{index, net::blocking_fetch(options.urls[index], options.limits, resolve)};
    if (results.send(std::move(finished)) != ChannelStatus::ok) return;
  }
}

}  // namespace

void fetch_shared_queue(app::FetchClient& client) {
  std::atomic<std::size_t> next = 0;
  Collector collector(client);
  collector.start_pool([&] { work_off(client.options, next, collector.results()); });
  collector.run();
}

}  // namespace trivium::multithread
