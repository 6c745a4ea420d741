// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// handoff: a supervisor accepts and passes each connection to one of a fixed pool of programs.
//
// Costs: the passing and two messages back for each connection. A pool of N holds N connections;
// the kernel queues the rest, because the supervisor accepts only with a credit, which an idle
// worker gives. Risks: N slow clients hold the whole pool. A crash ends one connection at most: the
// supervisor keeps a copy of what a worker has not begun, and gives it to another.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "acceptor.hpp"
#include "channel.hpp"
#include "descriptor_passing.hpp"
#include "echo_server.hpp"
#include "echo_worker.hpp"
#include "shepherd.hpp"
#include "supervisor.hpp"
#include "units.hpp"

namespace trivium::multiprocess {
namespace {

struct Worker {
  net::Descriptor connections;  // our end of what passes sockets to it; closed: it is to end
  net::Descriptor in_flight;    // our copy of the one that it has not yet begun
  std::uint64_t begun = 0;
  bool busy = false;  // it was given a connection, and no credit has come since
};

struct Handoff {
  explicit Handoff(std::size_t size) : channel(report_limits(size)), workers(size) {}

  Channel channel;  // of reports, a lane for each worker
  ChannelReceiver reports = channel.receiver();
  std::vector<Worker> workers;              // by unit
  std::vector<std::size_t> credits;         // idle workers
  std::deque<net::Descriptor> undelivered;  // given back by workers that died, or just accepted
};

std::size_t start_worker(Handoff& handoff, Units& units, const app::EchoOptions& options) {
  const auto idle = std::chrono::ceil<std::chrono::microseconds>(options.idle_timeout);
  const auto line = std::chrono::ceil<std::chrono::microseconds>(options.line_timeout);
  return units.launch([&](std::size_t unit) {
    auto [ours, theirs] = make_message_sockets();
    std::vector<int> inherited{theirs.get(), units.board().descriptor()};
    for (const int end : handoff.channel.sender_descriptors(unit)) inherited.push_back(end);
    std::vector<std::string> arguments{"--parent",       std::to_string(::getpid()),
                                       "--unit",         std::to_string(unit),
                                       "--connection",   options.connection,
                                       "--max-line",     std::to_string(options.max_line),
                                       "--idle-timeout", std::to_string(idle.count()) + "us",
                                       "--line-timeout", std::to_string(line.count()) + "us",
                                       "--max-requests", std::to_string(options.max_requests),
                                       "--max-memory",   std::to_string(options.max_memory)};
    if (options.hazards) arguments.emplace_back("--hazards");
    const pid_t pid = start_program(program_beside(worker_program), arguments, inherited);
    handoff.reports.watch(unit, open_pidfd(pid));
    handoff.workers[unit] = {.connections = std::move(ours), .in_flight = {}};
    return pid;
  });
}

void take_reports(Handoff& handoff) {
  std::string message;
  while (handoff.reports.try_receive(message) == ChannelStatus::ok) {
    const Report report = Report::from(message);
    if (report.kind == Report::Kind::credit) {
      handoff.credits.push_back(report.unit);
      handoff.workers[report.unit].busy = false;
    } else {
      handoff.workers[report.unit].in_flight.close();
      ++handoff.workers[report.unit].begun;
    }
  }
}

// Requires: what the worker had reported was taken.
void bury(const Units::Ended& ended, Handoff& handoff, Units& units) {
  Worker worker = std::exchange(handoff.workers[ended.unit], {});
  std::erase(handoff.credits, ended.unit);
  units.crashed(worker.begun - ended.closed);
  if (worker.in_flight) handoff.undelivered.push_front(std::move(worker.in_flight));
}

void deliver(Handoff& handoff, Units& units) {
  while (!handoff.undelivered.empty() && !handoff.credits.empty()) {
    const std::size_t unit = handoff.credits.back();
    handoff.credits.pop_back();
    Worker& worker = handoff.workers[unit];
    worker.busy = true;
    worker.in_flight = std::move(handoff.undelivered.front());
    handoff.undelivered.pop_front();
    // A worker that cannot be reached ends, and so gives the connection back.
    if (!send_descriptor(worker.connections.get(), worker.in_flight.get())) units.kill(unit);
  }
}

// Whether every worker, also one that is only starting, has a connection or will be given one.
bool is_full(const Handoff& handoff) {
  const auto& workers = handoff.workers;
  const auto busy = std::count_if(workers.begin(), workers.end(), [](auto& w) { return w.busy; });
  return handoff.undelivered.size() + static_cast<std::size_t>(busy) >= workers.size();
}

// Once nothing can be given back any more, idle workers end, and busy ones after their connection.
void dismiss(Handoff& handoff, Supervisor& pool) {
  const auto& workers = handoff.workers;
  if (!handoff.undelivered.empty() ||
      std::any_of(workers.begin(), workers.end(), [](auto& w) { return bool(w.in_flight); })) {
    return;
  }
  pool.stop();
  for (auto& worker : handoff.workers) worker.connections.close();
}

}  // namespace

net::Totals serve_handoff(app::EchoServer& server) {
  const std::size_t workers = server.options.pool_size();
  Handoff handoff(workers);
  Units units(workers, server.options.units_a_connection());
  Supervisor pool(workers, restart_policy(server.options),
                  [&] { return start_worker(handoff, units, server.options); });
  net::Admission admission(server.admission());
  Acceptor acceptor(server.listener, admission, units.counters());
  Shepherd shepherd(server, units);
  while (shepherd.serving() || !handoff.undelivered.empty()) {
    const bool refuses = admission.refuses() && is_full(handoff);
    const bool accepts = refuses || !handoff.credits.empty();
    const auto wait = accepts ? acceptor.wait() : Acceptor::Wait{};
    const bool quiet = handoff.reports.arm();
    const auto until = quiet ? std::min(wait.until, pool.due()) : Shepherd::Clock::now();
    const auto events = shepherd.watch(wait.descriptor, handoff.reports.descriptor(), until);
    take_reports(handoff);
    for (const auto& worker : events.ended) {
      bury(worker, handoff, units);
      pool.ended(worker);
    }
    // A credit may be owed to a connection that was just given back.
    const bool idle = handoff.undelivered.empty() && !handoff.credits.empty();
    if (events.first && (idle || refuses)) {
      if (auto connection = acceptor.accept()) {
        if (idle) {
          handoff.undelivered.push_back(std::move(connection));
        } else {
          admission.refuse(std::move(connection), units.counters());
        }
      }
    }
    if (shepherd.expired()) {
      for (; !handoff.undelivered.empty(); handoff.undelivered.pop_front()) {
        units.counters().close(protocol::CloseReason::drain);
      }
    }
    deliver(handoff, units);
    if (shepherd.draining()) dismiss(handoff, pool);
    if (pool.exhausted()) shepherd.give_up();
    pool.replace();
  }
  return units.totals();
}

}  // namespace trivium::multiprocess
