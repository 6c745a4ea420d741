// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trivium::load {

/// How an operation ended. Every operation ends in exactly one way.
enum class Outcome : std::uint8_t {
  ok,
  refused,    ///< the server's machine refused the connection
  reset,      ///< the connection was reset, while connecting or later
  timed_out,  ///< not done within the timeout
  wrong,      ///< a byte differed, was missing or was too many
  unsent,     ///< never put: this machine could not open a connection, or none was free in time
  drained,    ///< end of stream before any byte of the answer, as from a server that drains
};
inline constexpr std::array all_outcomes{Outcome::ok,        Outcome::refused, Outcome::reset,
                                         Outcome::timed_out, Outcome::wrong,   Outcome::unsent,
                                         Outcome::drained};

/// The outcome's name in the results.
[[nodiscard]] const char* name_of(Outcome outcome) noexcept;

/// The operations that count in one phase of a run, or in a part of it.
struct Tally {
  /// Counted as each is planned in an open loop, and as it ends in a closed one. By the end of a
  /// run it is the sum of `ended`.
  std::uint64_t planned = 0;
  std::array<std::uint64_t, all_outcomes.size()> ended{};
  std::uint64_t late = 0;       ///< of those that were ok: took longer than `--late-after`
  std::uint64_t completed = 0;  ///< were ok by then, whenever they were planned
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  [[nodiscard]] std::uint64_t of(Outcome outcome) const noexcept {
    return ended[static_cast<std::size_t>(outcome)];
  }
  /// All that ended, however they did.
  [[nodiscard]] std::uint64_t sum() const noexcept;
  /// All that were put to the server, or tried to be: `ok` + `refused` + `reset` + `timed_out` +
  /// `wrong` + `drained`.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sum() - of(Outcome::unsent); }
  /// All that did not end as they should: neither ok nor drained.
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return sum() - of(Outcome::ok) - of(Outcome::drained);
  }

  Tally& operator+=(const Tally& other) noexcept;
};

}  // namespace trivium::load
