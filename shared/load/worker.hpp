// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "shared/load/backlog.hpp"
#include "shared/load/connection.hpp"
#include "shared/load/options.hpp"
#include "shared/load/results.hpp"
#include "shared/load/schedule.hpp"

namespace trivium::load {

/// What the threads of a run agree on.
struct Agreement {
  std::atomic<std::size_t> establishing;  ///< threads that still open their connections
  std::atomic<std::int64_t> start_at{0};  ///< when operations begin; 0: not yet known
  std::atomic<bool> connected{false};     ///< anything ever did
  std::atomic<bool> stop{false};          ///< the run is of no use
};

/// What one thread tells while it runs, in that thread.
struct Moments {
  std::function<void()> measuring;
  std::function<void()> measured;
  std::function<void(std::int64_t)> looked;  ///< now and then, with the time
};

/// One thread's share of a run: its connections, and the loop that keeps them busy. Not moved.
class Worker {
 public:
  /// `index` of `options.threads`. What is referred to outlives the worker.
  Worker(const Options& options, const net::Address& target, HttpReference& reference,
         Agreement& agreement, Moments moments, std::size_t index);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Runs to the end: opens what stays open, waits for the other threads, warms up, measures, and
  /// awaits what is under way.
  void run();

  [[nodiscard]] const Results& results() const noexcept { return shared_.results; }

  /// The measured phase, once it is known.
  [[nodiscard]] std::int64_t measure_at() const noexcept { return measure_at_; }
  [[nodiscard]] std::int64_t end_at() const noexcept { return end_at_; }

 private:
  using Status = Connection::Status;
  enum class Phase : std::uint8_t { establishing, held, running, finishing };

  struct Waiting {
    std::int64_t due;
    std::uint32_t index;
  };

  void establish();
  void await_start();
  void begin_operations();
  void finish();
  [[nodiscard]] bool awaits_any() const;

  void turn(std::int64_t until);
  [[nodiscard]] int wait_for_events(std::int64_t until);
  void refresh() noexcept { shared_.now = monotonic_now(); }
  void reopen_what_is_due();
  void deal_what_is_due();
  void deal(std::int64_t planned);
  void scan();
  void expire(std::size_t queue);

  void react(Connection& connection, Status status);
  [[nodiscard]] std::optional<Status> go_on(Connection& connection, Status status);
  [[nodiscard]] std::optional<Status> go_on_closed_loop(Connection& connection, Status status);
  [[nodiscard]] std::optional<Status> go_on_open_loop(Connection& connection, Status status);
  void settle(const Connection& connection, Status status);
  void count_unclaimed(Outcome outcome);
  void ask_all();
  [[nodiscard]] std::uint32_t index_of(const Connection& connection) const noexcept {
    return static_cast<std::uint32_t>(&connection - connections_.data());
  }

  const Options& options_;
  Agreement& agreement_;
  const Moments moments_;
  const std::size_t thread_;
  Shared shared_;
  std::vector<Connection> connections_;
  std::deque<Waiting> waiting_;       // to be opened, soonest first
  Backlog backlog_;                   // open loop: planned, and not yet put
  std::vector<std::uint32_t> free_;   // open loop: connections without an operation
  std::optional<Schedule> schedule_;  // open loop
  std::array<epoll_event, 128> events_{};
  Phase phase_ = Phase::establishing;
  std::size_t opened_ = 0;          // establishing: connections that were begun
  std::size_t settled_ = 0;         // of these: are open, or failed
  std::vector<bool> is_settled_;    // which
  std::int64_t progressed_at_ = 0;  // when one was open last
  std::uint32_t next_ = 0;          // open loop: whose turn it is
  bool connected_ = false;          // and said so
  std::int64_t measure_at_ = 0;
  std::int64_t end_at_ = 0;
  std::int64_t scan_at_ = 0;
};

}  // namespace trivium::load
