// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// handoff: one task accepts and hands each connection, as a task, to a fixed pool of threads that
// share one loop.
//
// Costs: any thread may run the next step of any task, so every step may cross threads, and what
// two of them touch needs a lock. Uses every core, also for connections that are busy at odds.
// Risks: as many tasks as there are threads hold up all when they block; a crash takes them all.

#include "connection.hpp"
#include "echo_server.hpp"
#include "loop.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"

namespace trivium::async {
namespace {

// References are to what the strategy owns, here and in the other tasks.
Task<> accept_and_hand_off(Listener listener, Loop& loop, Permits& permits,
                           net::Admission& admission, const Service& service) {
  net::CounterSlot& counters = loop.next_slot();
  while (auto connection = co_await accept_one(listener, permits, admission, counters)) {
    service.start(std::move(*connection), loop);
  }
}

}  // namespace

net::Totals serve_handoff(app::EchoServer& server) {
  Loop pool(server.options.workers, server.options.idle_timeout);
  Permits permits(server.options.max_connections);
  net::Admission admission(server.admission());
  Offload offload(server.options.offload);
  const Service service(serve_options(server, offload), server.options.split());
  pool.start(accept_and_hand_off(adopt_listener(pool.executor(), server.listener.get()), pool,
                                 permits, admission, service));
  return shepherd(server, {&pool}, [&] { permits.close(); });
}

}  // namespace trivium::async
