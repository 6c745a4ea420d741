// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Tests of the process channel in which a peer is killed between any two instructions of a verb, or
// in which the other side acts while the peer stands still there.
//
// They are driven by ptrace, so that every place is tried and not those that chance may find. Since
// whoever stands still has its stores seen by all, they show nothing of the order in which
// processors see them: tests/model does.
#pragma once

#include <algorithm>
#include <iostream>
#include <random>

#include "chosen.hpp"
#include "stepped_process.hpp"

namespace trivium::contract {

inline Clock::time_point soon() {
  return Clock::now() + long_enough;
}

// Lanes: of the sender that a test is about, and of another.
inline constexpr std::size_t own = 0;
inline constexpr std::size_t other = 1;

// A channel, and a page for what the process has to say.
class Situation {
 public:
  explicit Situation(std::size_t capacity)
      : channel({.messages = capacity, .message_bytes = 64, .senders = 2}) {}

  // How the verb ended, if it did.
  void note(ChannelStatus status) { page() = static_cast<int>(status) + 1; }
  [[nodiscard]] std::optional<ChannelStatus> noted() {
    if (page() == 0) return std::nullopt;
    return static_cast<ChannelStatus>(page() - 1);
  }

  Channel channel;

 private:
  [[nodiscard]] std::atomic<int>& page() { return *static_cast<std::atomic<int>*>(memory_.data()); }

  SharedMemory memory_{sizeof(std::atomic<int>)};
};

// For each place in a situation's act: has a process stop there, and hands both over. TRIVIUM_STRIDE
// chooses every so manyth place, from a random one on.
template <typename Kind, typename AtPlace>
void at_every_place(AtPlace at_place) {
  if (!may_trace()) {
    GTEST_SKIP() << "this system refuses ptrace, so nothing can be stopped between instructions";
  }
  // One piece of code for all, so that each has the same places.
  const auto start = [](Kind& kind) {
    return SteppedProcess([&kind] { kind.prepare(); }, [&kind] { kind.act(); });
  };
  // A process that is gone through step by step may, since that takes so long, come by places that
  // others do not: it looks whether its peer lives. Then another one is gone through.
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::vector<Place> places;
    {
      Kind kind;
      places = start(kind).go_through([&] { kind.wake(); });
    }
    std::size_t reached = 0;
    std::size_t tried = 0;
    const std::size_t stride = chosen("TRIVIUM_STRIDE", 1);
    const std::size_t first = std::random_device()() % std::min(stride, places.size());
    for (std::size_t place = first; place < places.size(); place += stride) {
      SCOPED_TRACE(testing::Message() << "after " << place << " instructions");
      ++tried;
      Kind kind;
      SteppedProcess process = start(kind);
      if (!process.go_to(places, place, [&] { kind.wake(); })) continue;
      ++reached;
      at_place(kind, process);
      if (testing::Test::HasFailure()) return;
    }
    std::cout << "at " << reached << " of " << places.size() << " instructions";
    if (stride > 1) std::cout << ", from the one numbered " << first << " on";
    std::cout << std::endl;
    if (reached * 10 >= tried * 9) return;
  }
  FAIL() << "others than one process came by";
}

template <typename Kind>
void kill_at_every_place() {
  at_every_place<Kind>([](Kind& kind, SteppedProcess& process) {
    kind.watch(process.process());
    process.process().kill();
    ASSERT_EQ(process.process().end(), SIGKILL);
    kind.check_after_death();
  });
}

// Nobody watches the process here: what wakes others is what it does.
template <typename Kind, typename Meanwhile, typename Check>
void act_at_every_place(Meanwhile meanwhile, Check check) {
  at_every_place<Kind>([&](Kind& kind, SteppedProcess& process) {
    meanwhile(kind);
    process.let_go();
    ASSERT_EQ(process.process().end(), 0) << "it sleeps for ever";
    check(kind);
  });
}

}  // namespace trivium::contract
