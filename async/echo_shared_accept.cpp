// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// shared-accept: one single-threaded loop for each worker, each with a listener of its own
// (SO_REUSEPORT), over which the kernel spreads connections by a hash of their addresses.
//
// Costs: nothing is shared, and so nothing evens out: a connection stays with the loop that it met,
// however busy that is. Risks: a task that blocks holds up its loop, and the connections that the
// kernel goes on to send there; a crash takes all loops.

#include <deque>

#include "connection.hpp"
#include "echo_server.hpp"
#include "loop.hpp"
#include "shared/net/listener.hpp"
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

net::Totals serve_shared_accept(app::EchoServer& server) {
  // The first listener was bound without SO_REUSEPORT, so that a port that is taken was an error.
  std::vector<net::Descriptor> siblings;
  for (std::size_t i = 1; i < server.options.workers; ++i) {
    siblings.push_back(
        net::listen_beside(server.listener.get(), static_cast<int>(server.options.backlog)));
  }
  std::deque<Loop> loops;
  for (std::size_t i = 0; i < server.options.workers; ++i) {
    loops.emplace_back(1, server.options.idle_timeout);
  }
  Permits permits(server.options.max_connections);
  net::Admission admission(server.admission());
  Offload offload(server.options.offload);
  const Service service(serve_options(server, offload), server.options.split());
  std::vector<Loop*> flock;
  for (Loop& loop : loops) {
    const int listener = flock.empty() ? server.listener.get() : siblings[flock.size() - 1].get();
    loop.start(accept_and_spawn(adopt_listener(loop.executor(), listener), loop, permits, admission,
                                service));
    flock.push_back(&loop);
  }
  return shepherd(server, flock, [&] {
    for (const auto& sibling : siblings) net::shut_listener(sibling.get());
    siblings.clear();
    permits.close();
  });
}

}  // namespace trivium::async
