// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "shared/net/admission.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium::net {

/// What a unit that serves connections needs to know.
struct ServeOptions {
  protocol::EchoSession::Limits limits;
  std::chrono::nanoseconds idle_timeout;
  std::chrono::nanoseconds line_timeout{};  ///< for one line, in all; 0: no limit
  const std::atomic<bool>& expired;         ///< the drain timeout is over: close what is left
  bool split = false;  ///< a connection has a unit that reads and one that writes
};

/// Serves one connection to its end on the calling thread, which reads, and then writes; closes it,
/// and counts it in the slot.
///
/// Blocks in recv and send. The socket's own timeouts bound how long (`set_idle_timeout`, inherited
/// from its listener); a signal with an empty handler, sent until it is seen, makes a unit that
/// blocks look at `expired`. Whatever the client does ends in a close reason, never in an
/// exception.
void serve(Descriptor connection, const ServeOptions& options, CounterSlot& counters) noexcept;

/// Waits for the next connection of a blocking listener; nothing once the listener was shut.
///
/// Errors that pass are counted and waited out. Counts the connection as accepted; refuses, and
/// goes on, where it is not to be admitted. Any number of threads and processes may block here on
/// one listener. Throws std::system_error where the listener is of no use any more.
[[nodiscard]] std::optional<Descriptor> accept_one(int listener, Admission& admission,
                                                   CounterSlot& counters);

/// The same where everyone is admitted.
[[nodiscard]] std::optional<Descriptor> accept_one(int listener, CounterSlot& counters);

}  // namespace trivium::net
