// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <pthread.h>

#include <cerrno>
#include <system_error>

namespace trivium::bench {

/// A mutex in shared memory that survives the death of whoever holds it: the next to lock it is
/// told, and takes what it guards as it finds it. Requires: that is whole at every instruction.
class RobustMutex {
 public:
  RobustMutex() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
  }

  /// Blocks until the caller holds it. True where whoever held it before died.
  bool lock() {
    const int error = ::pthread_mutex_lock(&mutex_);
    if (error == 0) return false;
    if (error != EOWNERDEAD) throw std::system_error(error, std::generic_category(), "mutex");
    ::pthread_mutex_consistent(&mutex_);
    return true;
  }
  void unlock() noexcept { ::pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

}  // namespace trivium::bench
