// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "shared/net/counters.hpp"
#include "shared_memory.hpp"

namespace trivium::multiprocess {

/// What the processes of one server share: whether the drain timeout is over, and a slot of
/// counters for each unit. Plain atomics only, so that a process killed at any moment leaves it
/// whole.
class Board {
 public:
  /// Creates a board. Slots that no unit has used take no memory.
  explicit Board(std::size_t slots)
      : memory_(sizeof(Head) + slots * sizeof(net::CounterSlot)), slots_(slots) {}

  /// Attaches to the board whose descriptor this program inherited.
  explicit Board(net::Descriptor inherited)
      : memory_(std::move(inherited)),
        slots_((memory_.size() - sizeof(Head)) / sizeof(net::CounterSlot)) {}

  [[nodiscard]] std::atomic<bool>& expired() const noexcept {
    return static_cast<Head*>(memory_.data())->expired;
  }

  /// Requires: index is below `slots`.
  [[nodiscard]] net::CounterSlot& slot(std::size_t index) const noexcept {
    void* const first = static_cast<Head*>(memory_.data()) + 1;
    return static_cast<net::CounterSlot*>(first)[index];  // all zero is a valid slot
  }

  [[nodiscard]] std::size_t slots() const noexcept { return slots_; }

  /// What another program inherits to attach; closed on exec.
  [[nodiscard]] int descriptor() const noexcept { return memory_.descriptor(); }

 private:
  struct alignas(alignof(net::CounterSlot)) Head {
    std::atomic<bool> expired;
    static_assert(std::atomic<bool>::is_always_lock_free);
  };

  SharedMemory memory_;
  std::size_t slots_;
};

}  // namespace trivium::multiprocess
