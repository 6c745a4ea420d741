// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_collect.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace trivium::multiprocess {
namespace {

// Messages taken at a time, so that workers that never pause do not hide a signal.
constexpr int most_messages = 64;

}  // namespace

Collector::Collector(app::FetchClient& client, InHand in_hand)
    : client_(client),
      in_hand_(std::move(in_hand)),
      channel_(result_limits(client.units())),
      units_(client.units()),
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
  return units_.launch([&](std::size_t unit) {
    const pid_t pid = launch(unit);
    results_.watch(unit, open_pidfd(pid));
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
