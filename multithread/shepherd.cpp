// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shepherd.hpp"

#include <chrono>
#include <system_error>

#include "shared/net/listener.hpp"

namespace trivium::multithread {
namespace {

using Clock = std::chrono::steady_clock;

// How often units that are to look up are kicked: the wait for one that missed a kick.
constexpr auto kick_interval = std::chrono::milliseconds(10);

// What the system refuses ends the process here: a thread cannot be killed, and so an exception
// could not get past the owner of those that run.
void or_exit(const app::EchoServer& server, Units& units, const std::function<void()>& step) {
  try {
    step();
  } catch (const std::system_error& error) {
    units.abandon();
    server.exit_refused(error);
  }
}

}  // namespace

void start_pool(const app::EchoServer& server, Units& units, std::size_t workers,
                const std::function<void()>& start) {
  or_exit(server, units, [&] {
    for (std::size_t i = 0; i < workers; ++i) start();
  });
}

net::Totals shepherd(app::EchoServer& server, Units& units, std::atomic<bool>& expired,
                     const std::function<void()>& stop) {
  or_exit(server, units, [&] { server.announce(); });
  bool draining = false;
  Clock::time_point deadline;
  while (!draining || units.running() > 0) {
    std::chrono::nanoseconds timeout = net::forever;
    if (draining) timeout = expired ? kick_interval : deadline - Clock::now();
    const auto ready = net::wait_readable(server.signals.descriptor(), units.ended(), timeout);
    if (ready.second) units.reap();
    if (draining && Clock::now() >= deadline) {
      expired = true;
      units.kick();
      if (Clock::now() >= deadline + app::give_up_after) {
        units.abandon();
        server.exit_drained(units.totals());
      }
    }
    if (!ready.first) continue;
    while (const auto command = server.signals.take()) {
      switch (*command) {
        case app::Command::report:
          server.report(units.totals());
          break;
        case app::Command::drain:
          draining = true;
          deadline = Clock::now() + server.options.drain_timeout;
          net::shut_listener(server.listener.get());
          stop();
          break;
        case app::Command::kill:
          units.abandon();
          server.exit_killed(units.totals());
        case app::Command::child_ended:
          break;
      }
    }
  }
  units.reap();
  return units.totals();
}

}  // namespace trivium::multithread
