// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the channels of all three models are measured by alike: how much they hold, how long they
// spin, where their units run, and how their benchmarks are named.
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace trivium::bench {

inline constexpr std::size_t queued_at_most = 256;
inline constexpr std::chrono::microseconds no_spin{0};
inline constexpr std::chrono::microseconds some_spin{50};

/// How many send, or ask, and how many receive, or answer.
struct Shape {
  std::size_t senders;
  std::size_t receivers;
};
inline constexpr Shape shapes[] = {{1, 1}, {4, 1}, {4, 4}};

/// channel/op:OP/bytes:N/shape:SENDERS-RECEIVERS[/MORE]/spin:BUDGETus/of:MODEL.CONTENDER
inline std::string name(std::string_view op, std::size_t bytes, Shape shape, std::string_view more,
                        std::chrono::microseconds spin, std::string_view of) {
  std::string text = "channel/op:";
  text.append(op).append("/bytes:").append(std::to_string(bytes));
  text.append("/shape:").append(std::to_string(shape.senders)).append("-");
  text.append(std::to_string(shape.receivers)).append(more).append("/spin:");
  text.append(std::to_string(spin.count())).append("us/of:").append(of);
  return text;
}

/// Where threads or processes run: those who send first on one CPU and those who receive first on
/// another, all on one, or wherever the scheduler puts them.
enum class Placement { apart, one, free };
inline Placement placement = Placement::apart;

enum class Side { sender, receiver };

/// Binds the calling thread to the CPU that the placement has for its side: the first or the second
/// of those that this process was started with.
inline void take_place(Side side) {
  if (placement == Placement::free) return;
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    ::sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  const bool second = placement == Placement::apart && side == Side::receiver;
  int rest = second && CPU_COUNT(&allowed) > 1 ? 1 : 0;
  int cpu = 0;
  while (cpu < CPU_SETSIZE - 1 && (!CPU_ISSET(cpu, &allowed) || rest-- > 0)) ++cpu;
  cpu_set_t mine;
  CPU_ZERO(&mine);
  CPU_SET(cpu, &mine);
  ::sched_setaffinity(0, sizeof mine, &mine);
}

/// Takes `--placement=apart|one|free` out of the arguments.
inline void take_placement(int& argc, char** argv) {
  constexpr std::pair<std::string_view, Placement> placements[] = {
      {"--placement=apart", Placement::apart},
      {"--placement=one", Placement::one},
      {"--placement=free", Placement::free}};
  for (const auto& [flag, value] : placements) {
    char** const end = std::remove(argv + 1, argv + argc, flag);
    if (end != argv + argc) placement = value;
    argc = static_cast<int>(end - argv);
  }
}

}  // namespace trivium::bench
