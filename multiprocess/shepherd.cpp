// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shepherd.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "shared/net/listener.hpp"

namespace trivium::multiprocess {
namespace {

// How often units that are to look up are kicked: the wait for one that missed a kick.
constexpr auto kick_interval = std::chrono::milliseconds(10);

void wait_until(std::array<pollfd, 3>& fds, Shepherd::Clock::time_point wake) {
  timespec limit{};
  if (wake != Shepherd::never) {
    const auto left = std::max(std::chrono::nanoseconds(wake - Shepherd::Clock::now()),
                               std::chrono::nanoseconds::zero());
    limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    limit.tv_nsec = (left % std::chrono::seconds(1)).count();
  }
  if (::ppoll(fds.data(), fds.size(), wake == Shepherd::never ? nullptr : &limit, nullptr) >= 0) {
    return;
  }
  if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  for (auto& entry : fds) entry.revents = 0;
}

}  // namespace

Shepherd::Shepherd(app::EchoServer& server, Units& units) : server_(server), units_(units) {
  server.announce();
}

Shepherd::Events Shepherd::watch(int first, int second, Clock::time_point wake) {
  std::array<pollfd, 3> fds{pollfd{server_.signals.descriptor(), POLLIN, 0},
                            pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
  wait_until(fds, std::min(wake, next_kick_));
  Events events{.first = fds[1].revents != 0, .second = fds[2].revents != 0, .ended = {}};
  if (const auto now = Clock::now(); now >= next_kick_) {
    units_.board().expired() = true;
    units_.kick();
    if (now >= give_up_at_) units_.give_up();
    next_kick_ = now + kick_interval;
  }
  if (fds[0].revents != 0) obey(events);
  return events;
}

void Shepherd::give_up() {
  units_.kill_all();
  server_.exit_exhausted(units_.totals());
}

void Shepherd::obey(Events& events) {
  while (const auto command = server_.signals.take()) {
    switch (*command) {
      case app::Command::report:
        server_.report(units_.totals());
        break;
      case app::Command::drain:
        drain();
        break;
      case app::Command::kill:
        units_.kill_all();
        server_.exit_killed(units_.totals());
      case app::Command::child_ended:
        const auto ended = units_.reap();
        events.ended.insert(events.ended.end(), ended.begin(), ended.end());
        break;
    }
  }
}

void Shepherd::drain() {
  draining_ = true;
  next_kick_ = Clock::now() + server_.options.drain_timeout;
  give_up_at_ = next_kick_ + app::give_up_after;
  net::shut_listener(server_.listener.get());
  server_.listener.close();
}

}  // namespace trivium::multiprocess
