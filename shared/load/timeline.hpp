// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "shared/load/tally.hpp"
#include "shared/stats/histogram.hpp"

namespace trivium::load {

/// The measured phase, cut into stretches of equal length, each with the operations that count in
/// it. Its sums are the phase's tally.
class Timeline {
 public:
  /// A quantile of a stretch is off by at most 1/64: 32 buckets an octave.
  static constexpr int latency_bits = 5;

  struct Stretch {
    Tally tally;
    stats::Histogram latency{latency_bits};  ///< as in the results: of what was ok
  };

  /// No stretches at all. Takes 9 KiB for each otherwise.
  Timeline() = default;
  Timeline(std::chrono::nanoseconds width, std::chrono::nanoseconds duration);

  [[nodiscard]] std::chrono::nanoseconds width() const noexcept { return width_; }
  [[nodiscard]] const std::vector<Stretch>& stretches() const noexcept { return stretches_; }

  /// The stretch at a time since the phase began; nothing where there is none.
  [[nodiscard]] Stretch* at(std::int64_t since) noexcept;

  /// Adds what the other one holds, exactly. Requires: the same width and duration, or no stretches
  /// in this one.
  void merge(const Timeline& other);

 private:
  std::chrono::nanoseconds width_{0};
  std::vector<Stretch> stretches_;
};

}  // namespace trivium::load
