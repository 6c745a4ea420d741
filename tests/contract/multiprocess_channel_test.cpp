// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/channel.hpp"

#include <sys/wait.h>
#include <unistd.h>

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

  void kill() const { ::kill(pid_, SIGKILL); }
  void terminate() const { ::kill(pid_, SIGTERM); }

 private:
  pid_t pid_;
};

class MultiprocessFlavour {
 public:
  MultiprocessFlavour(std::size_t capacity, std::size_t message_bytes)
      : channel_({.messages = capacity, .message_bytes = message_bytes}) {}

  ChannelStatus try_send(std::string& message) { return channel_.sender.try_send(message); }
  ChannelStatus send(std::string& message) { return channel_.sender.send(message); }
  ChannelStatus send_until(Clock::time_point deadline, std::string& message) {
    return channel_.sender.send_until(deadline, message);
  }
  ChannelStatus try_receive(std::string& message) { return channel_.receiver.try_receive(message); }
  ChannelStatus receive(std::string& message) { return channel_.receiver.receive(message); }
  ChannelStatus receive_until(Clock::time_point deadline, std::string& message) {
    return channel_.receiver.receive_until(deadline, message);
  }
  void close(End end) { end == End::sender ? channel_.sender.close() : channel_.receiver.close(); }

  // The bound is in bytes, and the kernel counts 512 or more for the smallest message.
  [[nodiscard]] std::size_t most(std::size_t capacity) const {
    return capacity * (2 * message_bytes + 2048) / 512;
  }

  template <typename Body>
  ProcessPeer start(Body body) {
    return ProcessPeer(std::move(body));
  }

 private:
  Channel channel_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Multiprocess, ChannelContract, MultiprocessFlavour);

// What only processes can do: die.

constexpr ChannelLimits limits{.messages = 4, .message_bytes = 64};

TEST(ProcessChannel, DeathOfTheReceiverClosesIt) {
  Channel channel(limits);
  std::optional<ChannelReceiver> receiver(std::move(channel.receiver));
  ProcessPeer peer([&] {
    std::string message;
    (void)receiver->receive(message);
    for (;;) ::pause();
    return true;
  });
  receiver.reset();  // the peer has the only one
  while (channel.sender.try_send("x") == ChannelStatus::ok) {
  }
  peer.kill();
  EXPECT_EQ(channel.sender.send_until(far_away(), "y"), ChannelStatus::closed);
  EXPECT_EQ(channel.sender.send("y"), ChannelStatus::closed);
  EXPECT_FALSE(peer.join());
}

TEST(ProcessChannel, DeathOfTheLastSenderClosesItAfterWhatIsQueued) {
  Channel channel(limits);
  std::optional<ChannelSender> sender(std::move(channel.sender));
  const auto body = [&] {
    if (sender->send("queued") != ChannelStatus::ok) return false;
    for (;;) ::pause();
    return true;
  };
  ProcessPeer first(body);
  ProcessPeer second(body);
  sender.reset();
  EXPECT_EQ(receive(channel.receiver), "queued");
  EXPECT_EQ(receive(channel.receiver), "queued");
  first.kill();
  EXPECT_FALSE(first.join());
  std::string message;
  EXPECT_EQ(channel.receiver.try_receive(message), ChannelStatus::would_block);
  second.kill();
  EXPECT_EQ(channel.receiver.receive(message), ChannelStatus::closed);
  EXPECT_FALSE(second.join());
}

TEST(ProcessChannel, SignalsInterruptNothing) {
  Channel channel(limits);
  Channel ready(limits);
  ProcessPeer peer([&] {
    // A worker's SIGTERM ends a system call, and no more than that.
    if (ready.sender.send("ready") != ChannelStatus::ok) return false;
    return receive(channel.receiver) == "sent";
  });
  EXPECT_EQ(receive(ready.receiver), "ready");
  for (int i = 0; i < 20; ++i) {
    peer.terminate();
    give_way();
  }
  EXPECT_EQ(channel.sender.send("sent"), ChannelStatus::ok);
  EXPECT_TRUE(peer.join());
}

TEST(ProcessChannel, RefusesAMessageAboveTheLimit) {
  Channel channel(limits);
  const std::string message(limits.message_bytes + 1, 'x');
  EXPECT_THROW((void)channel.sender.try_send(message), std::length_error);
  EXPECT_THROW((void)channel.sender.send(message), std::length_error);
  EXPECT_THROW((void)channel.sender.send_until(far_away(), message), std::length_error);
  std::string received;
  EXPECT_EQ(channel.receiver.try_receive(received), ChannelStatus::would_block);
}

TEST(ProcessChannel, AttachesByDescriptor) {
  Channel channel(limits);
  ChannelSender sender(net::Descriptor(::dup(channel.sender.descriptor())), limits);
  ChannelReceiver receiver(net::Descriptor(::dup(channel.receiver.descriptor())), limits);
  EXPECT_EQ(sender.send("x"), ChannelStatus::ok);
  EXPECT_TRUE(
      net::wait_readable(receiver.descriptor(), -1, std::chrono::nanoseconds::zero()).first);
  EXPECT_EQ(receive(receiver), "x");
  EXPECT_FALSE(
      net::wait_readable(receiver.descriptor(), -1, std::chrono::nanoseconds::zero()).first);
  sender.close();
  EXPECT_TRUE(net::wait_readable(channel.receiver.descriptor(), -1, net::forever).first);
}

}  // namespace
}  // namespace trivium::contract
