// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <optional>
#include <utility>

#include "asio.hpp"
#include "loop.hpp"
#include "offload.hpp"
#include "permits.hpp"
#include "shared/net/admission.hpp"
#include "shared/net/counters.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium::async {

/// A connection that was accepted, with its place among those that the server may hold.
struct Connection {
  Connection(Socket accepted, Permit place)
      : socket(std::move(accepted)), permit(std::move(place)) {}

  Socket socket;
  Permit permit;
};

/// What a task that serves a connection needs to know.
struct ServeOptions {
  protocol::EchoSession::Limits limits;
  std::chrono::nanoseconds line_timeout{};  ///< for one line, in all; 0: no limit
  Offload* offload = nullptr;               ///< where lines that compute or block go, if anywhere
};

/// Serves one connection to its end, closes it, and counts it in the slot.
///
/// The coroutine twin of `net::serve`: the same branches; where that blocks, this suspends. The
/// loop's watchdog bounds how long. Whatever the client does ends in a close reason, never in an
/// exception. The connection is the task's at once. Requires: loop and slot outlive the task, which
/// runs on that loop.
[[nodiscard]] Task<> serve(Connection&& connection, Loop& loop, ServeOptions options,
                           net::CounterSlot& counters);

/// Waits for the next connection; nothing once the listener was shut, or the permits were closed.
///
/// Takes a permit when a connection waits, not before, so that a loop without clients hoards none.
/// Errors that pass are counted and waited out by a timer. Counts the connection as accepted;
/// refuses, and goes on, where it is not to be admitted.
/// Throws std::system_error where the listener is of no use any more. The references are to outlive
/// the task.
[[nodiscard]] Task<std::optional<Connection>> accept_one(Listener& listener, Permits& permits,
                                                         net::Admission& admission,
                                                         net::CounterSlot& counters);

/// A second owner of a listener, for the loop that is to accept from it.
[[nodiscard]] Listener adopt_listener(Executor executor, int listener);

}  // namespace trivium::async
