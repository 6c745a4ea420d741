// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/blocking_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include "shared/net/accept.hpp"
#include "shared/net/hazards.hpp"
#include "shared/net/listener.hpp"

namespace trivium::net {
namespace {

using Clock = std::chrono::steady_clock;
using protocol::Action;
using protocol::CloseReason;
using protocol::EchoSession;

using ReadBuffer = std::array<char, 64 * 1024>;

void read_some(int socket, EchoSession& session, ReadBuffer& buffer, const ServeOptions& options,
               CounterSlot& counters) {
  if (options.expired.load(std::memory_order_relaxed)) return session.abort(CloseReason::drain);
  const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    const auto size = static_cast<std::size_t>(count);
    CounterSlot::add(counters.bytes_in, size);
    const auto lines_before = session.lines();
    session.received({buffer.data(), size});
    CounterSlot::add(counters.lines, session.lines() - lines_before);
  } else if (count == 0) {
    const auto lines_before = session.lines();
    session.end_of_input();
    CounterSlot::add(counters.lines, session.lines() - lines_before);
  } else if (errno == EAGAIN) {
    session.abort(CloseReason::idle);
  } else if (errno != EINTR) {
    session.abort(CloseReason::reset);
  }
}

// A blocked send gives up after a part of the idle timeout only, since what the kernel took
// meanwhile is reported no earlier: the connection is idle after that many in a row took nothing.
void write_some(int socket, EchoSession& session, std::span<const char> bytes, int& stalls,
                const ServeOptions& options, CounterSlot& counters) {
  if (options.expired.load(std::memory_order_relaxed)) return session.abort(CloseReason::drain);
  const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) {
    stalls = 0;
    CounterSlot::add(counters.bytes_out, static_cast<std::uint64_t>(count));
    session.written(static_cast<std::size_t>(count));
  } else if (errno == EAGAIN) {
    if (++stalls == sends_per_idle_timeout) session.abort(CloseReason::idle);
  } else if (errno != EINTR) {
    session.abort(CloseReason::reset);
  }
}

// Sends FIN, then discards input until the client's FIN or a bound of the protocol.
void linger(int socket, ReadBuffer& buffer) {
  if (::shutdown(socket, SHUT_WR) < 0) return;
  const auto deadline = Clock::now() + protocol::linger_time;
  std::size_t left = protocol::linger_bytes;
  while (left > 0) {
    const auto remaining = deadline - Clock::now();
    if (remaining <= remaining.zero()) return;
    set_receive_timeout(socket, remaining);
    const auto count = ::recv(socket, buffer.data(), std::min(left, buffer.size()), 0);
    if (count == 0 || (count < 0 && errno != EINTR)) return;
    if (count > 0) left -= static_cast<std::size_t>(count);
  }
}

}  // namespace

void serve(Descriptor connection, const ServeOptions& options, CounterSlot& counters) noexcept {
  EchoSession session(options.limits);
  ReadBuffer buffer;  // not cleared: only the pages that are read into become resident
  int stalls = 0;
  for (;;) {
    const Action action = session.next();
    switch (action.kind) {
      case Action::Kind::read:
        read_some(connection.get(), session, buffer, options, counters);
        break;
      case Action::Kind::write:
        write_some(connection.get(), session, action.bytes, stalls, options, counters);
        break;
      case Action::Kind::act:
        session.acted(perform(action.hazard));
        break;
      case Action::Kind::shut_and_drain:
        linger(connection.get(), buffer);
        session.drained();
        break;
      case Action::Kind::close:
        connection.close();
        counters.close(action.reason);
        return;
    }
  }
}

std::optional<Descriptor> accept_one(int listener, CounterSlot& counters) {
  for (;;) {
    Descriptor connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) {
      CounterSlot::add(counters.accepted, 1);
      return connection;
    }
    const int error = errno;
    switch (classify_accept_error(error)) {
      case AcceptVerdict::retry:
        if (error != EINTR && error != EAGAIN) CounterSlot::add(counters.accept_errors, 1);
        break;
      case AcceptVerdict::back_off:
        CounterSlot::add(counters.accept_errors, 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(accept_backoff_ms));
        break;
      case AcceptVerdict::stopped:
        return std::nullopt;
      case AcceptVerdict::fatal:
        throw std::system_error(error, std::generic_category(), "accept");
    }
  }
}

}  // namespace trivium::net
