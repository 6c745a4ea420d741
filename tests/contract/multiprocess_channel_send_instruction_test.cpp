// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What becomes of a send at each of its instructions.
#include "every_instruction.hpp"

namespace trivium::contract {
namespace {

// Sends: the process is the sender of its own lane, and this one receives. It sends the messages 0,
// 1 and so on; what a predecessor may have sent has numbers below.

struct Send : Situation {
  explicit Send(std::size_t capacity) : Situation(capacity), receiver(channel.receiver()) {}

  void prepare() { sender.emplace(channel.sender(own)); }
  void act() { note(sender->send("0")); }
  void wake() { ASSERT_EQ(take(), ChannelStatus::ok); }
  void watch(const Process& process) { receiver.watch(own, process.known_by()); }

  ChannelStatus take() {
    std::string message;
    const auto status = receiver.try_receive(message);
    EXPECT_TRUE(status != ChannelStatus::ok || message == std::to_string(due++)) << message;
    return status;
  }

  // What had been sent is received, and not more; and whoever sends next on the lane is.
  void check_after_death() {
    ASSERT_TRUE(readable(receiver.descriptor(), long_enough)) << "the death is not told";
    const int next_due = due + static_cast<int>(channel.undelivered());
    while (take() == ChannelStatus::ok) {
    }
    ASSERT_EQ(due, next_due) << "it was told otherwise";
    ASSERT_EQ(channel.undelivered(), 0U);
    ASSERT_GE(due, noted() == ChannelStatus::ok ? most : 0);
    ASSERT_LE(due, most);
    ChannelSender next = channel.sender(own);
    receiver.watch(own, multiprocess::open_pidfd(::getpid()));
    ASSERT_EQ(next.try_send(std::to_string(due)), after);
    ASSERT_EQ(take(), after);
    ASSERT_EQ(channel.undelivered(), 0U);
  }

  // All was sent, and is received by one who waits for it.
  void check_received() {
    ASSERT_EQ(noted(), ChannelStatus::ok);
    for (std::string message; due < most; ++due) {
      ASSERT_EQ(receiver.receive_until(soon(), message), ChannelStatus::ok);
      ASSERT_EQ(message, std::to_string(due));
    }
  }

  ChannelReceiver receiver;
  std::optional<ChannelSender> sender;
  int due = 0;   // the next message to be received
  int most = 1;  // messages that the act sends
  ChannelStatus after = ChannelStatus::ok;
};

struct SendToOneAwake : Send {
  SendToOneAwake() : Send(2) {}
};

struct SendToOneAsleep : Send {
  SendToOneAsleep() : Send(2) { EXPECT_TRUE(receiver.arm()); }
};

// A receiver that is awake, and looks at the other lane only.
struct SendOnALaneThatIsNotAttended : Send {
  SendOnALaneThatIsNotAttended() : Send(2) {
    EXPECT_TRUE(receiver.arm());
    EXPECT_EQ(channel.sender(other).try_send("other"), ChannelStatus::ok);
    std::string message;
    EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
  }
};

// A receiver in the middle of a stream, and a sender that has begun to send into it.
struct SendToOneBusy : Send {
  SendToOneBusy() : Send(2) {
    due = -1;
    ChannelSender predecessor = channel.sender(own);
    std::string message;
    for (std::uint64_t i = 0; i < 2 * multiprocess::channel::stream; ++i) {
      EXPECT_EQ(predecessor.try_send("stream"), ChannelStatus::ok);
      EXPECT_EQ(receiver.try_receive(message), ChannelStatus::ok);
    }
  }
  void prepare() {
    Send::prepare();
    (void)sender->try_send("-1");
  }
};

struct SendOnAFullLane : Send {
  SendOnAFullLane() : Send(2) {
    ChannelSender predecessor = channel.sender(own);
    due = -2;
    for (const char* message : {"-2", "-1"}) {
      EXPECT_EQ(predecessor.try_send(message), ChannelStatus::ok);
    }
  }
};

struct SendABatch : Send {
  explicit SendABatch(std::size_t capacity = 4) : Send(capacity) { most = 3; }
  void act() {
    const std::array<std::string_view, 3> messages{"0", "1", "2"};
    std::span<const std::string_view> left(messages);
    note(sender->send_batch(left));
  }
};

struct SendABatchThatDoesNotFit : SendABatch {
  SendABatchThatDoesNotFit() : SendABatch(1) {}
};

struct SendAfterClose : Send {
  SendAfterClose() : Send(2) {
    channel.close();
    most = 0;
    after = ChannelStatus::closed;
  }
};

TEST(KillAtEveryInstruction, OfASendToOneAwake) {
  kill_at_every_place<SendToOneAwake>();
}
TEST(KillAtEveryInstruction, OfASendToOneAsleep) {
  kill_at_every_place<SendToOneAsleep>();
}
TEST(KillAtEveryInstruction, OfASendToOneBusy) {
  kill_at_every_place<SendToOneBusy>();
}
TEST(KillAtEveryInstruction, OfASendOnALaneThatIsNotAttended) {
  kill_at_every_place<SendOnALaneThatIsNotAttended>();
}
TEST(KillAtEveryInstruction, OfASendOnAFullLane) {
  kill_at_every_place<SendOnAFullLane>();
}
TEST(KillAtEveryInstruction, OfABatch) {
  kill_at_every_place<SendABatch>();
}
TEST(KillAtEveryInstruction, OfABatchThatDoesNotFit) {
  kill_at_every_place<SendABatchThatDoesNotFit>();
}
TEST(KillAtEveryInstruction, OfASendAfterClose) {
  kill_at_every_place<SendAfterClose>();
}

template <typename Kind>
void receiver_falls_asleep_at_every_place() {
  bool asleep = false;
  act_at_every_place<Kind>([&](Kind& kind) { asleep = kind.receiver.arm(); },
                           [&](Kind& kind) {
                             ASSERT_TRUE(!asleep || readable(kind.receiver.descriptor(), {}));
                             kind.check_received();
                           });
}

TEST(AtEveryInstruction, OfASendTheReceiverFallsAsleep) {
  receiver_falls_asleep_at_every_place<SendToOneAwake>();
}
TEST(AtEveryInstruction, OfASendTheBusyReceiverFallsAsleep) {
  receiver_falls_asleep_at_every_place<SendToOneBusy>();
}
TEST(AtEveryInstruction, OfASendTheReceiverThatHadLeftTheLaneFallsAsleep) {
  receiver_falls_asleep_at_every_place<SendOnALaneThatIsNotAttended>();
}

TEST(AtEveryInstruction, OfASendOnAFullLaneTheReceiverTakesOne) {
  act_at_every_place<SendOnAFullLane>(
      [](SendOnAFullLane& kind) { ASSERT_EQ(kind.take(), ChannelStatus::ok); },
      [](SendOnAFullLane& kind) { kind.check_received(); });
}

// Both sides decide alike what was sent before the close, and what comes too late.
template <typename Kind>
void channel_is_closed_at_every_place() {
  bool closed = false;
  act_at_every_place<Kind>(
      [&](Kind& kind) {
        kind.channel.close();
        ChannelStatus status{};
        while ((status = kind.take()) == ChannelStatus::ok) {
        }
        closed = status == ChannelStatus::closed;
      },
      [&](Kind& kind) {
        const bool sent = kind.noted() == ChannelStatus::ok;
        ASSERT_TRUE(!closed || sent == (kind.due == kind.most)) << "it was decided before";
        while (kind.take() == ChannelStatus::ok) {
        }
        ASSERT_EQ(sent, kind.due == kind.most);
        ASSERT_EQ(kind.take(), ChannelStatus::closed);
      });
}

TEST(AtEveryInstruction, OfASendTheChannelIsClosed) {
  channel_is_closed_at_every_place<SendToOneAwake>();
}
TEST(AtEveryInstruction, OfASendToOneBusyTheChannelIsClosed) {
  channel_is_closed_at_every_place<SendToOneBusy>();
}
TEST(AtEveryInstruction, OfASendOnAFullLaneTheChannelIsClosed) {
  channel_is_closed_at_every_place<SendOnAFullLane>();
}

}  // namespace
}  // namespace trivium::contract
