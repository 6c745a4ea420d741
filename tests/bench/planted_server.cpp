// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// planted_server: an echo server with faults and costs that are known, because they were asked for.
// What measures servers is held against it: what was planted must be found, and nothing else.
//
// One thread on level-triggered epoll. The protocol is kept, but for timeouts and limits that
// measuring never meets: silent clients stay, and a lingering close waits for the client's end.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>

#include "shared/app/command_line.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"
#include "shared/net/listener.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium {
namespace {

using Clock = std::chrono::steady_clock;
using protocol::Action;
using protocol::CloseReason;

struct Options {
  net::HostPort listen{"127.0.0.1", "8080"};
  std::size_t work_per_line = 0;
  std::size_t corrupt_one_in = 0;
  std::size_t drop_one_in = 0;
  std::size_t timeout_one_in = 0;
  std::chrono::nanoseconds stall{};
  std::chrono::nanoseconds every = std::chrono::seconds(1);
};

/// Computes for as many steps, each of which waits for the one before it: so many cycles, and no
/// memory.
std::uint64_t compute(std::size_t steps, std::uint64_t value) {
  for (std::size_t i = 0; i < steps; ++i)
    value = value * 6364136223846793005U + 1442695040888963407U;
  return value;
}

struct Connection {
  net::Descriptor socket;
  protocol::EchoSession session;
  bool doomed = false;  // it will be dropped when its first byte has come
  bool mute = false;    // a line of it is never answered
  bool shut = false;
  std::uint32_t awaited = 0;
};

class Server {
 public:
  Server(const Options& options, net::Descriptor listener, int signals)
      : options_(options),
        listener_(std::move(listener)),
        epoll_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        signals_(signals) {
    watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN);
    watch(EPOLL_CTL_ADD, signals_, EPOLLIN);
  }

  /// Serves until a signal asks it to stop.
  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), patience());
      if (count < 0 && errno != EINTR) net::checked(count, "epoll_wait");
      stall_when_due();
      for (const auto& event :
           std::span(events).first(static_cast<std::size_t>(std::max(count, 0)))) {
        if (event.data.fd == signals_) return;
        if (event.data.fd == listener_.get()) {
          accept_next();
        } else if (const auto found = connections_.find(event.data.fd);
                   found != connections_.end()) {
          if (!go_on(found->second, event.events)) connections_.erase(found);
        }
      }
    }
  }

 private:
  void watch(int operation, int descriptor, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = descriptor}};
    net::checked(::epoll_ctl(epoll_.get(), operation, descriptor, &event), "epoll_ctl");
  }

  [[nodiscard]] int patience() const {
    if (options_.stall.count() == 0) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_stall_ - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  // Everybody waits, whatever they want: a pause of a collector, a lock, a page from a slow disk.
  void stall_when_due() {
    if (options_.stall.count() == 0 || Clock::now() < next_stall_) return;
    std::this_thread::sleep_for(options_.stall);
    next_stall_ += options_.every;
  }

  void accept_next() {
    net::Descriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket)
      return;  // the client has gone; or descriptors ran out, and the listener stays ready
    const int descriptor = socket.get();
    Connection connection{.socket = std::move(socket),
                          .session = protocol::EchoSession(protocol::EchoSession::Limits{})};
    connection.doomed = is_the_one(++accepted_, options_.drop_one_in);
    const auto place = connections_.emplace(descriptor, std::move(connection)).first;
    if (!go_on(place->second, 0)) connections_.erase(place);
  }

  static bool is_the_one(std::uint64_t number, std::size_t one_in) {
    return one_in != 0 && number % one_in == 0;
  }

  // Returns false where the connection is over.
  bool go_on(Connection& connection, std::uint32_t events) {
    if (connection.mute) return (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0;
    bool readable = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    for (;;) {
      const Action action = connection.session.next();
      switch (action.kind) {
        case Action::Kind::read:
          if (!readable) return await(connection, EPOLLIN);
          readable = false;
          if (!read_some(connection)) return false;
          if (connection.mute) return await(connection, EPOLLRDHUP);
          break;
        case Action::Kind::write:
          if (!write_some(connection, action.bytes)) return await(connection, EPOLLOUT);
          break;
        case Action::Kind::act:
          connection.session.acted();  // it never is: hazards are off
          break;
        case Action::Kind::shut_and_drain:
          if (!connection.shut) ::shutdown(connection.socket.get(), SHUT_WR);
          connection.shut = true;
          if (!readable) return await(connection, EPOLLIN);
          readable = false;
          if (::recv(connection.socket.get(), buffer_.data(), buffer_.size(), 0) <= 0) return false;
          break;
        case Action::Kind::close:
          return false;
      }
    }
  }

  bool await(Connection& connection, std::uint32_t events) {
    if (connection.awaited == events) return true;
    watch(connection.awaited == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.socket.get(), events);
    connection.awaited = events;
    return true;
  }

  bool read_some(Connection& connection) {
    auto& session = connection.session;
    const auto count = ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (connection.doomed && count > 0) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};  // close sends a reset
      ::setsockopt(connection.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return false;
    }
    const auto before = session.lines();
    if (count > 0) {
      session.received({buffer_.data(), static_cast<std::size_t>(count)});
    } else if (count == 0) {
      session.end_of_input();
    } else if (errno != EAGAIN) {
      session.abort(CloseReason::reset);
    }
    for (auto line = before; line < session.lines(); ++line) {
      work_ = compute(options_.work_per_line, work_);
      connection.mute = connection.mute || is_the_one(++lines_, options_.timeout_one_in);
    }
    return true;
  }

  // Returns false where the kernel took less than all. One byte in so many is flipped on its way.
  bool write_some(Connection& connection, std::span<const char> bytes) {
    if (options_.corrupt_one_in != 0) {
      bytes = bytes.first(std::min(bytes.size(), flipped_.size()));
      std::ranges::copy(bytes, flipped_.begin());
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (is_the_one(written_ + i + 1, options_.corrupt_one_in)) flipped_[i] ^= 1;
      }
      bytes = std::span<const char>(flipped_).first(bytes.size());
    }
    const auto count = ::send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) return false;
      connection.session.abort(CloseReason::reset);
      return true;
    }
    written_ += static_cast<std::uint64_t>(count);
    connection.session.written(static_cast<std::size_t>(count));
    return count == std::ssize(bytes);
  }

  Options options_;
  net::Descriptor listener_;
  net::Descriptor epoll_;
  int signals_;
  std::unordered_map<int, Connection> connections_;
  Clock::time_point next_stall_ = Clock::now() + options_.every;
  std::uint64_t accepted_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t written_ = 0;
  volatile std::uint64_t work_ = 1;  // so that what is computed has to be
  std::array<char, 64 * 1024> buffer_{};
  std::array<char, 64 * 1024> flipped_{};
};

int run(const Options& options) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  ::sigprocmask(SIG_BLOCK, &stops, nullptr);
  const net::Descriptor signals(
      net::checked(::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
  auto listener = net::listen_on(net::resolve_first(options.listen), 4096);
  const int flags = net::checked(::fcntl(listener.get(), F_GETFL), "fcntl");
  net::checked(::fcntl(listener.get(), F_SETFL, flags | O_NONBLOCK), "fcntl");
  std::cout << "listening on " << net::to_string(net::local_address(listener.get())) << std::endl;
  const auto server = std::make_unique<Server>(options, std::move(listener), signals.get());
  server->run();
  return 0;
}

}  // namespace
}  // namespace trivium

int main(int argc, char** argv) {
  using namespace trivium;
  constexpr std::size_t most = 1'000'000'000;
  Options options;
  CLI::App app("Serves the line-echo protocol, with faults and costs that are asked for.",
               "planted_server");
  app.add_option_function<std::string>(
         "--listen",
         [&](const std::string& text) {
           const auto parsed = net::parse_host_port(text);
           if (!parsed) throw CLI::ValidationError("--listen", "'" + text + "' is not HOST:PORT");
           options.listen = *parsed;
         },
         "Where to listen; port 0 picks a free one")
      ->type_name("HOST:PORT")
      ->default_str("127.0.0.1:8080");
  app::add_count(app, "--work-per-line", options.work_per_line, 0, most,
                 "Steps of computation for each line, a few cycles each");
  app::add_count(app, "--corrupt-one-in", options.corrupt_one_in, 0, most,
                 "Flip a bit of one byte in so many; 0: of none");
  app::add_count(app, "--drop-one-in", options.drop_one_in, 0, most,
                 "Reset one connection in so many; 0: none");
  app::add_count(app, "--timeout-one-in", options.timeout_one_in, 0, most,
                 "Never answer one line in so many; 0: answer all");
  app::add_duration(app, "--stall", options.stall, "For how long everybody waits, now and then");
  app::add_duration(app, "--every", options.every, "How often they do");
  if (const auto code = app::parse(app, argc, argv)) return *code;
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "planted_server: " << error.what() << '\n';
    return app::exit_refused;
  }
}
