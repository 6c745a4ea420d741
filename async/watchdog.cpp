// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "watchdog.hpp"

#include <algorithm>

namespace trivium::async {

using protocol::CloseReason;

Watch::Watch(Watchdog& watchdog, Socket& socket) : watchdog_(watchdog), socket_(socket) {
  const auto deadline = Clock::now() + watchdog.idle_timeout_;
  deadline_.store(deadline, std::memory_order_relaxed);
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.file(*this, deadline);
}

void Watch::progress() noexcept {
  deadline_.store(Clock::now() + watchdog_.idle_timeout_, std::memory_order_relaxed);
}

void Watch::limit(Clock::time_point deadline) {
  limit_.store(deadline, std::memory_order_relaxed);
  if (deadline == Clock::time_point::max()) return;
  const std::lock_guard lock(watchdog_.mutex_);
  if (!is_linked() || check_ <= deadline) return;
  watchdog_.watches_.erase(watchdog_.watches_.iterator_to(*this));
  watchdog_.file(*this, deadline);
}

void Watch::linger() {
  const auto deadline = Clock::now() + protocol::linger_time;
  const std::lock_guard lock(watchdog_.mutex_);
  if (is_linked()) watchdog_.watches_.erase(watchdog_.watches_.iterator_to(*this));
  phase_ = Phase::lingering;
  limit_.store(Clock::time_point::max(), std::memory_order_relaxed);
  over_.store(Over::no, std::memory_order_relaxed);
  deadline_.store(deadline, std::memory_order_relaxed);
  watchdog_.file(*this, deadline);
}

std::optional<CloseReason> Watch::over() const noexcept {
  switch (over_.load(std::memory_order_relaxed)) {
    case Over::no:
      return std::nullopt;
    case Over::time:
      return CloseReason::idle;
    case Over::line:
      return CloseReason::line_timeout;
    case Over::drain:
      return CloseReason::drain;
  }
  return std::nullopt;
}

void Watch::awake() noexcept {
  const std::lock_guard lock(mutex_);
  sleep_ = nullptr;
}

void Watch::leave() noexcept {
  // The thread that started the last wait may not have let go of the lock yet, and the end of that
  // wait may be what led here.
  const std::scoped_lock lock(watchdog_.mutex_, mutex_);
  if (is_linked()) watchdog_.watches_.erase(watchdog_.watches_.iterator_to(*this));
}

void Watch::sentence(Over over) {
  const std::lock_guard lock(mutex_);
  over_.store(over, std::memory_order_relaxed);
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  if (sleep_ != nullptr) sleep_->cancel();
}

Watchdog::Watchdog(Executor executor, Clock::duration idle_timeout)
    : idle_timeout_(idle_timeout), timer_(executor, Clock::time_point::max()) {}

Task<> Watchdog::run() {
  const auto nap = [this](auto handler) {
    const std::lock_guard lock(mutex_);
    look(Clock::now());
    timer_.expires_at(stopped_           ? Clock::time_point::min()
                      : watches_.empty() ? Clock::time_point::max()
                                         : watches_.begin()->check_);
    timer_.async_wait(std::move(handler));
  };
  const auto stopped = [this] {
    const std::lock_guard lock(mutex_);
    return stopped_;
  };
  while (!stopped()) {
    co_await asio::async_initiate<decltype(as_result), void(boost::system::error_code)>(nap,
                                                                                        as_result);
  }
}

void Watchdog::expire() {
  const std::lock_guard lock(mutex_);
  expired_ = true;
  for (auto at = watches_.begin(); at != watches_.end();) {
    Watch& watch = *at++;
    if (watch.phase_ == Watch::Phase::lingering) continue;
    watches_.erase(watches_.iterator_to(watch));
    watch.sentence(Watch::Over::drain);
  }
}

void Watchdog::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  timer_.cancel();
}

// Requires: the lock is held, and the watch is not in the set.
void Watchdog::file(Watch& watch, Clock::time_point check) {
  if (expired_ && watch.phase_ == Watch::Phase::serving) {
    return watch.sentence(Watch::Over::drain);
  }
  watch.check_ = check;
  watches_.insert(watches_.end(), watch);
  if (check < timer_.expiry()) timer_.cancel();  // which makes the watchdog look again
}

// Requires: the lock is held. A deadline only ever moves on (one that comes nearer is filed anew),
// so that looking at it when it was due is never too late.
void Watchdog::look(Clock::time_point now) {
  while (!watches_.empty() && watches_.begin()->check_ <= now) {
    Watch& watch = *watches_.begin();
    watches_.erase(watches_.begin());
    const auto limit = watch.limit_.load(std::memory_order_relaxed);
    const auto deadline = std::min(watch.deadline_.load(std::memory_order_relaxed), limit);
    if (deadline <= now) {
      watch.sentence(limit <= now ? Watch::Over::line : Watch::Over::time);
    } else {
      watch.check_ = std::min(deadline, now + idle_timeout_);  // it may be paused
      watches_.insert(watch);
    }
  }
}

}  // namespace trivium::async
