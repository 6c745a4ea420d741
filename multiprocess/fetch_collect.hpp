// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "channel.hpp"
#include "fetch_message.hpp"
#include "shared/app/fetch_app.hpp"
#include "shared/app/signals.hpp"
#include "units.hpp"

namespace trivium::multiprocess {

using app::Finished;

/// What a unit costs the main process to get results from it: two of the lane, and a pidfd.
inline constexpr std::size_t lane_descriptors = 3;

/// The worker processes of a run, and the channel that brings their results to the main process,
/// which delivers them.
///
/// A worker that dies fails what it had in hand and nothing else. Whatever ends the run, no worker
/// is left at the end. For the main thread of the main process only.
class Collector {
 public:
  using Clock = std::chrono::steady_clock;
  /// Which URLs a unit may have in hand. Those whose results have come are passed over.
  using InHand = std::function<std::vector<std::size_t>(std::size_t unit)>;

  struct Events {
    std::vector<std::size_t> idle;    ///< units whose result was delivered
    std::vector<Units::Ended> ended;  ///< what they had in hand was delivered as failed
  };

  /// Has room for as many units as `client.units()`, or for fewer, and at least one, where the
  /// process may not open that many descriptors; says so in a line on standard error then.
  /// `unit_descriptors`: what a running unit costs this process, beside `lane_descriptors`.
  Collector(app::FetchClient& client, InHand in_hand, std::size_t unit_descriptors = 0);

  [[nodiscard]] Units& units() noexcept { return units_; }

  /// How many units run at a time, at most.
  [[nodiscard]] std::size_t capacity() const noexcept { return units_.capacity(); }

  /// What workers send their results over, each on the lane of its number.
  [[nodiscard]] const Channel& results() const noexcept { return channel_; }

  /// Starts a unit, and watches over what it sends. See `Units::launch`. Throws std::system_error,
  /// and has started none, where there is no descriptor left to watch one by. One that turns out to
  /// be beyond watching when it runs already is killed, and ends as others do that die.
  std::size_t launch(const Units::Launch& launch);

  /// Waits for results, for units that end, for a signal, or until then; delivers what has come.
  Events watch(Clock::time_point until = Clock::time_point::max());

 private:
  struct Dead {
    Units::Ended unit;
    std::vector<std::size_t> in_hand;
  };

  void wait(Clock::time_point until);
  std::vector<Dead> reap();
  bool take_result(std::vector<std::size_t>& idle);
  void deliver(Finished finished);

  app::FetchClient& client_;
  InHand in_hand_;
  app::Signals children_{SIGCHLD};
  const std::size_t room_for_;  // units
  Channel channel_;
  ChannelReceiver results_ = channel_.receiver();
  Units units_;
  ResultAssembler assembler_;
  std::vector<bool> delivered_;  // by URL
};

}  // namespace trivium::multiprocess
