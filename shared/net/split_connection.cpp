// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/split_connection.hpp"

#include <poll.h>

#include <cerrno>

namespace trivium::net {

bool is_hung_up(int socket) noexcept {
  pollfd entry{socket, 0, 0};
  return ::poll(&entry, 1, 0) > 0;
}

// A blocked send gives up after a part of the idle timeout, so that what the kernel took is noted
// in time; whether that makes the connection idle is for the reading unit to say.
void SplitWriter::write(int socket, std::string_view message) noexcept {
  while (!message.empty() && !state_.failure.load() && !state_.dropped) {
    if (options_.expired.load(std::memory_order_relaxed)) {
      state_.failure = protocol::CloseReason::drain;
      return;
    }
    const auto count = ::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      state_.taken_at.store(SplitState::Clock::now(), std::memory_order_relaxed);
      CounterSlot::add(counters_.bytes_out, static_cast<std::uint64_t>(count));
      message.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN && !state_.dropped) {
      state_.failure = protocol::CloseReason::reset;
      ::shutdown(socket, SHUT_RD);  // which ends a recv that blocks
    }
  }
}

}  // namespace trivium::net
