// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-connection: one thread accepts, and starts a thread for each connection.
//
// Costs: a thread's start and end for each connection, and a stack for as long as it is open.
// Risks: no limit of its own (--max-connections sets one); a crash in one takes them all.

#include <atomic>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "channel.hpp"
#include "echo_server.hpp"
#include "shared/net/accept.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"
#include "units.hpp"

namespace trivium::multithread {
namespace {

// A bounded channel of permits is the limit on connections: full means nobody accepts.
struct Permit {};
using Permits = std::optional<Channel<Permit>>;

// Waits for room; false once the server drains.
bool may_accept(Permits& permits) {
  return !permits || permits->send(Permit{}) == ChannelStatus::ok;
}

// Takes a place for who was accepted already, if there is one.
bool is_full(Permits& permits) {
  return permits && permits->try_send(Permit{}) == ChannelStatus::would_block;
}

// Starts the connection's units; while the system has no thread left, the connection waits.
void start_connection(net::Descriptor connection, Units& units, Permits& permits,
                      const net::ServeOptions& serving, net::CounterSlot& counters) {
  const int socket = connection.get();
  for (;;) {
    try {
      const auto service = std::make_shared<Service>(units, serving);
      units.start([socket, service, &permits](net::CounterSlot& slot) {
        service->serve(net::Descriptor(socket), slot);
        Permit permit;
        if (permits) (void)permits->try_receive(permit);
      });
      (void)connection.release();  // the thread has it
      return;
    } catch (const std::system_error&) {
      net::CounterSlot::add(counters.accept_errors, 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(net::accept_backoff_ms));
    }
  }
}

}  // namespace

net::Totals serve_per_connection(app::EchoServer& server) {
  std::atomic<bool> expired = false;
  const net::ServeOptions serving = server.serve_options(expired);
  Permits permits;
  if (server.options.max_connections > 0) permits.emplace(server.options.max_connections);
  net::Admission admission(server.admission());
  Units units;
  units.start([&](net::CounterSlot& counters) {
    while (admission.refuses() || may_accept(permits)) {
      auto connection = net::accept_one(server.listener.get(), admission, counters);
      if (!connection) return;
      if (admission.refuses() && is_full(permits)) {
        admission.refuse(std::move(*connection), counters);
        continue;
      }
      start_connection(std::move(*connection), units, permits, serving, counters);
      units.reap();
    }
  });
  return shepherd(server, units, expired, [&] {
    if (permits) permits->close();
  });
}

}  // namespace trivium::multithread
