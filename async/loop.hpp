// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "asio.hpp"
#include "shared/app/echo_app.hpp"
#include "watchdog.hpp"

namespace trivium::async {

/// An event loop with its threads, and the owner of every task that runs on it.
///
/// The loop ends when its last task has: no task is detached from it. Its frames are destroyed
/// before the watchdog and the counters that they use. `start`, `next_slot`, `expire` and `add_to`
/// are safe to call from any thread.
class Loop {
 public:
  /// A loop for that many threads; one thread spares it most of its locking.
  Loop(std::size_t threads, Clock::duration idle_timeout);

  ~Loop() { halt(); }

  [[nodiscard]] Executor executor() noexcept { return context_.get_executor(); }
  [[nodiscard]] Watchdog& watchdog() noexcept { return watchdog_; }

  /// Starts a task that is none of a connection, such as the one that accepts.
  void start(Task<> task);

  /// Starts a connection's task, and counts it as a unit.
  void start_unit(Task<> task);

  /// A counter slot; every thread of the loop has one, and connections take turns.
  [[nodiscard]] net::CounterSlot& next_slot() noexcept;

  /// Starts the threads and says how many; each calls `ended` when the loop ends. A task's
  /// exception ends it too. Requires: a task was started.
  std::size_t run(std::function<void()> ended);

  /// Threads that have not called `ended`.
  [[nodiscard]] std::size_t running() const noexcept { return running_; }

  /// Stops and joins the threads, and destroys the frames of tasks that are left over.
  void halt();

  /// Gives the threads up: nobody joins them any more. For a process that is to end at once, with
  /// whatever still runs in it; a sanitizer takes an ended thread that nobody joins for a fault.
  void abandon();

  /// Rethrows what ended the loop, if it was an exception. Requires: `ended` was called.
  void check() const;

  /// Ends, on the loop itself, every wait that is not lingering.
  void expire();

  /// Adds what was counted so far.
  void add_to(net::Totals& totals) const;

 private:
  // Frames that are left over are destroyed while what they refer to still stands.
  struct Context : asio::io_context {
    using io_context::io_context;
    using io_context::shutdown;
  };

  std::vector<net::CounterSlot> slots_;
  Context context_;
  Watchdog watchdog_;
  std::atomic<std::size_t> tasks_ = 0;
  std::atomic<std::size_t> turn_ = 0;
  std::atomic<std::size_t> running_ = 0;
  std::atomic<std::uint64_t> units_started_ = 0;
  mutable std::mutex mutex_;  // guards what stands below
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

}  // namespace trivium::async
