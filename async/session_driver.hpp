// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "asio.hpp"
#include "connection.hpp"
#include "loop.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/line_clock.hpp"
#include "shared/protocol/echo_session.hpp"
#include "watchdog.hpp"

namespace trivium::async {

/// What a connection's output works on; all of it stands in the frame of the connection's task.
struct Serving {
  const int socket;
  protocol::EchoSession& session;
  Watch& watch;
  net::CounterSlot& counters;

  /// Sends some bytes to the client and tells how many; none where the kernel takes no more for
  /// now, nothing where the connection is broken.
  [[nodiscard]] std::optional<std::size_t> send(std::span<const char> bytes) const;
};

/// Where what is read goes. One for each thread and not for each connection, since what was read is
/// consumed before the next suspension: an idle connection holds no buffer.
[[nodiscard]] std::span<char> read_buffer() noexcept;

/// Sends FIN, then discards input until the client's FIN or a bound of the protocol.
[[nodiscard]] Task<> linger(int socket, Watch& watch);

/// Carries out a hazard. One that sleeps suspends, until the connection may wait no longer; what
/// computes or blocks holds a thread, of the offload pool where there is one, else the loop's.
[[nodiscard]] Task<std::string> perform(Executor executor, Watch& watch, protocol::Hazard hazard,
                                        Offload* offload);

template <typename Output>
void give_up(protocol::CloseReason reason, const Serving& serving, Output& output) {
  serving.session.abort(reason);
  output.drop();
}

/// Requires: the socket is readable, or may wait no longer.
template <typename Output>
void read_some(const Serving& serving, Output& output) {
  if (const auto reason = serving.watch.over()) return give_up(*reason, serving, output);
  const auto buffer = read_buffer();
  const auto count = ::recv(serving.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  const auto lines_before = serving.session.lines();
  if (count > 0) {
    const auto size = static_cast<std::size_t>(count);
    serving.watch.progress();
    net::CounterSlot::add(serving.counters.bytes_in, size);
    serving.session.received(buffer.first(size));
    net::CounterSlot::add(serving.counters.lines, serving.session.lines() - lines_before);
  } else if (count == 0) {
    if (const auto failure = output.failure()) return give_up(*failure, serving, output);
    serving.session.end_of_input();
    net::CounterSlot::add(serving.counters.lines, serving.session.lines() - lines_before);
  } else if (errno != EINTR && errno != EAGAIN) {
    give_up(protocol::CloseReason::reset, serving, output);
  }
}

/// Drives one session on a socket, closes it, and counts it: the branches of a connection, wherever
/// its output goes. The coroutine twin of `net::SessionDriver`, as `Output` is of the concept
/// there: `write` returns false where there is no room, for which `room` waits; `flush` is awaited
/// only where output is sent to another task (`Output::is_sent`). Waits stand in this frame and not
/// in those of helpers, which would cost the hot path an allocation each.
template <typename Output>
[[nodiscard]] Task<> drive(Connection connection, Loop& loop, ServeOptions options,
                           net::CounterSlot& counters) {
  using Kind = protocol::Action::Kind;
  protocol::EchoSession session(options.limits);
  net::LineClock line_clock(options.line_timeout);
  Watch watch(loop.watchdog(), connection.socket);
  const Serving serving{connection.socket.native_handle(), session, watch, counters};
  Output output(serving, loop);
  for (;;) {
    const protocol::Action action = session.next();
    if constexpr (Output::is_sent) {
      if (action.kind != Kind::read && action.kind != Kind::write) {
        const bool flushed = co_await output.flush();
        if (!flushed) continue;
      }
    }
    switch (action.kind) {
      case Kind::read: {
        const auto deadline = line_clock.deadline(session);
        if (deadline != net::LineClock::never) watch.limit(deadline);
        co_await watch.ready(Socket::wait_read);
        read_some(serving, output);
        if (deadline != net::LineClock::never) watch.limit(net::LineClock::never);
        break;
      }
      case Kind::write:
        if (const auto reason = watch.over()) {
          give_up(*reason, serving, output);
        } else if (!output.write(action.bytes)) {
          co_await output.room();
        }
        break;
      case Kind::act: {
        watch.pause();
        const std::string answer =
            co_await perform(loop.executor(), watch, action.hazard, options.offload);
        watch.progress();
        session.acted(answer);
        break;
      }
      case Kind::shut_and_drain:
        co_await linger(serving.socket, watch);
        session.drained();
        break;
      case Kind::close:
        output.end();
        watch.leave();
        connection.socket.close();
        counters.close(action.reason);
        co_return;
    }
  }
}

}  // namespace trivium::async
