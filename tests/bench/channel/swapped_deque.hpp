// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

#include "shared/app/channel_status.hpp"

namespace trivium::bench {

using app::ChannelStatus;

/// Two deques: senders fill one, receivers empty the other, and who finds that empty swaps the two.
/// So the two ends meet once for each batch, and a batch frees room for all who wait for it.
///
/// Holds at most its capacity, like the others: half of it in each deque.
template <typename T>
class SwappedDeque {
 public:
  explicit SwappedDeque(std::size_t capacity) : batch_((capacity + 1) / 2) {}

  ChannelStatus send(T&& value) {
    bool first = false;
    {
      std::unique_lock lock(in_mutex_);
      not_full_.wait(lock, [this] { return closed_ || in_.size() < batch_; });
      if (closed_) return ChannelStatus::closed;
      first = in_.empty();
      in_.push_back(std::move(value));
    }
    if (first) not_empty_.notify_one();
    return ChannelStatus::ok;
  }

  ChannelStatus receive(T& value) {
    const std::lock_guard out_lock(out_mutex_);
    if (out_.empty() && !swap()) return ChannelStatus::closed;
    value = std::move(out_.front());
    out_.pop_front();
    return ChannelStatus::ok;
  }

  void close() {
    const std::lock_guard lock(in_mutex_);
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

 private:
  // Waits for a batch. Of the receivers only one is here, since it holds their lock.
  bool swap() {
    bool was_full = false;
    {
      std::unique_lock lock(in_mutex_);
      not_empty_.wait(lock, [this] { return closed_ || !in_.empty(); });
      if (in_.empty()) return false;
      was_full = in_.size() == batch_;
      out_.swap(in_);
    }
    if (was_full) not_full_.notify_all();
    return true;
  }

  const std::size_t batch_;
  std::mutex out_mutex_;  // guards the next; taken before the other
  std::deque<T> out_;
  alignas(64) std::mutex in_mutex_;  // guards what stands below
  std::deque<T> in_;
  bool closed_ = false;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
};

}  // namespace trivium::bench
