// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>

namespace trivium::multiprocess {

/// How long a worker process lives: memory that its handlers have lost goes back to the system with
/// it, and nothing else gives that back.
class Lifespan {
 public:
  struct Limits {
    std::size_t max_requests = 0;  ///< connections that it serves; 0: no limit
    std::size_t max_memory = 0;    ///< bytes of data that it may have; 0: no limit
  };

  /// Makes the system refuse the calling process, and those that it forks, memory beyond the limit
  /// (getrlimit(2), RLIMIT_DATA); who is refused it dies. Throws std::system_error.
  explicit Lifespan(Limits limits);

  /// Takes note of one more connection served. False where the worker is to end, to be replaced: it
  /// has served its number, or has come to hold half of the memory that it may have.
  [[nodiscard]] bool goes_on() noexcept;

 private:
  const Limits limits_;
  std::size_t served_ = 0;
};

/// Bytes of data that the calling process has, as RLIMIT_DATA counts them.
[[nodiscard]] std::size_t data_size() noexcept;

}  // namespace trivium::multiprocess
