// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// per-connection: the main process accepts, and forks a process for each connection.
//
// Costs: a process's start and end for each connection, and its page tables for as long as it is
// open. Risks: no limit of its own (--max-connections sets one). A crash in one ends that one only.

#include <system_error>

#include "acceptor.hpp"
#include "child_process.hpp"
#include "echo_server.hpp"
#include "lifespan.hpp"
#include "shepherd.hpp"
#include "split_connection.hpp"
#include "units.hpp"

namespace trivium::multiprocess {
namespace {

// Connections open at a time, where the command line sets no limit; an unused slot costs nothing.
constexpr std::size_t most_children = 65536;

// Forks the connection's process; false while the system has none left, and the connection waits.
bool start_connection(net::Descriptor& connection, Units& units, const net::ServeOptions& serving,
                      std::size_t max_memory) {
  try {
    units.start([&](net::CounterSlot& counters) {
      close_all_but({connection.get()});
      const Lifespan limited({.max_memory = max_memory});
      Service service(serving, counters);
      service.serve(std::move(connection));
    });
    connection.close();  // the child has it
    return true;
  } catch (const std::system_error&) {
    net::CounterSlot::add(units.counters().accept_errors, 1);
    return false;
  }
}

}  // namespace

net::Totals serve_per_connection(app::EchoServer& server) {
  const std::size_t limit =
      server.options.max_connections > 0 ? server.options.max_connections : most_children;
  Units units(limit, server.options.units_a_connection());
  const net::ServeOptions serving = server.serve_options(units.board().expired());
  net::Admission admission(server.admission());
  Acceptor acceptor(server.listener, admission, units.counters());
  Shepherd shepherd(server, units);
  net::Descriptor connection;  // accepted, and waits for a process
  while (shepherd.serving() || connection) {
    Acceptor::Wait wait;  // at the limit: for a unit to end
    if (connection) {
      wait = Acceptor::wait_for_resources();
    } else if (units.running() < limit || admission.refuses()) {
      wait = acceptor.wait();
    }
    const auto events = shepherd.watch(wait.descriptor, -1, wait.until);
    for (const auto& unit : events.ended) units.crashed(1 - unit.closed);
    if (events.first) connection = acceptor.accept();
    if (connection && units.running() == limit) {
      admission.refuse(std::move(connection), units.counters());
    } else if (connection && shepherd.expired()) {
      connection.close();
      units.counters().close(protocol::CloseReason::drain);
    } else if (connection) {
      start_connection(connection, units, serving, server.options.max_memory);
    }
  }
  return units.totals();
}

}  // namespace trivium::multiprocess
