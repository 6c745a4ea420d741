// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A process channel with a lot to do, and with nothing.
#include <time.h>

#include <vector>

#include "process_faults.hpp"

namespace trivium::contract {
namespace {

// Every send that returned ok is received, however close the close came.
TEST(ProcessChannel, CloseRacesWithSends) {
  for (int round = 0; round < 300; ++round) {
    Channel channel({.messages = 16, .message_bytes = 16, .senders = 2});
    SharedMemory counts(4096);
    const auto sent = [&](std::size_t lane) -> std::atomic<int>& {
      return static_cast<std::atomic<int>*>(counts.data())[lane];
    };
    const auto body = [&](std::size_t lane) {
      return [&, lane] {
        ChannelSender sender = channel.sender(lane);
        while (sender.send("x") == ChannelStatus::ok) ++sent(lane);
      };
    };
    Process first(body(0));
    Process second(body(1));
    ChannelReceiver receiver = channel.receiver();
    int received = 0;
    std::string message;
    while (receiver.receive(message) == ChannelStatus::ok) {
      if (received++ == round) receiver.close();
    }
    ASSERT_EQ(first.end(), 0);
    ASSERT_EQ(second.end(), 0);
    ASSERT_EQ(received, sent(0) + sent(1)) << "round " << round;
  }
}

// More processes than processors, more lanes than one word has flags, lanes that hardly hold
// anything.
TEST(ProcessChannel, ManySendersOnManyLanes) {
  constexpr std::size_t senders = 70;
  constexpr int each = 300;
  Channel channel({.messages = 2, .message_bytes = 16, .senders = senders});
  std::vector<Process> peers;
  for (std::size_t lane = 0; lane < senders; ++lane) {
    peers.emplace_back([&channel, lane] {
      ChannelSender sender = channel.sender(lane);
      for (int i = 0; i < each; ++i) {
        const std::string text = std::to_string(lane) + " " + std::to_string(i);
        if (sender.send(text) != ChannelStatus::ok) throw std::runtime_error("closed");
      }
    });
  }
  ChannelReceiver receiver = channel.receiver();
  std::vector<int> next(senders, 0);
  std::string message;
  for (std::size_t i = 0; i < senders * each; ++i) {
    ASSERT_EQ(receiver.receive(message), ChannelStatus::ok);
    const auto space = message.find(' ');
    ASSERT_NE(space, std::string::npos) << message;
    ASSERT_EQ(std::stoi(message.substr(space + 1)), next.at(std::stoul(message))++);
  }
  for (auto& peer : peers) EXPECT_EQ(peer.end(), 0);
}

// Processor time of the calling process.
std::chrono::nanoseconds used() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Runs a wait until a while from now in a process, and checks that it took next to no time of any
// processor.
template <typename Wait>
void expect_idle(Wait wait) {
  Process waiter([&wait] {
    const auto before = used();
    wait(Clock::now() + std::chrono::milliseconds(300));
    if (used() - before > std::chrono::milliseconds(5)) throw std::runtime_error("it is busy");
  });
  EXPECT_EQ(waiter.end(), 0);
}

// No end that waits takes a processor's time while nothing moves, however it waits. With a spin
// budget it takes the budget once.
TEST(ProcessChannel, CostsNoTimeWhileIdle) {
  for (const auto spin : {std::chrono::microseconds(0), std::chrono::microseconds(100)}) {
    SCOPED_TRACE(spin.count());
    Channel channel({.messages = 4, .message_bytes = 64, .spin = spin});
    expect_idle([&channel](Clock::time_point end) {
      std::string message;
      (void)channel.receiver().receive_until(end, message);
    });
    expect_idle([&channel](Clock::time_point end) {
      ChannelReceiver receiver = channel.receiver();
      if (!receiver.arm()) throw std::runtime_error("there is nothing to receive");
      (void)readable(receiver.descriptor(), end - Clock::now());
    });
    expect_idle([&channel](Clock::time_point end) {
      ChannelSender sender = channel.sender();
      while (sender.try_send("x") == ChannelStatus::ok) {
      }
      (void)sender.send_until(end, "x");
    });
  }
}

}  // namespace
}  // namespace trivium::contract
