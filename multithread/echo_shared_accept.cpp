// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// shared-accept: a fixed pool whose threads all accept from the one listener.
//
// Costs: nothing between accept and service; the kernel picks the thread. A pool of N holds N
// connections, and the kernel queues the rest.
// Risks: N slow clients hold the whole pool; a crash in one connection takes them all.

#include <atomic>
#include <memory>

#include "echo_server.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"
#include "units.hpp"

namespace trivium::multithread {

net::Totals serve_shared_accept(app::EchoServer& server) {
  std::atomic<bool> expired = false;
  const net::ServeOptions serving = server.serve_options(expired);
  net::Admission admission(server.admission());
  Units units;
  start_pool(server, units, server.options.pool_size(), [&] {
    const auto service = std::make_shared<Service>(units, serving);
    units.start([&, service](net::CounterSlot& counters) {
      while (auto connection = net::accept_one(server.listener.get(), admission, counters)) {
        service->serve(std::move(*connection), counters);
      }
    });
  });
  return shepherd(server, units, expired, [] {});
}

}  // namespace trivium::multithread
