// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace trivium::app {

/// How far a run is.
struct FetchTally {
  std::size_t total = 0;
  std::size_t done = 0;    ///< fetched or failed
  std::size_t failed = 0;  ///< not fetched with a 2xx
  std::uint64_t bytes = 0;
};

/// The bar's text, without control characters: done of total, bytes, rate, failed, time left.
[[nodiscard]] std::string progress_line(const FetchTally& tally, std::chrono::nanoseconds elapsed);

/// What stands on standard error when the run is over.
[[nodiscard]] std::string summary_line(const FetchTally& tally, std::chrono::nanoseconds elapsed);

/// Shows a bar on standard error, at most ten times a second. Not thread-safe.
class FetchProgress {
 public:
  using Clock = std::chrono::steady_clock;

  /// Shows the bar always, never, or (auto) where standard error is a terminal.
  explicit FetchProgress(const std::string& when);

  /// When `show` has something to do again; far off where there is no bar.
  [[nodiscard]] Clock::time_point next() const noexcept { return next_; }

  /// Draws the bar anew, if it is time to.
  void show(const FetchTally& tally);

  /// Takes the bar away, before something else is written to the terminal.
  void hide();

  [[nodiscard]] std::chrono::nanoseconds elapsed() const { return Clock::now() - start_; }

 private:
  bool wanted_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace trivium::app
