// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "shared/load/options.hpp"
#include "shared/load/results.hpp"

namespace trivium::load {

/// An operation that ended. Times are in nanoseconds, by one clock.
struct Ended {
  Outcome outcome;
  std::int64_t planned;   ///< when it was to start
  std::int64_t answered;  ///< when what it waited for had come; of no meaning where it is not ok
  std::int64_t now;
  bool rare = false;
};

/// Counts every operation once, in the phase in which it belongs: in an open loop the one in which
/// it was planned, in a closed one that in which it ended. Of a closed loop's operations that end
/// after the measured phase, those that are not ok count in it. Idle connections all count as
/// measured. Sans-I/O; one for each thread.
class Recorder {
 public:
  /// Counts into `results`, which outlives it.
  Recorder(const Options& options, Results& results) noexcept;

  /// Fixes the measured phase; before, all is outside of it.
  void measure(std::int64_t start, std::int64_t end) noexcept;

  /// Counts an operation that begins, or is due to.
  void begin(std::int64_t planned) noexcept;
  /// Counts how long after its planned start it was put.
  void put(std::int64_t planned, std::int64_t now) noexcept;
  void end(const Ended& ended) noexcept;

  void received(std::size_t bytes, std::int64_t now) noexcept {
    (in_phase(now) ? results_->measured : results_->outside).bytes_in += bytes;
  }
  void sent(std::size_t bytes, std::int64_t now) noexcept {
    (in_phase(now) ? results_->measured : results_->outside).bytes_out += bytes;
  }

  /// Operations that were begun and have not ended.
  [[nodiscard]] std::uint64_t under_way() const noexcept { return results_->begun - ended_; }

 private:
  /// Where an operation counts, as a time.
  [[nodiscard]] std::int64_t moment_of(const Ended& ended) const noexcept;
  [[nodiscard]] bool in_phase(std::int64_t time) const noexcept {
    return time >= start_ && time < end_;
  }

  Results* results_;
  bool open_loop_;
  bool idle_;
  std::int64_t late_after_;
  std::int64_t start_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t end_ = std::numeric_limits<std::int64_t>::max();
  std::uint64_t ended_ = 0;
};

}  // namespace trivium::load
