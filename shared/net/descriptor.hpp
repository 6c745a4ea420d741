// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <utility>

namespace trivium::net {

/// Owns one open file descriptor; move-only, closes it at the end. Not thread-safe.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      value_ = other.release();
    }
    return *this;
  }
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return value_ >= 0; }

  /// Gives the descriptor up without closing it.
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

  /// Closes the descriptor now, if there is one; leaves errno as it was.
  void close() noexcept;

 private:
  int value_ = -1;
};

/// Throws std::system_error with errno and `what` where `result` is negative, else returns it.
int checked(int result, const char* what);

/// Makes an eventfd, non-blocking, closed on exec.
[[nodiscard]] Descriptor make_event();

/// Makes the eventfd readable. Async-signal-safe; safe from any thread and process that has it.
void ring(int event) noexcept;

/// Makes the eventfd unreadable again.
void silence(int event) noexcept;

/// Waits until one of two descriptors is readable (a negative one is passed over) or the time is
/// up or a signal came; says which. Throws std::system_error for what poll refuses.
struct Readable {
  bool first = false;
  bool second = false;
};
Readable wait_readable(int first, int second, std::chrono::nanoseconds timeout);

/// No limit for `wait_readable`.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

}  // namespace trivium::net
