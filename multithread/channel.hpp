// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

#include "shared/app/channel_status.hpp"

namespace trivium::multithread {

using app::ChannelStatus;

/// A bounded queue between threads: many senders, many receivers, first in first out.
///
/// Every verb is safe to call from any thread. `send` blocks while the channel is full, `receive`
/// while it is empty; the others return at once, or at a deadline. `close` wakes everyone: senders
/// are refused from then on, receivers still get what is queued. A send that fails leaves the value
/// with its sender. The verbs are those of the other models' channels.
template <typename T>
class Channel {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Requires: capacity is at least 1.
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] ChannelStatus try_send(T&& value) {
    std::unique_lock lock(mutex_);
    if (!closed_ && full()) return ChannelStatus::would_block;
    return put(lock, value);
  }

  [[nodiscard]] ChannelStatus send(T&& value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return closed_ || !full(); });
    return put(lock, value);
  }

  [[nodiscard]] ChannelStatus send_until(Deadline deadline, T&& value) {
    std::unique_lock lock(mutex_);
    if (!not_full_.wait_until(lock, deadline, [this] { return closed_ || !full(); })) {
      return ChannelStatus::timed_out;
    }
    return put(lock, value);
  }

  [[nodiscard]] ChannelStatus try_receive(T& value) {
    std::unique_lock lock(mutex_);
    if (!closed_ && queue_.empty()) return ChannelStatus::would_block;
    return take(lock, value);
  }

  [[nodiscard]] ChannelStatus receive(T& value) {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    return take(lock, value);
  }

  [[nodiscard]] ChannelStatus receive_until(Deadline deadline, T& value) {
    std::unique_lock lock(mutex_);
    if (!not_empty_.wait_until(lock, deadline, [this] { return closed_ || !queue_.empty(); })) {
      return ChannelStatus::timed_out;
    }
    return take(lock, value);
  }

  /// Ends the channel; a second call does nothing.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

 private:
  [[nodiscard]] bool full() const { return queue_.size() >= capacity_; }

  ChannelStatus put(std::unique_lock<std::mutex>& lock, T& value) {
    if (closed_) return ChannelStatus::closed;
    queue_.push_back(std::move(value));
    lock.unlock();
    not_empty_.notify_one();
    return ChannelStatus::ok;
  }

  ChannelStatus take(std::unique_lock<std::mutex>& lock, T& value) {
    if (queue_.empty()) return ChannelStatus::closed;
    value = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    return ChannelStatus::ok;
  }

  const std::size_t capacity_;
  std::mutex mutex_;  // guards what stands below
  std::deque<T> queue_;
  bool closed_ = false;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
};

}  // namespace trivium::multithread
