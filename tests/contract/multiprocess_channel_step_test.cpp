// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Has the other side of a process channel act at a step of a verb: the ways of meeting that
// tests/model has found to be harmful once, told again with the channel itself.
#include <functional>
#include <vector>

#include "process_faults.hpp"

namespace trivium::contract {
namespace {

// Steps of which one calls a function the first time that it is passed.
struct CallAt {
  static inline std::function<void(Step)> call;

  static void at(Step step) noexcept {
    if (call) call(step);
  }
};

// The receiver has seen that the channel is closed, and sleeps until a send that had begun before
// is over; and it is woken by something else when that has published its message, and told nobody.
TEST(ProcessChannelStep, CloseWaitsForASendThoughTheReceiverIsWokenBeforeItsEnd) {
  Channel channel({.messages = 4, .message_bytes = 8});
  ChannelReceiver receiver = channel.receiver();
  auto sender = channel.sender<CallAt>();
  std::string message;
  CallAt::call = [&](Step step) {
    if (step == Step::room_found) {
      channel.close();
      EXPECT_EQ(receiver.try_receive(message), ChannelStatus::would_block);
      EXPECT_TRUE(receiver.arm());
      EXPECT_FALSE(readable(receiver.descriptor(), {})) << "who polls it would spin";
    } else if (step == Step::send_ended) {
      EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
    }
  };
  EXPECT_EQ(sender.try_send("x"), ChannelStatus::ok);
  EXPECT_FALSE(receiver.arm());
  CallAt::call = nullptr;
  EXPECT_EQ(message, "x");
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::closed);
}

// One that is told that all senders are dead, and goes on since it starts others, waits for them
// without looking again and again.
TEST(ProcessChannelStep, WhoWasToldThatAllSendersAreDeadWaitsForAnother) {
  Channel channel({.messages = 4, .message_bytes = 8});
  ChannelReceiver receiver = channel.receiver();
  std::string message;
  const auto readable = [&receiver] {
    return net::wait_readable(receiver.descriptor(), -1, {}).first;
  };
  for (int round = 0; round < 2; ++round) {
    Process sender([&channel] { (void)channel.sender().try_send("x"); });
    receiver.watch(0, sender.known_by());
    EXPECT_EQ(sender.end(), 0);
    EXPECT_FALSE(receiver.arm()) << "there is a message";
    EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
    EXPECT_FALSE(receiver.arm()) << "it is to be told";
    EXPECT_EQ(receiver.try_receive(message), ChannelStatus::closed);
    EXPECT_TRUE(receiver.arm());
    EXPECT_FALSE(readable());
  }
  receiver.watch(0, multiprocess::open_pidfd(::getpid()));
  EXPECT_TRUE(receiver.arm());
  EXPECT_EQ(channel.sender().try_send("y"), ChannelStatus::ok);
  EXPECT_TRUE(readable());
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
  channel.close();
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::closed);
  EXPECT_FALSE(receiver.arm());
}

// However many senders die at once, what one of them had published is there when that is known.
TEST(ProcessChannelStep, ManyDeathsAtOnceAreAllLearnt) {
  constexpr std::size_t silent = 40;
  Channel channel({.messages = 4, .message_bytes = 8, .senders = silent + 1});
  ChannelReceiver receiver = channel.receiver();
  ASSERT_TRUE(receiver.arm());
  std::vector<Process> dead;
  for (std::size_t lane = 0; lane < silent; ++lane) {
    dead.emplace_back([] {});
    ASSERT_TRUE(readable(dead.back().pidfd(), long_enough));
    receiver.watch(lane, dead.back().known_by());
  }
  // It was killed before it could tell.
  Kills kills;
  dead.emplace_back([&] {
    auto sender = channel.sender<KillAt>(silent);
    KillAt::arm(kills, Step::send_ended, 1);
    (void)sender.try_send("x");
  });
  ASSERT_TRUE(readable(dead.back().pidfd(), long_enough));
  receiver.watch(silent, dead.back().known_by());
  std::string message;
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::closed);
}

}  // namespace
}  // namespace trivium::contract
