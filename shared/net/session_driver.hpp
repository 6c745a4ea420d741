// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>

#include "shared/net/blocking_connection.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/hazards.hpp"
#include "shared/net/line_clock.hpp"
#include "shared/net/listener.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium::net {

/// How many of some bytes went where output goes, and what is wrong there, if something is.
struct Sent {
  std::size_t count = 0;
  std::optional<protocol::CloseReason> failure{};
};

/// Where a session's output goes: to the socket, or to another unit that writes it there. It blocks
/// where it must, never for longer than the idle timeout without progress.
template <typename T>
concept Output = requires(T output, std::span<const char> bytes) {
  /// Takes some of the bytes, which may be none.
  { output.send(bytes) } -> std::same_as<Sent>;

  /// Waits until the kernel has all that was sent; says what is wrong where it will not have it.
  /// Nobody else uses the socket from then until the next `send`.
  { output.flush() } -> std::same_as<std::optional<protocol::CloseReason>>;

  /// Ends the output: what is on its way to the kernel need not arrive.
  { output.drop() } -> std::same_as<void>;

  /// What is wrong with the output where the input has ended, which may be no more than its echo.
  { output.failure() } -> std::same_as<std::optional<protocol::CloseReason>>;

  /// How long the connection may still wait, for the sake of what the kernel took of ours; zero or
  /// less where that was the idle timeout ago.
  { output.until_idle() } -> std::same_as<std::chrono::nanoseconds>;
};

/// Sends FIN, then discards input until the client's FIN or a bound of the protocol.
void linger(int socket, std::span<char> buffer);

/// Drives one session on a blocking socket: the branches of a connection, wherever its output goes.
template <Output Out>
class SessionDriver {
 public:
  /// What is referred to outlives the driver.
  SessionDriver(int socket, Out& output, const ServeOptions& options, CounterSlot& counters)
      : socket_(socket),
        output_(output),
        options_(options),
        counters_(counters),
        session_(options.limits),
        line_clock_(options.line_timeout) {}

  /// Runs the session to its end; returns why it ended. The socket is left open.
  [[nodiscard]] protocol::CloseReason run() {
    using Kind = protocol::Action::Kind;
    for (;;) {
      const protocol::Action action = session_.next();
      switch (action.kind) {
        case Kind::read:
          read_some();
          break;
        case Kind::write:
          write_some(action.bytes);
          break;
        case Kind::act:
          if (flushed()) session_.acted(perform(action.hazard, options_.expired));
          break;
        case Kind::shut_and_drain:
          if (!flushed()) break;
          linger(socket_, buffer_);
          session_.drained();
          break;
        case Kind::close:
          if (flushed()) return action.reason;
          break;
      }
    }
  }

 private:
  void read_some() {
    if (options_.expired.load(std::memory_order_relaxed)) {
      return give_up(protocol::CloseReason::drain);
    }
    const auto deadline = line_clock_.deadline(session_);
    if (deadline != LineClock::never) {
      const std::chrono::nanoseconds left = deadline - LineClock::Clock::now();
      if (left <= left.zero()) return give_up(protocol::CloseReason::line_timeout);
      wait_for(std::min(left, options_.idle_timeout));
    }
    const auto count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    const auto lines_before = session_.lines();
    if (count > 0) {
      const auto size = static_cast<std::size_t>(count);
      CounterSlot::add(counters_.bytes_in, size);
      session_.received({buffer_.data(), size});
      CounterSlot::add(counters_.lines, session_.lines() - lines_before);
      if (hurried_) wait_for(options_.idle_timeout);
    } else if (count == 0) {
      if (const auto failure = output_.failure()) return give_up(*failure);
      session_.end_of_input();
      CounterSlot::add(counters_.lines, session_.lines() - lines_before);
    } else if (errno == EAGAIN && LineClock::Clock::now() < deadline) {
      const auto left = output_.until_idle();
      if (left <= left.zero()) return give_up(protocol::CloseReason::idle);
      wait_for(left);
    } else if (errno != EINTR && errno != EAGAIN) {
      give_up(protocol::CloseReason::reset);
    }
  }

  void write_some(std::span<const char> bytes) {
    if (options_.expired.load(std::memory_order_relaxed)) {
      return give_up(protocol::CloseReason::drain);
    }
    const Sent sent = output_.send(bytes);
    session_.written(sent.count);
    if (sent.failure) give_up(*sent.failure);
  }

  // The socket's own timeout is the idle timeout, except while only the output keeps it from being
  // idle, or while a line's time runs out.
  void wait_for(std::chrono::nanoseconds timeout) {
    set_receive_timeout(socket_, timeout);
    hurried_ = timeout != options_.idle_timeout;
  }

  bool flushed() {
    const auto failure = output_.flush();
    if (failure) session_.lost(*failure);
    return !failure;
  }

  void give_up(protocol::CloseReason reason) {
    session_.abort(reason);
    output_.drop();
  }

  const int socket_;
  Out& output_;
  const ServeOptions& options_;
  CounterSlot& counters_;
  protocol::EchoSession session_;
  LineClock line_clock_;
  bool hurried_ = false;
  std::array<char, 64 * 1024>
      buffer_;  // not cleared: only the pages that are read into are touched
};

/// Serves one connection to its end with its output going there, closes it, and counts it.
template <Output Out>
void serve_through(Out& output, Descriptor connection, const ServeOptions& options,
                   CounterSlot& counters) noexcept {
  const auto reason = SessionDriver(connection.get(), output, options, counters).run();
  connection.close();
  counters.close(reason);
}

}  // namespace trivium::net
