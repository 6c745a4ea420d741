// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_collect.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace trivium::multiprocess {
namespace {

// Messages taken at a time, so that workers that never pause do not hide a signal.
constexpr int most_messages = 64;

// What is left for all that is not a unit's: the channel's and the counters' own, a temporary file,
// and what a worker program's start takes while it lasts.
constexpr std::size_t spare_descriptors = 40;

std::size_t free_descriptors() {
  rlimit limit{};
  net::checked(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  const std::filesystem::directory_iterator open("/proc/self/fd");
  const auto taken = static_cast<std::size_t>(std::distance(begin(open), end(open)));
  return limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
}

// A lane cannot be had later, when it turns out that there is nothing left for who is to use it.
std::size_t affordable_units(std::size_t wanted, std::size_t unit_descriptors) {
  const std::size_t free = free_descriptors();
  const std::size_t left = free > spare_descriptors ? free - spare_descriptors : 0;
  const auto units = std::clamp<std::size_t>(left / unit_descriptors, 1, wanted);
  if (units < wanted) {
    std::cerr << "fetch: " + std::to_string(units) + " at a time instead of " +
                     std::to_string(wanted) + ", for want of descriptors (ulimit -n)\n";
  }
  return units;
}

}  // namespace

Collector::Collector(app::FetchClient& client, InHand in_hand, std::size_t unit_descriptors)
    : client_(client),
      in_hand_(std::move(in_hand)),
      room_for_(affordable_units(client.units(), lane_descriptors + unit_descriptors)),
      channel_(result_limits(room_for_)),
      units_(room_for_),
      delivered_(client.size()) {}

Collector::Events Collector::watch(Clock::time_point until) {
  wait(std::min(until, client_.next_tick()));
  Events events;
  if (net::wait_readable(client_.signals.descriptor(), -1, {}).first) {
    units_.kill_all();  // what they had sent is still here
    while (take_result(events.idle)) {
    }
    if (!client_.stopped()) client_.interrupt();
    return events;
  }
  const auto dead = reap();
  // Only when the channel was seen empty after that, nothing is left of what the dead had sent.
  for (int i = 0; i < most_messages || !dead.empty(); ++i) {
    if (!take_result(events.idle)) break;
  }
  for (const auto& [unit, in_hand] : dead) {
    for (const auto index : in_hand) {
      if (delivered_[index] || client_.stopped()) continue;
      deliver({index, net::failed_fetch(protocol::FetchError::worker_died)});
    }
    events.ended.push_back(unit);
  }
  client_.tick();
  return events;
}

std::size_t Collector::launch(const Units::Launch& launch) {
  net::Descriptor place = open_pidfd(::getpid());  // kept for the unit's own
  return units_.launch([&](std::size_t unit) {
    const pid_t pid = launch(unit);
    place.close();
    try {
      results_.watch(unit, open_pidfd(pid));
    } catch (const std::system_error&) {
      ::kill(pid, SIGKILL);  // it may have a URL in hand, which fails when it is reaped
    }
    return pid;
  });
}

void Collector::wait(Clock::time_point until) {
  if (!results_.arm()) until = Clock::now();  // for what else there may be
  std::array<pollfd, 3> entries{pollfd{client_.signals.descriptor(), POLLIN, 0},
                                pollfd{children_.descriptor(), POLLIN, 0},
                                pollfd{results_.descriptor(), POLLIN, 0}};
  const auto left =
      std::clamp<std::chrono::nanoseconds>(until - Clock::now(), {}, std::chrono::hours(1));
  const timespec limit{
      .tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count(),
      .tv_nsec = (left % std::chrono::seconds(1)).count(),
  };
  if (::ppoll(entries.data(), entries.size(), &limit, nullptr) < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
}

std::vector<Collector::Dead> Collector::reap() {
  while (children_.take()) {
  }
  std::vector<Dead> dead;
  for (const auto& unit : units_.reap()) dead.push_back({unit, in_hand_(unit.unit)});
  return dead;
}

// False where there is none to take, or nobody to take it for.
bool Collector::take_result(std::vector<std::size_t>& idle) {
  std::string message;
  if (client_.stopped() || results_.try_receive(message) != ChannelStatus::ok) {
    return false;
  }
  if (auto received = assembler_.take(message)) {
    idle.push_back(received->unit);
    if (!delivered_[received->finished.index]) deliver(std::move(received->finished));
  }
  return true;
}

void Collector::deliver(Finished finished) {
  delivered_[finished.index] = true;
  client_.deliver(std::move(finished));
}

}  // namespace trivium::multiprocess
