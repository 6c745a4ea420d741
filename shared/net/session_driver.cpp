// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/session_driver.hpp"

#include <algorithm>

namespace trivium::net {

void linger(int socket, std::span<char> buffer) {
  using Clock = std::chrono::steady_clock;
  if (::shutdown(socket, SHUT_WR) < 0) return;
  const auto deadline = Clock::now() + protocol::linger_time;
  std::size_t left = protocol::linger_bytes;
  while (left > 0) {
    const auto remaining = deadline - Clock::now();
    if (remaining <= remaining.zero()) return;
    set_receive_timeout(socket, remaining);
    const auto count = ::recv(socket, buffer.data(), std::min(left, buffer.size()), 0);
    if (count == 0 || (count < 0 && errno != EINTR)) return;
    if (count > 0) left -= static_cast<std::size_t>(count);
  }
}

}  // namespace trivium::net
