// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What becomes of a receive, and of a close, at each of its instructions.
#include <fstream>

#include "every_instruction.hpp"

namespace trivium::contract {
namespace {

// Receives: the process is the receiver, and this one sends 0, 1 and so on.

struct Receive : Situation {
  explicit Receive(std::size_t capacity, int messages)
      : Situation(capacity), sender(channel.sender(own)) {
    while (sent < messages) send_one();
  }

  void prepare() { receiver.emplace(channel.receiver()); }
  void act() {
    std::string message;
    note(receiver->receive(message));
    if (noted() == ChannelStatus::ok && message != std::to_string(due)) ::_exit(1);
  }
  void wake() { send_one(); }
  void watch(const Process& process) { sender.watch(process.known_by()); }

  void send_one() { EXPECT_EQ(sender.try_send(std::to_string(sent++)), ChannelStatus::ok); }

  // A successor gets all but what the dead one had in hand, which is certain where it has returned.
  void check_after_death() {
    ASSERT_EQ(sender.send("refused"), ChannelStatus::closed);
    const auto queued = sender.undelivered();
    sender.watch(multiprocess::open_pidfd(::getpid()));
    ChannelReceiver successor = channel.receiver();
    std::string message;
    int next = due;
    if (noted() == ChannelStatus::ok || queued < static_cast<std::uint64_t>(sent - due)) {
      next += most;
    }
    ASSERT_EQ(queued, static_cast<std::uint64_t>(sent - next));
    send_one();
    while (next < sent) {
      ASSERT_EQ(successor.receive_until(soon(), message), ChannelStatus::ok);
      ASSERT_EQ(message, std::to_string(next++));
    }
    ASSERT_EQ(successor.try_receive(message), ChannelStatus::would_block);
    ASSERT_EQ(channel.undelivered(), 0U);
  }

  ChannelSender sender;
  std::optional<ChannelReceiver> receiver;
  int sent = 0;
  int due = 0;   // the message that the act receives
  int most = 1;  // or the first of so many
};

struct ReceiveOneOfTwo : Receive {
  ReceiveOneOfTwo() : Receive(4, 2) {}
};

struct ReceiveWhereThereIsNothing : Receive {
  ReceiveWhereThereIsNothing() : Receive(4, 0) {}
};

// It had taken a stream, which is over.
struct ReceiveAfterAStream : Receive {
  ReceiveAfterAStream() : Receive(streamed, streamed) { due = streamed; }
  void prepare() {
    Receive::prepare();
    std::string message;
    for (int i = 0; i < streamed; ++i) (void)receiver->receive(message);
  }
  static constexpr int streamed = 2 * multiprocess::channel::stream;
};

struct ReceiveABatch : Receive {
  ReceiveABatch() : Receive(8, 5) { most = 3; }
  void act() {
    int next = due;
    note(receiver->receive_batch(3, [&](std::string_view message) {
      if (message != std::to_string(next++)) ::_exit(1);
    }));
  }
};

// A sender sleeps until the only message is taken that has room.
struct ReceiveWhileASenderWaits : Receive {
  ReceiveWhileASenderWaits()
      : Receive(1, 1), waiting([this] {
          ChannelSender next = channel.sender(own);
          if (next.send("1") != ChannelStatus::ok) throw std::runtime_error("refused");
        }) {
    while (!sleeps(waiting.pid())) std::this_thread::yield();
    sent = 2;
  }
  void check_after_death() {
    ChannelReceiver successor = channel.receiver();
    std::string message;
    do {
      ASSERT_EQ(successor.receive_until(soon(), message), ChannelStatus::ok);
    } while (message == "0" && !noted());
    ASSERT_EQ(message, "1");
    ASSERT_EQ(waiting.end(), 0);
    ASSERT_EQ(channel.undelivered(), 0U);
  }
  static bool sleeps(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    stat >> number >> name >> state;
    return state == "S";
  }

  Process waiting;
};

TEST(KillAtEveryInstruction, OfAReceiveOfOneOfTwo) {
  kill_at_every_place<ReceiveOneOfTwo>();
}
TEST(KillAtEveryInstruction, OfAReceiveWhereThereIsNothing) {
  kill_at_every_place<ReceiveWhereThereIsNothing>();
}
TEST(KillAtEveryInstruction, OfAReceiveAfterAStream) {
  kill_at_every_place<ReceiveAfterAStream>();
}
TEST(KillAtEveryInstruction, OfAReceivedBatch) {
  kill_at_every_place<ReceiveABatch>();
}
TEST(KillAtEveryInstruction, OfAReceiveWhileASenderWaits) {
  kill_at_every_place<ReceiveWhileASenderWaits>();
}

template <typename Kind>
void one_is_sent_at_every_place() {
  act_at_every_place<Kind>([](Kind& kind) { kind.send_one(); },
                           [](Kind& kind) { ASSERT_EQ(kind.noted(), ChannelStatus::ok); });
}

TEST(AtEveryInstruction, OfAReceiveOneIsSent) {
  one_is_sent_at_every_place<ReceiveWhereThereIsNothing>();
}
TEST(AtEveryInstruction, OfAReceiveAfterAStreamOneIsSent) {
  one_is_sent_at_every_place<ReceiveAfterAStream>();
}
TEST(AtEveryInstruction, OfAReceiveOneIsSentOnAnotherLane) {
  act_at_every_place<ReceiveWhereThereIsNothing>(
      [](auto& kind) { ASSERT_EQ(kind.channel.sender(other).try_send("0"), ChannelStatus::ok); },
      [](auto& kind) { ASSERT_EQ(kind.noted(), ChannelStatus::ok); });
}
TEST(AtEveryInstruction, OfAReceiveTheChannelIsClosed) {
  act_at_every_place<ReceiveWhereThereIsNothing>(
      [](auto& kind) { kind.channel.close(); },
      [](auto& kind) {
        ASSERT_EQ(kind.noted(), kind.sent == 0 ? ChannelStatus::closed : ChannelStatus::ok);
      });
}

// Closing: whoever learns of it, all do.
struct Close : Situation {
  Close() : Situation(2), receiver(channel.receiver()) { EXPECT_TRUE(receiver.arm()); }

  void prepare() {}
  void act() {
    channel.close();
    note(ChannelStatus::closed);
  }
  void wake() {}
  void watch(const Process&) {}

  void check_after_death() {
    const auto status = channel.sender(own).try_send("0");
    ASSERT_TRUE(!noted() || status == ChannelStatus::closed);
    ASSERT_TRUE(readable(receiver.descriptor(), {}));
    std::string message;
    ASSERT_EQ(receiver.try_receive(message), status);
  }

  ChannelReceiver receiver;
};

TEST(KillAtEveryInstruction, OfAClose) {
  kill_at_every_place<Close>();
}

}  // namespace
}  // namespace trivium::contract
