// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "shared/app/channel_status.hpp"

namespace trivium::bench {

using app::ChannelStatus;

/// The least that one thread can do to hand another a value and wake it: a slot and a futex, no
/// queue. For one sender and one receiver who take turns, as in a round trip: `send` doesn't wait
/// for room, there is only ever one value on its way.
template <typename T>
class FutexPingPong {
 public:
  explicit FutexPingPong(std::size_t) {}

  ChannelStatus send(T&& value) {
    slot_ = std::move(value);
    signal(full);
    return ChannelStatus::ok;
  }

  ChannelStatus receive(T& value) {
    while (state_.load() == empty) {
      ::syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, empty, nullptr, nullptr, 0);
    }
    if (state_.load() == closed) return ChannelStatus::closed;
    value = std::move(slot_);
    state_.store(empty);
    return ChannelStatus::ok;
  }

  void close() { signal(closed); }

 private:
  enum State : std::uint32_t { empty, full, closed };

  void signal(State state) {
    state_.store(state);
    ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }

  T slot_{};
  std::atomic<State> state_{empty};
  static_assert(sizeof(std::atomic<State>) == sizeof(std::uint32_t));
};

}  // namespace trivium::bench
