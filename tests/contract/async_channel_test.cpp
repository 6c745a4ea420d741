// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "async/channel.hpp"

#include <future>
#include <memory>
#include <thread>
#include <vector>

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

using Channel = async::Channel<std::string>;
using Status = async::Task<ChannelStatus>;
constexpr auto never = Channel::Deadline::max();

// The references are to what the caller owns, who waits for the task.
Status await_send(Channel& channel, Clock::time_point deadline, std::string& message) {
  if (deadline == never) co_return co_await channel.send(std::move(message));
  co_return co_await channel.send_until(deadline, std::move(message));
}

Status await_receive(Channel& channel, Clock::time_point deadline, std::string& message) {
  if (deadline == never) co_return co_await channel.receive(message);
  co_return co_await channel.receive_until(deadline, message);
}

// Every verb runs as a task of its own on a pool of threads, and so meets the others across them.
class AsyncFlavour {
 public:
  AsyncFlavour(std::size_t capacity, std::size_t) : channel_(capacity) {
    for (int i = 0; i < 3; ++i) {
      threads_.emplace_back([this] { pool_.run(); });
    }
  }
  ~AsyncFlavour() {
    work_.reset();
    threads_.clear();
  }

  ChannelStatus try_send(std::string& message) { return channel_.try_send(std::move(message)); }
  ChannelStatus send(std::string& message) { return send_until(never, message); }
  ChannelStatus send_until(Clock::time_point deadline, std::string& message) {
    return run(await_send(channel_, deadline, message));
  }
  ChannelStatus try_receive(std::string& message) { return channel_.try_receive(message); }
  ChannelStatus receive(std::string& message) { return receive_until(never, message); }
  ChannelStatus receive_until(Clock::time_point deadline, std::string& message) {
    return run(await_receive(channel_, deadline, message));
  }
  void close(End) { channel_.close(); }

  [[nodiscard]] std::size_t most(std::size_t capacity) const { return capacity; }

  template <typename Body>
  ThreadPeer start(Body body) {
    return ThreadPeer(std::async(std::launch::async, std::move(body)));
  }

 private:
  ChannelStatus run(Status verb) {
    const auto promise = std::make_shared<std::promise<ChannelStatus>>();
    async::asio::co_spawn(pool_, std::move(verb),
                          [promise](const std::exception_ptr& failure, ChannelStatus status) {
                            async::rethrow(failure);
                            promise->set_value(status);
                          });
    return promise->get_future().get();
  }

  async::asio::io_context pool_;
  Channel channel_;
  async::asio::executor_work_guard<async::Executor> work_{pool_.get_executor()};
  std::vector<std::jthread> threads_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Async, ChannelContract, AsyncFlavour);

}  // namespace
}  // namespace trivium::contract
