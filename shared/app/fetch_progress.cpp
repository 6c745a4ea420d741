// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_progress.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace trivium::app {
namespace {

constexpr auto interval = std::chrono::milliseconds(100);
constexpr std::size_t bar_width = 20;

std::string formatted(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string shown_bytes(double bytes) {
  if (bytes < 1024) return formatted("%.0f B", bytes);
  if (bytes < 1024 * 1024) return formatted("%.1f KiB", bytes / 1024);
  if (bytes < 1024.0 * 1024 * 1024) return formatted("%.1f MiB", bytes / (1024 * 1024));
  return formatted("%.2f GiB", bytes / (1024.0 * 1024 * 1024));
}

std::string shown_clock(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
}

double seconds_of(std::chrono::nanoseconds elapsed) {
  return std::max(std::chrono::duration<double>(elapsed).count(), 1e-9);
}

bool are_one_terminal(int first, int second) {
  struct stat one {};
  struct stat other {};
  return ::isatty(first) == 1 && ::isatty(second) == 1 && ::fstat(first, &one) == 0 &&
         ::fstat(second, &other) == 0 && one.st_rdev == other.st_rdev;
}

}  // namespace

std::string progress_line(const FetchTally& tally, std::chrono::nanoseconds elapsed) {
  const double seconds = seconds_of(elapsed);
  const std::size_t filled = tally.total == 0 ? bar_width : bar_width * tally.done / tally.total;
  std::string line = "[" + std::string(filled, '#') + std::string(bar_width - filled, '-') + "] ";
  line += std::to_string(tally.done) + "/" + std::to_string(tally.total);
  line += "  " + shown_bytes(static_cast<double>(tally.bytes));
  line += "  " + shown_bytes(static_cast<double>(tally.bytes) / seconds) + "/s";
  line += "  " + std::to_string(tally.failed) + " failed";
  if (tally.done > 0) {
    const auto left = static_cast<double>(tally.total - tally.done);
    line += "  " + shown_clock(seconds * left / static_cast<double>(tally.done)) + " left";
  }
  return line;
}

std::string summary_line(const FetchTally& tally, std::chrono::nanoseconds elapsed) {
  const double seconds = seconds_of(elapsed);
  std::string line = "fetched " + std::to_string(tally.done - tally.failed) + " of " +
                     std::to_string(tally.total) + " URLs, " + std::to_string(tally.failed) +
                     " failed";
  if (tally.done < tally.total) {
    line += ", " + std::to_string(tally.total - tally.done) + " not finished";
  }
  line += ": " + shown_bytes(static_cast<double>(tally.bytes)) + " in " +
          formatted("%.3f s", seconds) + " (" +
          formatted("%.1f URLs/s", static_cast<double>(tally.done) / seconds) + ")";
  return line;
}

FetchProgress::FetchProgress(const std::string& when)
    : wanted_(when == "always" || (when == "auto" && ::isatty(STDERR_FILENO) == 1)),
      next_(wanted_ ? start_ : start_ + std::chrono::hours(24 * 365)) {}

void FetchProgress::show(const FetchTally& tally) {
  const auto now = Clock::now();
  if (!wanted_ || now < next_) return;
  next_ = now + interval;
  if (!shown_) begin_line();
  shown_ = true;
  std::cerr << '\r' + progress_line(tally, now - start_) + "\033[K" << std::flush;
}

void FetchProgress::hide() {
  if (!shown_) return;
  shown_ = false;
  std::cerr << "\r\033[K" << std::flush;
}

void FetchProgress::begin_line() {
  hide();
  if (!in_a_line_ || !are_one_terminal(STDOUT_FILENO, STDERR_FILENO)) return;
  std::cerr << '\n' << std::flush;
  in_a_line_ = false;
}

}  // namespace trivium::app
