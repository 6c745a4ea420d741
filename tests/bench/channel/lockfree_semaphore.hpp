// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <semaphore.h>

#include <atomic>
#include <boost/lockfree/queue.hpp>
#include <cerrno>
#include <cstddef>

#include "shared/app/channel_status.hpp"

namespace trivium::bench {

using app::ChannelStatus;

/// boost::lockfree::queue of a fixed size, with a semaphore that counts what is free and one that
/// counts what is queued, so that it can be waited for. POSIX semaphores, since
/// std::counting_semaphore spins before it sleeps. What is sent while it is being closed may be
/// left inside.
template <typename T>
class LockfreeSemaphore {
 public:
  explicit LockfreeSemaphore(std::size_t capacity) : queue_(capacity) {
    ::sem_init(&free_, 0, static_cast<unsigned>(capacity));
    ::sem_init(&queued_, 0, 0);
  }
  ~LockfreeSemaphore() {
    ::sem_destroy(&free_);
    ::sem_destroy(&queued_);
  }
  LockfreeSemaphore(const LockfreeSemaphore&) = delete;
  LockfreeSemaphore& operator=(const LockfreeSemaphore&) = delete;

  ChannelStatus send(T&& value) {
    acquire(free_);
    if (closed_.load()) {
      ::sem_post(&free_);  // for the next who waits
      return ChannelStatus::closed;
    }
    queue_.bounded_push(value);
    ::sem_post(&queued_);
    return ChannelStatus::ok;
  }

  ChannelStatus receive(T& value) {
    acquire(queued_);
    if (!queue_.pop(value)) {
      ::sem_post(&queued_);  // for the next who waits
      return ChannelStatus::closed;
    }
    ::sem_post(&free_);
    return ChannelStatus::ok;
  }

  void close() {
    closed_ = true;
    ::sem_post(&free_);
    ::sem_post(&queued_);
  }

 private:
  static void acquire(sem_t& semaphore) {
    while (::sem_wait(&semaphore) < 0 && errno == EINTR) {
    }
  }

  boost::lockfree::queue<T, boost::lockfree::fixed_sized<true>> queue_;
  sem_t free_{};
  sem_t queued_{};
  std::atomic<bool> closed_{false};
};

}  // namespace trivium::bench
