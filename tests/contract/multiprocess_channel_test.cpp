// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/channel.hpp"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <csignal>
#include <optional>
#include <stdexcept>

#include "channel_contract.hpp"
#include "multiprocess/child_process.hpp"

namespace trivium::contract {
namespace {

using multiprocess::Channel;
using multiprocess::ChannelLimits;
using multiprocess::ChannelReceiver;
using multiprocess::ChannelSender;
using multiprocess::SharedMemory;

// A forked process; its result is its exit code.
class ProcessPeer {
 public:
  template <typename Body>
  explicit ProcessPeer(Body body)
      : pid_(multiprocess::fork_worker([&] {
          if (!body()) throw std::runtime_error("the peer's body failed");
        })) {}
  ProcessPeer(ProcessPeer&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ProcessPeer& operator=(ProcessPeer&&) = delete;
  ~ProcessPeer() {
    if (pid_ < 0) return;
    kill();
    (void)join();
  }

  [[nodiscard]] bool join() {
    int status = 0;
    return ::waitpid(std::exchange(pid_, -1), &status, 0) > 0 && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void kill() const { ::kill(pid_, SIGKILL); }
  void terminate() const { ::kill(pid_, SIGTERM); }

 private:
  pid_t pid_;
};

// Each process has a lane of its own, and makes the end that it uses.
class MultiprocessFlavour {
 public:
  MultiprocessFlavour(std::size_t capacity, std::size_t message_bytes,
                      std::chrono::nanoseconds spin = {})
      : channel_({.messages = capacity,
                  .message_bytes = message_bytes,
                  .senders = most_processes,
                  .spin = spin}) {}

  ChannelStatus try_send(std::string& message) { return sender().try_send(message); }
  ChannelStatus send(std::string& message) { return sender().send(message); }
  ChannelStatus send_until(Clock::time_point deadline, std::string& message) {
    return sender().send_until(deadline, message);
  }
  ChannelStatus try_receive(std::string& message) { return receiver().try_receive(message); }
  ChannelStatus receive(std::string& message) { return receiver().receive(message); }
  ChannelStatus receive_until(Clock::time_point deadline, std::string& message) {
    return receiver().receive_until(deadline, message);
  }
  void close(End end) { end == End::sender ? sender().close() : receiver().close(); }

  [[nodiscard]] std::size_t most(std::size_t capacity) const { return std::bit_ceil(capacity); }

  template <typename Body>
  ProcessPeer start(Body body) {
    const std::size_t lane = ++last_lane_;
    return ProcessPeer([this, lane, body = std::move(body)] {
      sender_.emplace(channel_.sender(lane));
      receiver_.reset();
      return body();
    });
  }

 private:
  static constexpr std::size_t most_processes = 8;

  ChannelSender& sender() { return sender_ ? *sender_ : sender_.emplace(channel_.sender()); }
  ChannelReceiver& receiver() {
    return receiver_ ? *receiver_ : receiver_.emplace(channel_.receiver());
  }

  Channel channel_;
  std::optional<ChannelSender> sender_;
  std::optional<ChannelReceiver> receiver_;
  std::size_t last_lane_ = 0;
};

class SpinningFlavour : public MultiprocessFlavour {
 public:
  SpinningFlavour(std::size_t capacity, std::size_t message_bytes)
      : MultiprocessFlavour(capacity, message_bytes, std::chrono::microseconds(50)) {}
};

INSTANTIATE_TYPED_TEST_SUITE_P(Multiprocess, ChannelContract, MultiprocessFlavour);
INSTANTIATE_TYPED_TEST_SUITE_P(MultiprocessSpinning, ChannelContract, SpinningFlavour);

TEST(ProcessChannel, NobodySpinsBeyondItsDeadline) {
  constexpr auto budget = std::chrono::seconds(30);
  Channel channel({.messages = 4, .message_bytes = 8, .spin = budget});
  ChannelSender sender = channel.sender();
  ChannelReceiver receiver = channel.receiver();
  const auto start = Clock::now();
  std::string message;
  EXPECT_EQ(receiver.receive_until(start + std::chrono::milliseconds(10), message),
            ChannelStatus::timed_out);
  while (sender.try_send("x") == ChannelStatus::ok) {
  }
  EXPECT_EQ(sender.send_until(Clock::now() + std::chrono::milliseconds(10), "x"),
            ChannelStatus::timed_out);
  EXPECT_LT(Clock::now() - start, budget);
}

// What only processes can do: die.

constexpr ChannelLimits limits{.messages = 4, .message_bytes = 64};

// Sends until the lane is full.
std::uint64_t fill(ChannelSender& sender) {
  std::uint64_t count = 0;
  while (sender.try_send(std::to_string(count)) == ChannelStatus::ok) ++count;
  return count;
}

// A process that does nothing until it is killed, after what it does first.
template <typename Body>
ProcessPeer start_and_pause(Body body) {
  return ProcessPeer([body = std::move(body)] {
    body();
    for (;;) ::pause();
    return true;
  });
}

TEST(ProcessChannel, DeathOfWhoAnswersForTheReceivingSideRefusesSends) {
  Channel channel(limits);
  ChannelSender sender = channel.sender();
  ProcessPeer peer = start_and_pause([] {});
  sender.watch(multiprocess::open_pidfd(peer.pid()));
  const auto count = fill(sender);
  peer.kill();
  EXPECT_EQ(sender.send_until(far_away(), "y"), ChannelStatus::closed);
  EXPECT_EQ(sender.send("y"), ChannelStatus::closed);
  EXPECT_EQ(sender.undelivered(), count);
  EXPECT_FALSE(peer.join());
}

TEST(ProcessChannel, SenderThatNeverBlocksLearnsOfTheDeathToo) {
  Channel channel({.messages = 1 << 20, .message_bytes = 8});
  ChannelSender sender = channel.sender();
  ProcessPeer peer = start_and_pause([] {});
  sender.watch(multiprocess::open_pidfd(peer.pid()));
  ASSERT_EQ(sender.try_send("x"), ChannelStatus::ok);
  peer.kill();
  EXPECT_FALSE(peer.join());
  std::uint64_t sent = 1;
  const auto start = Clock::now();
  while (sender.try_send("x") == ChannelStatus::ok) {
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(sender.try_send("x"), ChannelStatus::closed);
  EXPECT_EQ(sender.undelivered(), sent);
  // A machine that runs something else meanwhile sends fewer, and is no later by this count.
  EXPECT_LE(sent, 100U) << "after " << (Clock::now() - start) / std::chrono::milliseconds(1)
                        << " ms";
}

TEST(ProcessChannel, DeathOfTheLastSenderClosesItAfterWhatIsQueued) {
  Channel channel({.messages = 4, .message_bytes = 64, .senders = 2});
  ChannelReceiver receiver = channel.receiver();
  const auto start = [&](std::size_t lane) {
    return start_and_pause([&channel, lane] { (void)channel.sender(lane).send("queued"); });
  };
  ProcessPeer first = start(0);
  ProcessPeer second = start(1);
  receiver.watch(0, multiprocess::open_pidfd(first.pid()));
  receiver.watch(1, multiprocess::open_pidfd(second.pid()));
  EXPECT_EQ(receive(receiver), "queued");
  EXPECT_EQ(receive(receiver), "queued");
  first.kill();
  EXPECT_FALSE(first.join());
  std::string message;
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::would_block);
  second.kill();
  EXPECT_EQ(receiver.receive(message), ChannelStatus::closed);
  EXPECT_FALSE(second.join());
  ProcessPeer third = start(1);  // another may come
  receiver.watch(1, multiprocess::open_pidfd(third.pid()));
  EXPECT_EQ(receive(receiver), "queued");
  third.kill();
  EXPECT_FALSE(third.join());
}

TEST(ProcessChannel, SuccessorOfADeadReceiverGetsWhatIsQueued) {
  Channel channel({.messages = 64, .message_bytes = 64});
  ChannelSender sender = channel.sender();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(sender.send(std::to_string(i)), ChannelStatus::ok);
  Channel told(limits);
  ProcessPeer first = start_and_pause([&] {
    ChannelReceiver receiver = channel.receiver();
    for (int i = 0; i < 3; ++i) (void)receive(receiver);
    (void)told.sender().send("three taken");
  });
  ChannelReceiver answer = told.receiver();
  EXPECT_EQ(receive(answer), "three taken");
  EXPECT_EQ(sender.undelivered(), 7U);
  first.kill();
  EXPECT_FALSE(first.join());
  ChannelReceiver successor = channel.receiver();
  for (int i = 3; i < 10; ++i) EXPECT_EQ(receive(successor), std::to_string(i));
  EXPECT_EQ(sender.undelivered(), 0U);
  ASSERT_EQ(sender.send("on it goes"), ChannelStatus::ok);
  EXPECT_EQ(receive(successor), "on it goes");
}

TEST(ProcessChannel, BatchesHoldWhatIsThereInOrder) {
  Channel channel({.messages = 8, .message_bytes = 64});
  ChannelSender sender = channel.sender();
  ChannelReceiver receiver = channel.receiver();
  const std::vector<std::string_view> messages{"one", "two", "", "three"};
  std::span<const std::string_view> left(messages);
  ASSERT_EQ(sender.send_batch(left), ChannelStatus::ok);
  EXPECT_TRUE(left.empty());
  std::vector<std::string> received;
  const auto keep = [&received](std::string_view message) { received.emplace_back(message); };
  ASSERT_EQ(receiver.receive_batch(3, keep), ChannelStatus::ok);
  EXPECT_EQ(received, (std::vector<std::string>{"one", "two", ""}));
  ASSERT_EQ(receiver.receive_batch(3, keep), ChannelStatus::ok);
  EXPECT_EQ(received.back(), "three");
  sender.close();
  EXPECT_EQ(receiver.receive_batch(3, keep), ChannelStatus::closed);
  left = messages;
  EXPECT_EQ(sender.send_batch(left), ChannelStatus::closed);
  EXPECT_EQ(left.size(), messages.size());
}

TEST(ProcessChannel, BatchesOfMoreThanFitGoOver) {
  Channel channel({.messages = 8, .message_bytes = 16});
  constexpr int count = 20'000;
  ProcessPeer peer([&channel] {
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::span<const std::string_view> left(views);
    ChannelSender sender = channel.sender();
    return sender.send_batch(left) == ChannelStatus::ok && left.empty();
  });
  ChannelReceiver receiver = channel.receiver();
  int next = 0;
  while (next < count) {
    ASSERT_EQ(
        receiver.receive_batch(
            100, [&next](std::string_view message) { ASSERT_EQ(message, std::to_string(next++)); }),
        ChannelStatus::ok);
  }
  EXPECT_TRUE(peer.join());
}

TEST(ProcessChannel, WhatEndsAVisitTakesTheWholeBatch) {
  Channel channel(limits);
  ChannelSender sender = channel.sender();
  ChannelReceiver receiver = channel.receiver();
  for (const char* text : {"one", "two", "three"}) {
    ASSERT_EQ(sender.send(text), ChannelStatus::ok);
  }
  EXPECT_THROW((void)receiver.receive_batch(
                   2, [](std::string_view) { throw std::runtime_error("no more"); }),
               std::runtime_error);
  EXPECT_EQ(receive(receiver), "three");
}

TEST(ProcessChannel, SignalsInterruptNothing) {
  Channel channel(limits);
  Channel ready(limits);
  ProcessPeer peer([&] {
    // A worker's SIGTERM ends a system call, and no more than that.
    ChannelReceiver receiver = channel.receiver();
    if (ready.sender().send("ready") != ChannelStatus::ok) return false;
    return receive(receiver) == "sent";
  });
  ChannelReceiver answer = ready.receiver();
  EXPECT_EQ(receive(answer), "ready");
  for (int i = 0; i < 20; ++i) {
    peer.terminate();
    give_way();
  }
  EXPECT_EQ(channel.sender().send("sent"), ChannelStatus::ok);
  EXPECT_TRUE(peer.join());
}

TEST(ProcessChannel, RefusesAMessageAboveTheLimit) {
  Channel channel(limits);
  ChannelSender sender = channel.sender();
  const std::string message(limits.message_bytes + 1, 'x');
  EXPECT_THROW((void)sender.try_send(message), std::length_error);
  EXPECT_THROW((void)sender.send(message), std::length_error);
  EXPECT_THROW((void)sender.send_until(far_away(), message), std::length_error);
  ChannelReceiver receiver = channel.receiver();
  std::string received;
  EXPECT_EQ(receiver.try_receive(received), ChannelStatus::would_block);
}

// Copies descriptors to numbers in a row, as a program inherits them.
int copy_in_a_row(const std::vector<int>& descriptors) {
  constexpr int first = 500;
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    EXPECT_GE(::dup2(descriptors[i], first + static_cast<int>(i)), 0);
  }
  return first;
}

TEST(ProcessChannel, AttachesByDescriptor) {
  Channel channel({.messages = 4, .message_bytes = 64, .senders = 2});
  ASSERT_EQ(channel.sender_descriptors(1).size(), std::size_t{multiprocess::sender_descriptors});
  ASSERT_EQ(channel.receiver_descriptors().size(),
            static_cast<std::size_t>(multiprocess::receiver_descriptors(2)));
  std::optional<ChannelSender> sender(std::in_place, copy_in_a_row(channel.sender_descriptors(1)),
                                      1);
  EXPECT_EQ(sender->send("x"), ChannelStatus::ok);
  sender.reset();
  ChannelReceiver receiver(copy_in_a_row(channel.receiver_descriptors()));
  EXPECT_EQ(receive(receiver), "x");
}

TEST(ProcessChannel, AttachesToNothingElse) {
  SharedMemory memory(4096);  // zeros: a channel without lanes
  Channel channel(limits);
  auto descriptors = channel.receiver_descriptors();
  descriptors.front() = memory.descriptor();
  EXPECT_THROW(ChannelReceiver(copy_in_a_row(descriptors)), std::system_error);
  EXPECT_THROW(ChannelSender(copy_in_a_row(channel.sender_descriptors(0)), limits.senders),
               std::system_error);
}

TEST(ProcessChannel, IsWaitedForInAPoll) {
  Channel channel(limits);
  ChannelSender sender = channel.sender();
  ChannelReceiver receiver = channel.receiver();
  const auto readable = [&](std::chrono::nanoseconds timeout) {
    return net::wait_readable(receiver.descriptor(), -1, timeout).first;
  };
  ASSERT_TRUE(receiver.arm());
  EXPECT_FALSE(readable({}));
  EXPECT_EQ(sender.send("x"), ChannelStatus::ok);
  EXPECT_TRUE(readable({}));
  EXPECT_EQ(receive(receiver), "x");
  EXPECT_EQ(sender.send("y"), ChannelStatus::ok);
  EXPECT_FALSE(receiver.arm()) << "there is a message";
  EXPECT_EQ(receive(receiver), "y");
  ASSERT_TRUE(receiver.arm());
  EXPECT_FALSE(readable({}));
  ProcessPeer peer([&channel] {
    give_way();
    channel.close();
    return true;
  });
  EXPECT_TRUE(readable(net::forever));
  EXPECT_FALSE(receiver.arm());
  std::string message;
  EXPECT_EQ(receiver.try_receive(message), ChannelStatus::closed);
  EXPECT_TRUE(peer.join());
}

}  // namespace
}  // namespace trivium::contract
