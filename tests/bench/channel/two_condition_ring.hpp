// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "shared/app/channel_status.hpp"

namespace trivium::bench {

using app::ChannelStatus;

/// The textbook's bounded buffer: a ring under one mutex, a condition for each end.
template <typename T>
class TwoConditionRing {
 public:
  explicit TwoConditionRing(std::size_t capacity) : ring_(capacity) {}

  ChannelStatus send(T&& value) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait(lock, [this] { return closed_ || count_ < ring_.size(); });
      if (closed_) return ChannelStatus::closed;
      ring_[last_] = std::move(value);
      if (++last_ == ring_.size()) last_ = 0;
      ++count_;
    }
    not_empty_.notify_one();
    return ChannelStatus::ok;
  }

  ChannelStatus receive(T& value) {
    {
      std::unique_lock lock(mutex_);
      not_empty_.wait(lock, [this] { return closed_ || count_ > 0; });
      if (count_ == 0) return ChannelStatus::closed;
      value = std::move(ring_[first_]);
      if (++first_ == ring_.size()) first_ = 0;
      --count_;
    }
    not_full_.notify_one();
    return ChannelStatus::ok;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards what stands below
  std::vector<T> ring_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  std::size_t count_ = 0;
  bool closed_ = false;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
};

}  // namespace trivium::bench
