// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <atomic>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "multiprocess/channel.hpp"
#include "multiprocess/shared_memory.hpp"
#include "robust_mutex.hpp"
#include "shared_counter.hpp"

namespace trivium::bench::processes {
namespace {

using multiprocess::ChannelStatus;

// What all units see.
struct Shared {
  alignas(64) RobustMutex mutex;
  alignas(64) std::uint64_t counter = 0;
  alignas(64) std::atomic<std::uint64_t> atomic_counter = 0;
  alignas(64) std::atomic<std::size_t> ended = 0;
};

}  // namespace

Outcome by_lock(std::size_t units, std::uint64_t bumps_each) {
  const multiprocess::SharedMemory memory(sizeof(Shared));
  auto* const shared = new (memory.data()) Shared;
  const Bodies bodies(units, [=] {
    for (std::uint64_t i = 0; i < bumps_each; ++i) {
      const std::lock_guard lock(shared->mutex);
      ++shared->counter;
    }
  });
  const Span span = run_in_processes(bodies);
  return {shared->counter, span};
}

Outcome by_message(std::size_t units, std::uint64_t bumps_each) {
  const multiprocess::SharedMemory memory(sizeof(Shared));
  auto* const shared = new (memory.data()) Shared;
  const multiprocess::Channel channel(
      {.messages = 1024, .message_bytes = sizeof(std::uint64_t), .senders = units});
  Bodies bodies;
  for (std::size_t unit = 0; unit < units; ++unit) {
    bodies.emplace_back([=, &channel] {
      auto sender = channel.sender(unit);
      const std::uint64_t one = 1;
      const std::string_view message(reinterpret_cast<const char*>(&one), sizeof one);
      for (std::uint64_t i = 0; i < bumps_each; ++i) {
        if (sender.send(message) != ChannelStatus::ok) throw std::runtime_error("send failed");
      }
      if (++shared->ended == units) sender.close();
    });
  }
  bodies.emplace_back([=, &channel] {
    auto receiver = channel.receiver();
    std::string message;
    while (receiver.receive(message) == ChannelStatus::ok) {
      std::uint64_t amount = 0;
      std::memcpy(&amount, message.data(), sizeof amount);
      shared->counter += amount;
    }
  });
  const Span span = run_in_processes(bodies);
  return {shared->counter, span};
}

Outcome by_atomic(std::size_t units, std::uint64_t bumps_each) {
  const multiprocess::SharedMemory memory(sizeof(Shared));
  auto* const shared = new (memory.data()) Shared;
  const Bodies bodies(units, [=] {
    for (std::uint64_t i = 0; i < bumps_each; ++i) ++shared->atomic_counter;
  });
  const Span span = run_in_processes(bodies);
  return {shared->atomic_counter, span};
}

}  // namespace trivium::bench::processes
