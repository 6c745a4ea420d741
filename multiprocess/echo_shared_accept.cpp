// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// shared-accept: a fixed pool of processes, forked beforehand, that all accept from one listener.
//
// Costs: nothing between accept and service; the kernel picks the process. A pool of N holds N
// connections, and the kernel queues the rest.
// Risks: N slow clients hold the whole pool. A crash ends one connection, and its worker is
// replaced.

#include "child_process.hpp"
#include "echo_server.hpp"
#include "lifespan.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"
#include "supervisor.hpp"
#include "units.hpp"

namespace trivium::multiprocess {

net::Totals serve_shared_accept(app::EchoServer& server) {
  const std::size_t workers = server.options.pool_size();
  Units units(workers, server.options.units_a_connection());
  const net::ServeOptions serving = server.serve_options(units.board().expired());
  Supervisor pool(workers, restart_policy(server.options), [&] {
    return units.start([&](net::CounterSlot& counters) {
      close_all_but({server.listener.get()});
      Lifespan lifespan(
          {.max_requests = server.options.max_requests, .max_memory = server.options.max_memory});
      net::Admission admission(server.admission());
      Service service(serving, counters);
      while (auto connection = net::accept_one(server.listener.get(), admission, counters)) {
        service.serve(std::move(*connection));
        if (!lifespan.goes_on()) break;
      }
    });
  });
  Shepherd shepherd(server, units);
  while (shepherd.serving()) {
    const auto events = shepherd.watch(-1, -1, pool.due());
    for (const auto& worker : events.ended) {
      units.crashed(worker.accepted - worker.closed);
      pool.ended(worker);
    }
    if (shepherd.draining()) pool.stop();
    if (pool.exhausted()) shepherd.give_up();
    pool.replace();
  }
  return units.totals();
}

}  // namespace trivium::multiprocess
