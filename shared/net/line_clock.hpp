// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstdint>

#include "shared/protocol/echo_session.hpp"

namespace trivium::net {

/// How long a client may take for one line, however steadily its bytes come (`--line-timeout`).
///
/// The time counts from when the server first waits for the rest of a line that has begun, so that
/// time that the server itself spends is not the client's. Not thread-safe.
class LineClock {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point never = Clock::time_point::max();

  /// 0 is no limit.
  explicit LineClock(std::chrono::nanoseconds limit) noexcept : limit_(limit) {}

  /// When the wait for input that now begins is to end; never where no line is in hand.
  [[nodiscard]] Clock::time_point deadline(const protocol::EchoSession& session) noexcept {
    if (limit_ == limit_.zero()) return never;
    if (!session.has_partial_line()) {
      deadline_ = never;
    } else if (deadline_ == never || session.lines() != line_) {
      line_ = session.lines();
      deadline_ = Clock::now() + limit_;
    }
    return deadline_;
  }

 private:
  const std::chrono::nanoseconds limit_;
  std::uint64_t line_ = 0;  // how many were before the one in hand
  Clock::time_point deadline_ = never;
};

}  // namespace trivium::net
