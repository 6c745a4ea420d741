// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <optional>

namespace trivium::load {

/// CPU time of this process, and time that its threads were ready to run and had no CPU, in
/// nanoseconds.
struct Usage {
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::optional<std::uint64_t> run_delay;  ///< nothing where the kernel does not tell
};

/// What this process has used so far. Takes a few system calls for each thread.
[[nodiscard]] Usage usage_now();

/// What was used between two readings.
[[nodiscard]] Usage operator-(const Usage& later, const Usage& earlier);

/// How many sockets of this machine (its network namespace) are in TIME_WAIT; nothing where the
/// kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> time_wait_sockets();

}  // namespace trivium::load
