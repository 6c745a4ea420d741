// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multithread/channel.hpp"

#include <future>

#include "channel_contract.hpp"

namespace trivium::contract {
namespace {

class ThreadPeer {
 public:
  explicit ThreadPeer(std::future<bool> result) : result_(std::move(result)) {}
  [[nodiscard]] bool join() { return result_.get(); }

 private:
  std::future<bool> result_;
};

class MultithreadFlavour {
 public:
  MultithreadFlavour(std::size_t capacity, std::size_t) : channel_(capacity) {}

  ChannelStatus try_send(std::string& message) { return channel_.try_send(std::move(message)); }
  ChannelStatus send(std::string& message) { return channel_.send(std::move(message)); }
  ChannelStatus send_until(Clock::time_point deadline, std::string& message) {
    return channel_.send_until(deadline, std::move(message));
  }
  ChannelStatus try_receive(std::string& message) { return channel_.try_receive(message); }
  ChannelStatus receive(std::string& message) { return channel_.receive(message); }
  ChannelStatus receive_until(Clock::time_point deadline, std::string& message) {
    return channel_.receive_until(deadline, message);
  }
  void close(End) { channel_.close(); }

  [[nodiscard]] std::size_t most(std::size_t capacity) const { return capacity; }

  template <typename Body>
  ThreadPeer start(Body body) {
    return ThreadPeer(std::async(std::launch::async, std::move(body)));
  }

 private:
  multithread::Channel<std::string> channel_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Multithread, ChannelContract, MultithreadFlavour);

}  // namespace
}  // namespace trivium::contract
