// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "shared/net/blocking_connection.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/session_driver.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium::net {

// A connection that is split between two blocking units. The reading unit owns the session, and
// sends its output to the writing unit in messages of some bytes; an empty one asks for a word back
// once everything before it is with the kernel, or is known to go nowhere. That word ends a stretch
// of output; the writing unit has let go of the socket by then. The reading unit alone shuts and
// closes it, and alone says why the connection ended.

/// What one message carries at most, and how many wait between the units: with a read, a line and a
/// message at either end, all that a connection buffers.
inline constexpr std::size_t split_message_bytes = 16 * 1024;
inline constexpr std::size_t split_messages = 4;

/// What the two units of a connection see of each other beside their messages. Plain atomics only,
/// so that it works in shared memory, and a unit killed at any moment leaves it whole.
struct SplitState {
  using Clock = std::chrono::steady_clock;
  using Failure = std::optional<protocol::CloseReason>;
  static_assert(std::atomic<Failure>::is_always_lock_free);
  static_assert(std::atomic<Clock::time_point>::is_always_lock_free);

  std::atomic<Clock::time_point> taken_at{};  ///< when the kernel last took bytes of ours
  std::atomic<Failure> failure{};             ///< why the writing unit writes no more
  std::atomic<bool> dropped{};                ///< the reading unit wants no more written
};

/// Whether the connection is over in both directions, as after a reset. A reset is reported to one
/// unit only, as an error; to the other, the end of the stream is all that is left to see.
[[nodiscard]] bool is_hung_up(int socket) noexcept;

/// The writing unit's whole trade.
class SplitWriter {
 public:
  /// What is referred to outlives the writer.
  SplitWriter(SplitState& state, const ServeOptions& options, CounterSlot& counters) noexcept
      : state_(state), options_(options), counters_(counters) {}

  /// Writes all of a message; blocks in send. A connection that takes no more is noted in the
  /// state, and the reading unit woken if it blocks in recv; from then on messages are dropped.
  void write(int socket, std::string_view message) noexcept;

 private:
  SplitState& state_;
  const ServeOptions& options_;
  CounterSlot& counters_;
};

/// What a model's channel between the units does for the reading unit. The two that wait return
/// false where the deadline passed. They never return where the writing unit is gone.
template <typename T>
concept SplitLink = requires(T link, int socket, SplitState::Clock::time_point deadline,
                             std::string_view message) {
  /// The messages that follow are for this socket.
  { link.begin(socket) } -> std::same_as<void>;
  { link.send_until(deadline, message) } -> std::same_as<bool>;
  { link.receive_word_until(deadline) } -> std::same_as<bool>;
};

/// A session's output on its way to the writing unit (the concept `Output`); for the reading unit.
template <SplitLink Link>
class SplitOutput {
 public:
  using Clock = SplitState::Clock;
  using Failure = SplitState::Failure;

  /// What is referred to outlives the output.
  SplitOutput(int socket, Link& link, SplitState& state, const ServeOptions& options)
      : socket_(socket), link_(link), state_(state), options_(options) {
    state_.taken_at = Clock::now();
    state_.failure = std::nullopt;
    state_.dropped = false;
  }

  Sent send(std::span<const char> bytes) {
    if (const Failure failure = state_.failure.load()) return {.failure = failure};
    if (!begun_) link_.begin(socket_);
    begun_ = true;
    const std::string_view message(bytes.data(), std::min(bytes.size(), split_message_bytes));
    if (!patiently([&](auto deadline) { return link_.send_until(deadline, message); })) {
      return {.failure = protocol::CloseReason::idle};
    }
    return {.count = message.size()};
  }

  Failure flush() {
    if (!begun_) return std::nullopt;
    begun_ = false;
    const bool wanted = !state_.dropped;  // who dropped the output has a reason already
    Failure failure;
    const auto insist = [&](auto verb) {
      while (!patiently(verb)) {
        failure = protocol::CloseReason::idle;
        drop();
      }
    };
    insist([&](auto deadline) { return link_.send_until(deadline, {}); });
    insist([&](auto deadline) { return link_.receive_word_until(deadline); });
    if (!failure) failure = state_.failure;
    return wanted ? failure : std::nullopt;
  }

  void drop() {
    state_.dropped = true;
    ::shutdown(socket_, SHUT_WR);  // which ends a send that blocks
  }

  Failure failure() const {
    if (const Failure failure = state_.failure.load()) return failure;
    return is_hung_up(socket_) ? Failure(protocol::CloseReason::reset) : std::nullopt;
  }

  std::chrono::nanoseconds until_idle() const {
    const auto taken_at = state_.taken_at.load(std::memory_order_relaxed);
    return taken_at + options_.idle_timeout - Clock::now();
  }

 private:
  // Waits by the verb until it is done or the connection is idle; says whether it is done.
  template <typename Verb>
  bool patiently(Verb verb) const {
    auto left = options_.idle_timeout;
    while (!verb(Clock::now() + left)) {
      left = until_idle();
      if (left <= left.zero()) return false;
    }
    return true;
  }

  const int socket_;
  Link& link_;
  SplitState& state_;
  const ServeOptions& options_;
  bool begun_ = false;
};

}  // namespace trivium::net
