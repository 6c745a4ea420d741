// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/protocol/echo_session.hpp"

namespace trivium::net {

/// What one unit counts. A slot has cache lines of its own, holds plain atomics only, and means the
/// same in shared memory: it may be read, and folded in, by another thread or process at any time,
/// also after its writer was killed. All zero is a valid slot.
struct alignas(128) CounterSlot {
  using Count = std::atomic<std::uint64_t>;
  static_assert(Count::is_always_lock_free);

  Count accepted{};
  std::array<Count, protocol::close_reason_count> closed{};
  Count lines{};
  Count bytes_in{};
  Count bytes_out{};
  Count accept_errors{};

  /// Adds without ordering: a counter tells how much, never that something else has happened.
  static void add(Count& count, std::uint64_t amount) noexcept {
    count.fetch_add(amount, std::memory_order_relaxed);
  }
  void close(protocol::CloseReason reason) noexcept {
    add(closed[static_cast<std::size_t>(reason)], 1);
  }
};

/// The counters of a whole server at one moment.
struct Totals {
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, protocol::close_reason_count> closed{};
  std::uint64_t lines = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t accept_errors = 0;
  std::uint64_t units_started = 0;  ///< where connections are split, both halves of each count
  std::uint64_t units_died = 0;     ///< so they do here

  /// Adds what a unit has counted so far.
  Totals& operator+=(const CounterSlot& slot) noexcept;

  /// Moves a slot's counts in here and leaves zeros, for the unit that uses the slot next.
  /// Requires: the slot's unit has ended.
  void fold(CounterSlot& slot) noexcept;

  /// Connections that were accepted and are not closed.
  [[nodiscard]] std::uint64_t active() const noexcept;

  /// The counters as one JSON object on one line, without its newline (schema 1).
  [[nodiscard]] std::string to_json(std::string_view contender) const;
};

}  // namespace trivium::net
