// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "shared/net/accept.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/hazards.hpp"
#include "shared/net/listener.hpp"

namespace trivium::async {
namespace {

using protocol::Action;
using protocol::CloseReason;
using protocol::EchoSession;

// One for each thread and not for each connection, since what was read is consumed before the next
// suspension: an idle connection holds no buffer.
using ReadBuffer = std::array<char, 64 * 1024>;
thread_local ReadBuffer buffer;

// Requires: the socket is readable, or may wait no longer.
void read_some(int socket, EchoSession& session, Watch& watch, net::CounterSlot& counters) {
  if (const auto reason = watch.over()) return session.abort(*reason);
  const auto count = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) {
    const auto size = static_cast<std::size_t>(count);
    watch.progress();
    net::CounterSlot::add(counters.bytes_in, size);
    const auto lines_before = session.lines();
    session.received({buffer.data(), size});
    net::CounterSlot::add(counters.lines, session.lines() - lines_before);
  } else if (count == 0) {
    const auto lines_before = session.lines();
    session.end_of_input();
    net::CounterSlot::add(counters.lines, session.lines() - lines_before);
  } else if (errno != EINTR && errno != EAGAIN) {
    session.abort(CloseReason::reset);
  }
}

// False where the kernel takes no more for now.
bool write_some(int socket, EchoSession& session, std::span<const char> bytes, Watch& watch,
                net::CounterSlot& counters) {
  const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) {
    watch.progress();
    net::CounterSlot::add(counters.bytes_out, static_cast<std::uint64_t>(count));
    session.written(static_cast<std::size_t>(count));
  } else if (errno == EAGAIN) {
    return false;
  } else if (errno != EINTR) {
    session.abort(CloseReason::reset);
  }
  return true;
}

// Sends FIN, then discards input until the client's FIN or a bound of the protocol.
Task<> linger(int socket, Watch& watch) {
  if (::shutdown(socket, SHUT_WR) < 0) co_return;
  watch.linger();
  std::size_t left = protocol::linger_bytes;
  while (left > 0) {
    co_await watch.ready(Socket::wait_read);
    if (watch.over()) co_return;
    const auto count = ::recv(socket, buffer.data(), std::min(left, buffer.size()), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) co_return;
    if (count > 0) left -= static_cast<std::size_t>(count);
  }
}

Task<> wait_for(Executor executor, Clock::duration duration) {
  Timer timer(executor, duration);
  co_await timer.async_wait(as_result);
}

// A hazard that sleeps does so in the model's own way; every other one holds the thread.
Task<std::string> perform(Executor executor, protocol::Hazard hazard) {
  if (hazard.kind != protocol::Hazard::Kind::sleep) co_return net::perform(hazard);
  co_await wait_for(executor, hazard.duration);
  co_return std::string();
}

}  // namespace

Task<> serve(Connection connection, Watchdog& watchdog, EchoSession::Limits limits,
             net::CounterSlot& counters) {
  EchoSession session(limits);
  const int socket = connection.socket.native_handle();
  Watch watch(watchdog, connection.socket);
  for (;;) {
    const Action action = session.next();
    switch (action.kind) {
      case Action::Kind::read:
        co_await watch.ready(Socket::wait_read);
        read_some(socket, session, watch, counters);
        break;
      case Action::Kind::write:
        if (const auto reason = watch.over()) {
          session.abort(*reason);
        } else if (!write_some(socket, session, action.bytes, watch, counters)) {
          co_await watch.ready(Socket::wait_write);
        }
        break;
      case Action::Kind::act: {
        watch.pause();
        const std::string answer = co_await perform(watchdog.executor(), action.hazard);
        watch.progress();
        session.acted(answer);
        break;
      }
      case Action::Kind::shut_and_drain:
        co_await linger(socket, watch);
        session.drained();
        break;
      case Action::Kind::close:
        watch.leave();
        connection.socket.close();
        counters.close(action.reason);
        co_return;
    }
  }
}

Task<std::optional<Connection>> accept_one(Listener& listener, Permits& permits,
                                           net::CounterSlot& counters) {
  for (;;) {
    Permit permit;
    if (permits.limited()) {
      co_await listener.async_wait(Listener::wait_read, as_result);
      const bool permitted = co_await permits.take(permit);
      if (!permitted) co_return std::nullopt;
    }
    auto [error, socket] = co_await listener.async_accept(as_result);
    if (!error) {
      net::CounterSlot::add(counters.accepted, 1);
      co_return std::optional<Connection>(std::in_place, std::move(socket), std::move(permit));
    }
    switch (net::classify_accept_error(error.value())) {
      case net::AcceptVerdict::retry:
        net::CounterSlot::add(counters.accept_errors, 1);
        break;
      case net::AcceptVerdict::back_off:
        net::CounterSlot::add(counters.accept_errors, 1);
        co_await wait_for(listener.get_executor(),
                          std::chrono::milliseconds(net::accept_backoff_ms));
        break;
      case net::AcceptVerdict::stopped:
        co_return std::nullopt;
      case net::AcceptVerdict::fatal:
        throw std::system_error(error, "accept");
    }
  }
}

Listener adopt_listener(Executor executor, int listener) {
  net::Descriptor copy(
      net::checked(::fcntl(listener, F_DUPFD_CLOEXEC, 0), "cannot adopt the listener"));
  const bool v6 = net::local_address(listener).family() == AF_INET6;
  Listener adopted(executor, v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), copy.get());
  (void)copy.release();
  adopted.set_option(asio::socket_base::enable_connection_aborted(true));
  return adopted;
}

}  // namespace trivium::async
