// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::net {

/// How many connections wait in the kernel to be accepted (tcp(7), TCP_INFO of a listener); 0 where
/// it is none any more.
[[nodiscard]] std::size_t queued(int listener) noexcept;

/// Whom a server lets in, and whom it refuses early rather than answer late. Safe to use from every
/// thread that accepts.
class Admission {
 public:
  struct Policy {
    bool refuses = false;       ///< at a limit; else whoever comes waits in the kernel's queue
    std::size_t max_queue = 0;  ///< who is accepted while more wait is refused; 0: nobody is
  };

  /// Where it refuses, takes a descriptor in reserve.
  explicit Admission(Policy policy);

  /// Whether who comes at a limit is refused.
  [[nodiscard]] bool refuses() const noexcept { return policy_.refuses; }

  /// Whether the connection that was just accepted may be served: not while too many others wait,
  /// nor where it has the descriptor that should be in reserve.
  [[nodiscard]] bool admits(int listener) {
    return (policy_.max_queue == 0 || queued(listener) <= policy_.max_queue) &&
           (!lacks_reserve_ || take_reserve());
  }

  /// Closes a connection by a reset, before a byte was sent on it, so that its client knows at once
  /// and nothing of it stays; counts it as closed, `refused`. It was counted as accepted before.
  void refuse(Descriptor connection, CounterSlot& counters);

  /// For when accept finds no descriptor left: accepts by the one in reserve, and refuses; counts.
  /// False where that is not the policy, or it did not work: back off. Does not block. Requires: no
  /// other unit accepts from the listener.
  [[nodiscard]] bool refuse_by_reserve(int listener, CounterSlot& counters);

 private:
  bool take_reserve();

  const Policy policy_;
  std::atomic<bool> lacks_reserve_ = false;  // another unit may have got the number meanwhile
  std::mutex mutex_;                         // guards what stands below
  Descriptor reserve_;
};

}  // namespace trivium::net
