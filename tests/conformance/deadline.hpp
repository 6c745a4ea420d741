// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace trivium::conformance {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a step may take that is expected at once; only a failure ever waits for it. The judge
// sets it before the first case, by --timeout and by the round trip that was measured.
inline milliseconds patience{20'000};

// How late what is due at once may be, in the quickest of three attempts. Set like `patience`, but
// for the round trip, which expect_at_once takes off.
inline milliseconds promptness{2'000};

// How long a case looks for bytes that must not come. A server that is wrong sends them at once;
// a longer look would only find what is wrong and slow. Set like `patience`.
inline milliseconds glance{60};

// How long a server may take to become ready: a pool of worker programs built with a sanitizer
// starts them one after another.
inline constexpr milliseconds startup_patience{90'000};

// What the machine refuses to the harness: no fault of the target. The verdict is ERROR then.
inline constexpr std::string_view harness_failed = "the harness failed: ";
class HarnessError : public std::runtime_error {
 public:
  explicit HarnessError(const std::string& what)
      : std::runtime_error(std::string{harness_failed} + what) {}
};

class Deadline {
 public:
  // Patience, which begins anew with everything that comes: a slow network is no fault of the
  // target. What never ends is bounded by the case's own limit.
  Deadline() : at_(Clock::now() + patience), is_patience_(true) {}
  // A fixed time from now.
  explicit Deadline(milliseconds from_now) : at_(Clock::now() + from_now) {}

  // Says that something came, or was taken.
  void progressed() {
    if (is_patience_) at_ = Clock::now() + patience;
  }

  [[nodiscard]] bool expired() const { return Clock::now() >= at_; }

  // Milliseconds left, rounded up, never negative: fit for poll(2).
  [[nodiscard]] int remaining_ms() const {
    const auto left = std::chrono::ceil<milliseconds>(at_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, 3'600'000));
  }

 private:
  Clock::time_point at_;
  bool is_patience_ = false;
};

[[nodiscard]] inline milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

// Calls `done` until it returns true or the deadline has passed; returns its last answer.
template <typename Predicate>
[[nodiscard]] bool poll_until(Predicate done, Deadline deadline = Deadline{}) {
  for (;;) {
    if (done()) return true;
    if (deadline.expired()) return done();
    std::this_thread::sleep_for(milliseconds{2});
  }
}

}  // namespace trivium::conformance
