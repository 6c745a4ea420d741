// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>

#include "shared/net/admission.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {

/// Accepts in a process that must not block there, since it watches over others as well.
class Acceptor {
 public:
  using Clock = std::chrono::steady_clock;

  /// What to wait for before the next accept.
  struct Wait {
    int descriptor = -1;  ///< until it is readable; negative: for nothing that comes by itself
    Clock::time_point until = Clock::time_point::max();
  };

  /// Makes the listener non-blocking; it may be closed while the acceptor uses it.
  Acceptor(const net::Descriptor& listener, net::Admission& admission, net::CounterSlot& counters);

  /// Waiting for a client, or for the end of a back-off; for nothing once the listener was shut.
  [[nodiscard]] Wait wait() const;

  /// Waiting for the system to have again what it was short of.
  [[nodiscard]] static Wait wait_for_resources();

  /// Takes a connection, if one waits; counts it, and errors; refuses who is not to be admitted.
  /// Does not block. Throws std::system_error where the listener is of no use any more.
  [[nodiscard]] net::Descriptor accept();

 private:
  const net::Descriptor& listener_;
  net::Admission& admission_;
  net::CounterSlot& counters_;
  Clock::time_point retry_at_{};
};

}  // namespace trivium::multiprocess
