// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "shared/app/echo_options.hpp"
#include "units.hpp"

namespace trivium::multiprocess {

/// How long the replacement of a worker waits: not at all for one that had lived for a second or
/// more, or had no predecessor that died early; else `first`, then twice as long each time, up to
/// 2 s (or `first`, where that is longer). A `first` of 0: never.
class Backoff {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr Duration long_life = std::chrono::seconds(1);
  static constexpr Duration longest = std::chrono::seconds(2);

  explicit Backoff(Duration first) noexcept : first_(first) {}

  /// Takes note that a worker has ended, and says how long the next one waits.
  [[nodiscard]] Duration after(Duration lived) noexcept;

 private:
  Duration first_;
  Duration next_{};
};

/// Keeps a fixed number of workers: whatever dies is replaced, with a back-off of its own, as long
/// as that makes sense.
class Supervisor {
 public:
  static constexpr std::size_t any_number = 0;  // of deaths

  /// How it takes deaths: how many within `app::restart_window` it stands, and how long the first
  /// replacement waits that is not started at once.
  struct Policy {
    std::size_t max_restarts = any_number;
    Backoff::Duration backoff = app::usual_restart_backoff;
  };

  enum Required { all, one };  // of the workers, at the start

  /// How soon a start is tried again, at the soonest, that the system refused.
  static constexpr Backoff::Duration retry_after = std::chrono::milliseconds(10);

  using Clock = Units::Clock;
  using Start = std::function<std::size_t()>;

  /// Starts the workers by a function that returns the new unit or throws std::system_error, which
  /// passes through here; but where one worker is enough and runs, the others back off.
  Supervisor(std::size_t workers, Policy policy, Start start, Required required = all);

  /// Takes note that a worker has ended: it is to be replaced, at once if it did not die.
  void ended(const Units::Ended& worker);

  /// Whether more workers died than it stands: something is wrong that no replacement mends.
  [[nodiscard]] bool exhausted() const noexcept {
    return policy_.max_restarts != any_number && deaths_.size() > policy_.max_restarts;
  }

  /// Starts the replacements that are due. Where the system refuses, they back off again.
  void replace();

  /// When the next replacement is due; never while all workers run.
  [[nodiscard]] Clock::time_point due() const noexcept;

  /// Ends replacing: the server drains.
  void stop() noexcept;

 private:
  struct Vacancy {
    Clock::time_point due;
    Backoff backoff;
  };

  const Policy policy_;
  Start start_;
  std::deque<Clock::time_point> deaths_;              // within the window
  std::unordered_map<std::size_t, Backoff> running_;  // by unit
  std::vector<Vacancy> vacancies_;
  bool stopped_ = false;
};

/// What a server's flags say of it.
[[nodiscard]] inline Supervisor::Policy restart_policy(const app::EchoOptions& options) {
  return {.max_restarts = options.max_restarts, .backoff = options.restart_backoff};
}

}  // namespace trivium::multiprocess
