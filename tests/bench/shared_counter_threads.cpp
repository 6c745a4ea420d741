// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "multithread/channel.hpp"
#include "shared_counter.hpp"

namespace trivium::bench::threads {
namespace {

using multithread::ChannelStatus;

// What all units see.
struct Shared {
  alignas(64) std::mutex mutex;  // guards what stands below
  alignas(64) std::uint64_t counter = 0;
  alignas(64) std::atomic<std::uint64_t> atomic_counter = 0;
  alignas(64) std::atomic<std::size_t> ended = 0;
};

}  // namespace

Outcome by_lock(std::size_t units, std::uint64_t bumps_each) {
  Shared shared;
  const Bodies bodies(units, [&shared, bumps_each] {
    for (std::uint64_t i = 0; i < bumps_each; ++i) {
      const std::lock_guard lock(shared.mutex);
      ++shared.counter;
    }
  });
  const Span span = run_in_threads(bodies);
  return {shared.counter, span};
}

Outcome by_message(std::size_t units, std::uint64_t bumps_each) {
  Shared shared;
  multithread::Channel<std::uint64_t> channel(1024);
  Bodies bodies(units, [&, units, bumps_each] {
    for (std::uint64_t i = 0; i < bumps_each; ++i) {
      if (channel.send(1) != ChannelStatus::ok) throw std::runtime_error("send failed");
    }
    if (++shared.ended == units) channel.close();
  });
  bodies.emplace_back([&] {
    std::uint64_t amount = 0;
    while (channel.receive(amount) == ChannelStatus::ok) shared.counter += amount;
  });
  const Span span = run_in_threads(bodies);
  return {shared.counter, span};
}

Outcome by_atomic(std::size_t units, std::uint64_t bumps_each) {
  Shared shared;
  const Bodies bodies(units, [&shared, bumps_each] {
    for (std::uint64_t i = 0; i < bumps_each; ++i) ++shared.atomic_counter;
  });
  const Span span = run_in_threads(bodies);
  return {shared.atomic_counter, span};
}

}  // namespace trivium::bench::threads
