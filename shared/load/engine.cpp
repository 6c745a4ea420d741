// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/engine.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <fstream>
#include <vector>

#include "shared/load/connection.hpp"

namespace trivium::load {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000 * us;

// Connections are first opened so far apart that a server's backlog holds them.
constexpr std::int64_t opening_step = 100 * us;
// After a failure a connection waits, and all that wait are opened so far apart, that a server that
// is gone costs next to nothing and one that comes back is met at once.
constexpr std::int64_t reopen_delay = 10 * ms;
constexpr std::int64_t reopen_step = 500 * us;
constexpr std::int64_t farewell = 500 * ms;
constexpr std::int64_t progress_step = 250 * ms;

Usage usage_now() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto nanoseconds = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_usec) * 1'000;
  };
  Usage now{nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime), std::nullopt};
  std::ifstream schedstat("/proc/self/schedstat");
  std::uint64_t on_cpu = 0;
  std::uint64_t delay = 0;
  if (schedstat >> on_cpu >> delay) now.run_delay = delay;
  return now;
}

Usage operator-(const Usage& later, const Usage& earlier) {
  Usage used{later.user - earlier.user, later.system - earlier.system, std::nullopt};
  if (later.run_delay && earlier.run_delay) used.run_delay = *later.run_delay - *earlier.run_delay;
  return used;
}

class Engine {
 public:
  Engine(const Options& options, const net::Address& target, const Listener& listener)
      : options_(options), listener_(listener), shared_(options, target) {
    connections_.reserve(options.connections);
    for (std::uint32_t i = 0; i < options.connections; ++i) connections_.emplace_back(shared_, i);
  }

  Results run() {
    now_ = monotonic_now();
    shared_.tally = &results_.outside;
    for (std::uint32_t i = 0; i < connections_.size(); ++i) {
      waiting_.push_back({now_ + i * opening_step, i});
    }
    const std::int64_t measure_at = now_ + options_.warmup.count();
    while (now_ < measure_at) turn(measure_at);
    results_.connected = shared_.connected;
    if (options_.warmup.count() > 0 && shared_.connected == 0) return std::move(results_);

    begin_measuring();
    const std::int64_t end_at = results_.start_ns + options_.duration.count();
    while (now_ < end_at) turn(end_at);
    end_measuring();

    const std::int64_t leave_at = now_ + farewell;
    while (under_way_ > 0 && now_ < leave_at) turn(leave_at);
    results_.abandoned = under_way_;
    results_.connected = shared_.connected;
    results_.first_fault = shared_.first_fault;
    return std::move(results_);
  }

 private:
  struct Waiting {
    std::int64_t due;
    std::uint32_t index;
  };

  /// Waits for events until a time, or less, and takes one batch of them.
  void turn(std::int64_t until) {
    std::int64_t wake_at = std::min(until, scan_at_);
    if (!waiting_.empty()) wake_at = std::min(wake_at, waiting_.front().due);
    const auto milliseconds = std::max<std::int64_t>(0, (wake_at - now_ + ms - 1) / ms);
    const int ready = ::epoll_wait(shared_.epoll.get(), events_.data(), events_.size(),
                                   static_cast<int>(milliseconds));
    if (ready < 0 && errno != EINTR) net::checked(ready, "epoll_wait");
    now_ = monotonic_now();
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      Connection& connection = connections_[event.data.u32];
      if (const auto outcome = connection.on_events(event.events)) go_on(connection, *outcome);
    }
    while (!waiting_.empty() && waiting_.front().due <= now_) {
      Connection& connection = connections_[waiting_.front().index];
      waiting_.pop_front();
      if (const auto outcome = connection.begin(monotonic_now())) go_on(connection, *outcome);
    }
    if (now_ >= scan_at_) scan();
  }

  /// Counts an operation that ended and begins the connection's next, at once or later. One reading
  /// of the clock ends the one and begins the other.
  void go_on(Connection& connection, Outcome outcome) {
    const std::int64_t now = monotonic_now();
    count(connection, outcome, now);
    if (finishing_) {
      connection.close();
      --under_way_;
      return;
    }
    if (outcome == Outcome::ok) {
      const auto failed = connection.begin(now);
      if (!failed) return;
      count(connection, *failed, now);
    }
    const std::int64_t last = waiting_.empty() ? 0 : waiting_.back().due;
    const auto index = static_cast<std::uint32_t>(&connection - connections_.data());
    waiting_.push_back({std::max(now + reopen_delay, last + reopen_step), index});
  }

  void count(const Connection& connection, Outcome outcome, std::int64_t now) {
    Tally& tally = *shared_.tally;
    ++tally.ended[static_cast<std::size_t>(outcome)];
    if (connection.sent()) ++tally.sent;
    if (outcome == Outcome::ok && measuring_) {
      results_.latency.record(static_cast<std::uint64_t>(now - connection.started()));
    }
  }

  /// Ends what takes too long. All operations have the same timeout, so that a look at each, a few
  /// times within it, is cheaper than a timer for each.
  void scan() {
    const std::int64_t timeout = options_.timeout.count();
    scan_at_ = now_ + std::clamp(timeout / 20, ms, 100 * ms);
    for (Connection& connection : connections_) {
      if (connection.busy() && now_ - connection.started() > timeout) {
        go_on(connection, connection.on_timeout());
      }
    }
    if (listener_.progress && now_ >= progress_at_) {
      progress_at_ = now_ + progress_step;
      const auto since = results_.start_ns == 0 ? -1.0 : double(now_ - results_.start_ns) / 1e9;
      listener_.progress(since, results_);
    }
  }

  void begin_measuring() {
    usage_at_start_ = usage_now();
    shared_.tally = &results_.measured;
    measuring_ = true;
    results_.start_ns = now_ = monotonic_now();
    progress_at_ = now_ + progress_step;
    listener_.measuring();
  }

  void end_measuring() {
    results_.end_ns = now_ = monotonic_now();
    listener_.measured();
    results_.usage = usage_now() - usage_at_start_;
    shared_.tally = &results_.outside;
    measuring_ = false;
    finishing_ = true;
    waiting_.clear();
    under_way_ = static_cast<std::uint64_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const Connection& connection) { return connection.busy(); }));
    results_.in_flight = under_way_;
  }

  const Options& options_;
  const Listener& listener_;
  Shared shared_;
  std::vector<Connection> connections_;
  std::deque<Waiting> waiting_;  // to be opened, soonest first
  std::array<epoll_event, 128> events_{};
  Results results_;
  Usage usage_at_start_;
  std::int64_t now_ = 0;  // when the batch of events came
  std::int64_t scan_at_ = 0;
  std::int64_t progress_at_ = 0;
  std::uint64_t under_way_ = 0;  // while finishing
  bool measuring_ = false;
  bool finishing_ = false;
};

}  // namespace

Results run(const Options& options, const net::Address& target, const Listener& listener) {
  return Engine(options, target, listener).run();
}

}  // namespace trivium::load
