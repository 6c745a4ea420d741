// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <optional>

#include "asio.hpp"
#include "permits.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/protocol/echo_session.hpp"
#include "watchdog.hpp"

namespace trivium::async {

/// Serves one connection to its end, closes it, and counts it in the slot.
///
/// The coroutine twin of `net::serve`: the same branches; where that blocks, this suspends. The
/// watchdog bounds how long. Whatever the client does ends in a close reason, never in an
/// exception. Requires: the connection is non-blocking; watchdog and slot outlive the task, which
/// runs on the watchdog's loop.
[[nodiscard]] Task<> serve(net::Descriptor connection, Watchdog& watchdog,
                           protocol::EchoSession::Limits limits, net::CounterSlot& counters);

/// Waits for the next connection of a non-blocking listener; nothing once the listener was shut, or
/// the permits were closed. What it returns is non-blocking and holds one permit.
///
/// Takes a permit when a connection waits, not before, so that a loop without clients hoards none.
/// Errors that pass are counted and waited out by a timer. Counts the connection as accepted.
/// Throws std::system_error where the listener is of no use any more. The references are to outlive
/// it.
[[nodiscard]] Task<std::optional<net::Descriptor>> accept_one(Stream& listener, Permits& permits,
                                                              net::CounterSlot& counters);

/// A second, non-blocking owner of a listener, for the loop that is to accept from it.
[[nodiscard]] Stream adopt_listener(Executor executor, int listener);

}  // namespace trivium::async
