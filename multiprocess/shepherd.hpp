// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <vector>

#include "shared/app/echo_app.hpp"
#include "units.hpp"

namespace trivium::multiprocess {

/// Watches over a server from the main process until it has drained; what every strategy loops on.
///
/// The shutdown contract, the same in every model: the first SIGTERM or SIGINT shuts and closes the
/// listener; connections that were accepted are served on; at the drain timeout `expired` is set
/// and units are kicked until none is left; one that does not look up (it computes, say) is killed
/// some time later, and what it held counted as `drain`. A second signal kills every unit, writes
/// the counters and ends the process. SIGUSR1 reports the counters.
class Shepherd {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point never = Clock::time_point::max();

  /// What `watch` has seen.
  struct Events {
    bool first = false;  ///< that descriptor is readable
    bool second = false;
    std::vector<Units::Ended> ended;
  };

  /// Prints the ready line.
  Shepherd(app::EchoServer& server, Units& units);

  /// False once the server drains and no unit runs.
  [[nodiscard]] bool serving() const noexcept { return !draining_ || units_.running() > 0; }

  [[nodiscard]] bool draining() const noexcept { return draining_; }

  /// Whether the drain timeout is over.
  [[nodiscard]] bool expired() const noexcept { return units_.board().expired(); }

  /// Blocks until a descriptor is readable (a negative one is passed over), a unit has ended, a
  /// signal was obeyed, or it is `wake`.
  [[nodiscard]] Events watch(int first, int second, Clock::time_point wake);

  /// Kills every unit, and ends the process: to replace workers makes no sense any more.
  [[noreturn]] void give_up();

 private:
  void obey(Events& events);
  void drain();

  app::EchoServer& server_;
  Units& units_;
  bool draining_ = false;
  Clock::time_point next_kick_ = never;
  Clock::time_point give_up_at_ = never;
};

}  // namespace trivium::multiprocess
