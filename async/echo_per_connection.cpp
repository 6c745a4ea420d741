// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-connection: one loop on one thread accepts, and spawns a task for each connection.
//
// Costs: a frame for each connection, and nothing while it is idle; one core is all it ever uses.
// Risks: a task that computes or blocks holds up every other; a crash in one takes them all.

#include "connection.hpp"
#include "echo_server.hpp"
#include "loop.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"

namespace trivium::async {
namespace {

// References are to what the strategy owns, here and in the other tasks.
Task<> accept_and_spawn(Listener listener, Loop& loop, Permits& permits, net::Admission& admission,
                        const Service& service) {
  net::CounterSlot& counters = loop.next_slot();
  while (auto connection = co_await accept_one(listener, permits, admission, counters)) {
    service.start(std::move(*connection), loop);
  }
}

}  // namespace

net::Totals serve_per_connection(app::EchoServer& server) {
  Loop loop(1, server.options.idle_timeout);
  Permits permits(server.options.max_connections);
  net::Admission admission(server.admission());
  Offload offload(server.options.offload);
  const Service service(serve_options(server, offload), server.options.split());
  loop.start(accept_and_spawn(adopt_listener(loop.executor(), server.listener.get()), loop, permits,
                              admission, service));
  return shepherd(server, {&loop}, [&] { permits.close(); });
}

}  // namespace trivium::async
