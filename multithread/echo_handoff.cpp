// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// handoff: one thread accepts and hands each connection, through a channel, to a fixed pool.
//
// Costs: a wake-up across threads for each connection. A pool of N holds N connections; the kernel
// queues the rest, because the acceptor takes a credit, which an idle worker gives, before it
// accepts. Risks: N slow clients hold the whole pool; a crash in one connection takes them all.

#include <atomic>
#include <memory>

#include "channel.hpp"
#include "echo_server.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"
#include "units.hpp"

namespace trivium::multithread {
namespace {

struct Credit {};

struct Handoff {
  explicit Handoff(std::size_t workers) : held(0), credits(workers), connections(workers) {}

  std::atomic<std::size_t> held;         // connections handed over and not closed
  Channel<Credit> credits;               // from an idle worker to the acceptor
  Channel<net::Descriptor> connections;  // from the acceptor to the worker
};

void accept_and_hand_off(int listener, std::size_t workers, Handoff& handoff,
                         net::Admission& admission, net::CounterSlot& counters) {
  Credit credit;
  while (admission.refuses() || handoff.credits.receive(credit) == ChannelStatus::ok) {
    auto connection = net::accept_one(listener, admission, counters);
    if (!connection) break;
    if (admission.refuses() && handoff.held == workers) {
      admission.refuse(std::move(*connection), counters);
      continue;
    }
    if (admission.refuses()) (void)handoff.credits.receive(credit);  // it is on its way
    ++handoff.held;
    (void)handoff.connections.send(std::move(*connection));  // only this thread closes it
  }
  handoff.connections.close();
}

void work(Handoff& handoff, Service& service, net::CounterSlot& counters) {
  for (;;) {
    (void)handoff.credits.send(Credit{});  // refused once the server drains, and then of no use
    net::Descriptor connection;
    if (handoff.connections.receive(connection) != ChannelStatus::ok) return;
    service.serve(std::move(connection), counters);
    --handoff.held;
  }
}

}  // namespace

net::Totals serve_handoff(app::EchoServer& server) {
  std::atomic<bool> expired = false;
  const net::ServeOptions serving = server.serve_options(expired);
  const std::size_t workers = server.options.pool_size();
  Handoff handoff(workers);
  net::Admission admission(server.admission());
  Units units;
  start_pool(server, units, workers, [&] {
    const auto service = std::make_shared<Service>(units, serving);
    units.start([&, service](net::CounterSlot& counters) { work(handoff, *service, counters); });
  });
  start_pool(server, units, 1, [&] {
    units.start([&](net::CounterSlot& counters) {
      accept_and_hand_off(server.listener.get(), workers, handoff, admission, counters);
    });
  });
  return shepherd(server, units, expired, [&] { handoff.credits.close(); });
}

}  // namespace trivium::multithread
