// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// sequential: the mistake. One task serves a connection to its end before it accepts the next.
//
// Costs: none to speak of. It is written with coroutines, and suspends wherever it waits, but there
// is nothing else to run meanwhile: the kernel queues everyone else.
// Risks: one slow or silent client holds up all others, until the idle timeout.

#include "connection.hpp"
#include "echo_server.hpp"
#include "loop.hpp"
#include "shepherd.hpp"

namespace trivium::async {
namespace {

// References are to what the strategy owns.
Task<> accept_and_serve(Listener listener, Loop& loop, Permits& permits, net::Admission& admission,
                        ServeOptions options) {
  net::CounterSlot& counters = loop.next_slot();
  while (auto connection = co_await accept_one(listener, permits, admission, counters)) {
    co_await serve(std::move(*connection), loop, options, counters);
  }
}

}  // namespace

net::Totals serve_sequential(app::EchoServer& server) {
  Loop loop(1, server.options.idle_timeout);
  Permits unlimited(0);  // at most one is open in any case
  net::Admission admission(server.admission());
  Offload offload(server.options.offload);
  loop.start_unit(accept_and_serve(adopt_listener(loop.executor(), server.listener.get()), loop,
                                   unlimited, admission, serve_options(server, offload)));
  return shepherd(server, {&loop}, [] {});
}

}  // namespace trivium::async
