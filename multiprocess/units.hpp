// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "board.hpp"
#include "shared/net/counters.hpp"

namespace trivium::multiprocess {

/// Owns the processes of a server: starts them, counts them, kicks them, kills them, reaps them.
///
/// Every unit has a counter slot of its own in shared memory, which is folded into the totals once
/// the unit has ended, and then serves another. A unit is known by the number of its slot. Where
/// connections are split, what is a unit here is a pair: a process that is started here, the leader
/// of a process group, and one that it forks. Both live and die together, and both are counted. For
/// the main thread of the main process only. Units that still run at the end are killed.
class Units {
 public:
  using Clock = std::chrono::steady_clock;
  using Body = std::function<void(net::CounterSlot&)>;
  using Launch = std::function<pid_t(std::size_t unit)>;

  /// What is known of a unit that has ended.
  struct Ended {
    std::size_t unit;
    bool died;  ///< of a signal, or with a code other than 0
    std::uint64_t accepted;
    std::uint64_t closed;  ///< connections, for whatever reason
    Clock::duration lived;
  };

  /// Of so many processes each: 1, or 2 for pairs, whose orphans this process then adopts and
  /// reaps. Requires: nobody starts more than `capacity` units at a time.
  explicit Units(std::size_t capacity, std::size_t processes = 1);
  ~Units();
  Units(const Units&) = delete;
  Units& operator=(const Units&) = delete;

  /// Forks a unit that runs the body, and returns its number. Throws std::system_error where the
  /// system has no process left.
  std::size_t start(const Body& body);

  /// Starts a unit by a function that is given its number and returns its pid or throws.
  std::size_t launch(const Launch& launch);

  /// Takes note of the units that have ended since, and says which.
  [[nodiscard]] std::vector<Ended> reap();

  /// Counts connections whose unit died under them: as `crashed`, or as `drain` where units are
  /// given up.
  void crashed(std::uint64_t connections) noexcept;

  /// Units that were started and have not been reaped.
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return board_.slots(); }

  /// Interrupts the system call that each unit blocks in, if it does. A unit between its last look
  /// at a flag and the call misses that: kick until it is seen.
  void kick() const noexcept;

  /// Kills one unit; it is reaped like any other.
  void kill(std::size_t unit) const noexcept;

  /// Kills the units that are left, which are reaped like any other.
  void give_up() noexcept;

  /// Kills all units and reaps them. What they had in hand stays counted as active.
  void kill_all() noexcept;

  /// What all units, ended or not, have counted so far.
  [[nodiscard]] net::Totals totals() const;

  /// What the main process itself counts.
  [[nodiscard]] net::CounterSlot& counters() noexcept { return own_; }

  /// What all units see.
  [[nodiscard]] const Board& board() const noexcept { return board_; }

 private:
  struct Unit {
    std::size_t slot;
    Clock::time_point started;
  };

  void signal(pid_t unit, int number) const noexcept;

  Board board_;
  const std::size_t processes_;          // that a unit is made of
  std::vector<std::size_t> free_slots_;  // used before; the last is the next
  std::size_t fresh_slot_ = 0;           // this and all above it were never used
  std::unordered_map<pid_t, Unit> running_;
  bool given_up_ = false;
  net::CounterSlot own_;
  net::Totals retired_;  // folded in from units that were reaped
};

}  // namespace trivium::multiprocess
