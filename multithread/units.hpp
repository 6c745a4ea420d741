// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::multithread {

/// Owns the threads of a server: starts them, counts them, kicks them, joins them.
///
/// Every thread has a counter slot of its own, which is folded into the totals once the thread has
/// ended. All members are safe to call from any thread. Requires: every thread has ended and was
/// reaped before the owner goes.
class Units {
 public:
  using Body = std::function<void(net::CounterSlot&)>;

  Units();

  /// Starts a thread that runs the body. Throws std::system_error where the system has none left.
  void start(Body body);

  /// Joins the threads that have ended.
  void reap();

  /// Threads that were started and have not ended.
  [[nodiscard]] std::size_t running() const;

  /// Readable from the moment that a thread ends until `reap`.
  [[nodiscard]] int ended() const noexcept { return ended_.get(); }

  /// Interrupts the system call that each running thread blocks in, if it does. A thread between
  /// its last look at a flag and the call misses that: kick until it is seen.
  void kick();

  /// Gives all threads up: nobody joins them any more. For a process that is to end at once, with
  /// whatever still runs in it.
  void abandon();

  /// What all threads, ended or not, have counted so far.
  [[nodiscard]] net::Totals totals() const;

 private:
  struct Unit {
    net::CounterSlot counters;
    std::thread thread;
  };

  net::Descriptor ended_;
  mutable std::mutex mutex_;  // guards what stands below
  std::list<Unit> running_;
  std::list<Unit> finished_;  // their bodies have returned; to be joined
  net::Totals retired_;       // folded in from threads that were joined
};

}  // namespace trivium::multithread
