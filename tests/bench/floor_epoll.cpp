// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// floor/epoll: the echo server on bare epoll, one loop on one thread, with every check, limit and
// counter of the contract. What an event loop of ours costs beyond this is the price of its form.
// Left out, see README.md: the defences.
//
// Edge-triggered: each socket is registered once, and a line takes epoll_wait, recv and send.
// Timeouts cost no system call: progress moves a connection to the back of a list that is ordered
// by it, and the front bounds the next epoll_wait. --workers means nothing here.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <list>
#include <optional>
#include <system_error>

#include "shared/app/command_line.hpp"
#include "shared/app/echo_app.hpp"
#include "shared/net/accept.hpp"
#include "shared/net/hazards.hpp"

namespace trivium {
namespace {

using Clock = std::chrono::steady_clock;
using protocol::Action;
using protocol::CloseReason;

struct Connection {
  net::Descriptor socket;
  protocol::EchoSession session;
  std::list<Connection>::iterator self{};
  Clock::time_point progress{};  // of the exchange; of lingering: its beginning
  bool readable = false;         // an edge said that a try may succeed, and none has failed since
  bool writable = true;          // likewise; a new socket is
  bool ended = false;            // no further edge will tell of input: read until the end is seen
  bool lingering = false;
  bool registered = false;
  std::uint32_t awaited = 0;  // the edges that will be reported
  std::size_t left_to_discard = protocol::linger_bytes;
};

class Loop {
 public:
  explicit Loop(app::EchoServer& server)
      : server_(server), epoll_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    const int flags = net::checked(::fcntl(server.listener.get(), F_GETFL), "fcntl");
    net::checked(::fcntl(server.listener.get(), F_SETFL, flags | O_NONBLOCK), "fcntl");
    watch(EPOLL_CTL_ADD, server_.listener.get(), EPOLLIN, &server_.listener);
    watch(EPOLL_CTL_ADD, server_.signals.descriptor(), EPOLLIN, &server_.signals);
  }

  net::Totals run() {
    server_.announce();
    while (!draining_ || open() > 0) {
      std::array<epoll_event, 256> events;
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout());
      if (count < 0 && errno != EINTR) net::checked(count, "epoll_wait");
      now_ = Clock::now();
      // A connection ends in its own turn only, so no later event of this batch refers to it.
      for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.ptr == &server_.listener) {
          accept_next();
        } else if (event.data.ptr == &server_.signals) {
          take_signals();
        } else {
          auto& connection = *static_cast<Connection*>(event.data.ptr);
          constexpr auto end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
          if ((event.events & end) != 0) connection.ended = true;
          if ((event.events & (EPOLLIN | end)) != 0) connection.readable = true;
          if ((event.events & (EPOLLOUT | end)) != 0) connection.writable = true;
          drive(connection);
        }
      }
      end_what_is_due();
      listen_or_not();
    }
    return totals();
  }

 private:
  [[nodiscard]] std::size_t open() const { return busy_.size() + lingering_.size(); }

  [[nodiscard]] net::Totals totals() const {
    net::Totals totals;
    totals += counters_;
    totals.units_started = 1;
    return totals;
  }

  void watch(int operation, int descriptor, std::uint32_t events, void* what) {
    epoll_event event{.events = events, .data = {.ptr = what}};
    net::checked(::epoll_ctl(epoll_.get(), operation, descriptor, &event), "epoll_ctl");
  }

  // At the limit, and for a while after the system was short of something, nobody accepts.
  void listen_or_not() {
    if (draining_) return;
    const auto limit = server_.options.max_connections;
    const bool wanted = now_ >= accept_again_ && (limit == 0 || open() < limit);
    if (wanted == listening_) return;
    listening_ = wanted;
    watch(EPOLL_CTL_MOD, server_.listener.get(), wanted ? EPOLLIN : 0U, &server_.listener);
  }

  void accept_next() {
    if (draining_) return;
    net::Descriptor socket(
        ::accept4(server_.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return accept_failed(errno);
    net::CounterSlot::add(counters_.accepted, 1);
    busy_.push_back({.socket = std::move(socket),
                     .session = protocol::EchoSession(server_.limits()),
                     .progress = now_});
    auto& connection = busy_.back();
    connection.self = std::prev(busy_.end());
    drive(connection);
  }

  void accept_failed(int error) {
    const auto verdict = net::classify_accept_error(error);
    if (verdict == net::AcceptVerdict::fatal || verdict == net::AcceptVerdict::stopped) {
      throw std::system_error(error, std::generic_category(), "accept");
    }
    if (error == EAGAIN || error == EINTR) return;
    net::CounterSlot::add(counters_.accept_errors, 1);
    if (verdict == net::AcceptVerdict::back_off) {
      accept_again_ = now_ + std::chrono::milliseconds(net::accept_backoff_ms);
    }
  }

  // Takes a connection as far as it goes without waiting, but not at the others' cost.
  void drive(Connection& connection) {
    for (int turn = 0; turn < turns_at_once; ++turn) {
      const Action action = connection.session.next();
      switch (action.kind) {
        case Action::Kind::read:
          if (!connection.readable) return await(connection, input);
          read_some(connection);
          break;
        case Action::Kind::write:
          if (!connection.writable) return await(connection, input | EPOLLOUT);
          write_some(connection, action.bytes);
          break;
        case Action::Kind::act:
          connection.session.acted(net::perform(action.hazard));
          break;
        case Action::Kind::shut_and_drain:
          if (!connection.lingering) shut(connection);
          if (!connection.readable) return await(connection, input);
          discard_some(connection);
          break;
        case Action::Kind::close:
          counters_.close(action.reason);
          (connection.lingering ? lingering_ : busy_).erase(connection.self);
          return;
      }
    }
    // Modifying an edge-triggered registration reports anew what is ready.
    connection.awaited = 0;
    await(connection, input | EPOLLOUT);
  }

  // A connection that its first drive finishes is never registered, and EPOLLOUT, which every event
  // would report, only is for one that had to wait for it.
  void await(Connection& connection, std::uint32_t events) {
    if ((connection.awaited & events) == events) return;
    watch(connection.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection.socket.get(),
          events | EPOLLET, &connection);
    connection.registered = true;
    connection.awaited = events;
  }

  void made_progress(Connection& connection) {
    connection.progress = now_;
    busy_.splice(busy_.end(), busy_, connection.self);
  }

  // A read that does not fill the buffer took all there was (epoll(7)); an edge tells of more.
  ssize_t receive(Connection& connection, std::size_t limit) {
    const auto count = ::recv(connection.socket.get(), buffer_.data(), limit, 0);
    connection.readable = connection.ended || count == static_cast<ssize_t>(limit);
    return count;
  }

  void read_some(Connection& connection) {
    auto& session = connection.session;
    const auto lines_before = session.lines();
    const auto count = receive(connection, buffer_.size());
    if (count > 0) {
      net::CounterSlot::add(counters_.bytes_in, static_cast<std::uint64_t>(count));
      made_progress(connection);
      session.received({buffer_.data(), static_cast<std::size_t>(count)});
    } else if (count == 0) {
      session.end_of_input();
    } else if (errno == EAGAIN) {
      connection.readable = false;
    } else {
      session.abort(CloseReason::reset);
    }
    net::CounterSlot::add(counters_.lines, session.lines() - lines_before);
  }

  void write_some(Connection& connection, std::span<const char> bytes) {
    const auto count = ::send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    connection.writable = count == static_cast<ssize_t>(bytes.size());
    if (count > 0) {
      net::CounterSlot::add(counters_.bytes_out, static_cast<std::uint64_t>(count));
      made_progress(connection);
      connection.session.written(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN) {
      connection.session.abort(CloseReason::reset);
    }
  }

  void shut(Connection& connection) {
    connection.lingering = true;
    connection.progress = now_;
    lingering_.splice(lingering_.end(), busy_, connection.self);
    if (::shutdown(connection.socket.get(), SHUT_WR) < 0) connection.left_to_discard = 0;
  }

  void discard_some(Connection& connection) {
    if (connection.left_to_discard == 0) return connection.session.drained();
    const auto count = receive(connection, std::min(buffer_.size(), connection.left_to_discard));
    if (count > 0) {
      connection.left_to_discard -= static_cast<std::size_t>(count);
      if (connection.left_to_discard == 0) connection.session.drained();
    } else if (count < 0 && errno == EAGAIN) {
      connection.readable = false;
    } else {
      connection.session.drained();
    }
  }

  [[nodiscard]] bool due(const std::list<Connection>& list, Clock::duration patience) const {
    return !list.empty() && now_ - list.front().progress >= patience;
  }

  void end_what_is_due() {
    while (due(lingering_, protocol::linger_time)) {
      lingering_.front().session.drained();
      drive(lingering_.front());
    }
    while (due(busy_, server_.options.idle_timeout)) {
      auto& connection = busy_.front();
      // The edge of EPOLLOUT comes late, when a third of the kernel's buffer is free: a reader that
      // makes slow progress is seen by trying, and only one that makes none is idle.
      const auto progress_before = connection.progress;
      const auto owed = connection.session.next();
      if (owed.kind == Action::Kind::write) write_some(connection, owed.bytes);
      if (connection.progress == progress_before) connection.session.abort(CloseReason::idle);
      drive(connection);
    }
    if (!draining_ || now_ < drain_deadline_) return;
    while (!busy_.empty()) {
      auto& connection = busy_.front();
      connection.session.abort(CloseReason::drain);
      drive(connection);
    }
  }

  // Until when epoll may wait, in milliseconds and rounded up; -1 for ever.
  [[nodiscard]] int timeout() const {
    auto next = Clock::time_point::max();
    if (!busy_.empty()) next = busy_.front().progress + server_.options.idle_timeout;
    if (!lingering_.empty()) {
      next = std::min(next, lingering_.front().progress + protocol::linger_time);
    }
    if (draining_ && !busy_.empty()) next = std::min(next, drain_deadline_);
    if (!listening_ && accept_again_ > now_) next = std::min(next, accept_again_);
    if (next == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
  }

  void take_signals() {
    while (const auto command = server_.signals.take()) {
      switch (*command) {
        case app::Command::report:
          server_.report(totals());
          break;
        case app::Command::drain:
          draining_ = true;
          drain_deadline_ = now_ + server_.options.drain_timeout;
          server_.listener.close();
          break;
        case app::Command::kill:
          server_.exit_killed(totals());
        case app::Command::child_ended:
          break;
      }
    }
  }

  static constexpr std::uint32_t input = EPOLLIN | EPOLLRDHUP;
  static constexpr int turns_at_once = 32;

  app::EchoServer& server_;
  net::Descriptor epoll_;
  net::CounterSlot counters_;
  std::list<Connection> busy_;       // by progress, oldest first
  std::list<Connection> lingering_;  // by the beginning of lingering, oldest first
  Clock::time_point now_ = Clock::now();
  Clock::time_point accept_again_{};
  Clock::time_point drain_deadline_{};
  bool listening_ = true;
  bool draining_ = false;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace
}  // namespace trivium

int main(int argc, char** argv) {
  using namespace trivium;
  app::EchoOptions options;
  options.strategy = "epoll";
  if (const auto code = app::parse_echo_options(argc, argv, app::UnitKind::task, {{"epoll", false}},
                                                options, app::Defences::left_out)) {
    return *code;
  }
  try {
    app::EchoServer server(options, "floor/epoll");
    server.write_stats({});
    Loop loop(server);
    server.write_stats(loop.run());
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "floor_epoll: " << error.what() << '\n';
    return app::exit_refused;
  }
}
