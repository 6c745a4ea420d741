// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Has the other side of a process channel act at a step of a verb: the ways of meeting that
// tests/model has found to be harmful once, told again with the channel itself.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "multiprocess/channel.hpp"
#include "multiprocess/channel_verbs.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::contract {
namespace {

using app::ChannelStatus;
using multiprocess::Channel;
using multiprocess::ChannelReceiver;
using multiprocess::channel::Step;

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
    } else if (step == Step::send_ended) {
      EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
    }
  };
  EXPECT_EQ(sender.try_send("x"), ChannelStatus::ok);
  CallAt::call = nullptr;
  EXPECT_EQ(message, "x");
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::closed);
}

}  // namespace
}  // namespace trivium::contract
