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

/// Shows a bar on standard error, at most ten times a second, and keeps what stands there apart
/// from what standard output shows on the same terminal. Not thread-safe.
class FetchProgress {
 public:
  using Clock = std::chrono::steady_clock;

  /// Shows the bar always, never, or (auto) where standard error is a terminal.
  explicit FetchProgress(const std::string& when);

  /// When `show` has something to do again; far off where there is no bar.
  [[nodiscard]] Clock::time_point next() const noexcept { return next_; }

  /// Draws the bar anew, if it is time to.
  void show(const FetchTally& tally);

  /// Takes the bar away, before something is written to standard output.
  void hide();

  /// Takes the bar away, before something is written to standard error; begins a line for it where
  /// standard output, on the same terminal, stopped within one.
  void begin_line();

  /// Takes note of whether what was written to standard output stopped within a line.
  void stopped_in_a_line(bool stopped) noexcept { in_a_line_ = stopped; }

  /// Whether what is written to standard output next stands behind what was written last.
  [[nodiscard]] bool in_a_line() const noexcept { return in_a_line_; }

  [[nodiscard]] std::chrono::nanoseconds elapsed() const { return Clock::now() - start_; }

 private:
  bool wanted_;
  bool shown_ = false;
  bool in_a_line_ = false;  // standard output is
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace trivium::app
