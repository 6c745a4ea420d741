// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The origin of the scenario `fetch`: an HTTP server that answers every request after the same
// delay, however many wait, so that what a fetch client needs beyond that is its own.
//
// One loop on one thread. All wait equally long, so that those who wait form a queue, and its front
// says until when epoll may wait. SIGUSR1 prints what came until then, as JSON.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <iostream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/app/command_line.hpp"
#include "shared/app/signals.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"
#include "shared/net/listener.hpp"

namespace trivium {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string listen = "127.0.0.1:0";
  std::chrono::nanoseconds delay = std::chrono::milliseconds(50);
  std::size_t body_bytes = 256;
};

class Origin {
 public:
  explicit Origin(const Options& options)
      : delay_(options.delay),
        answer_("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                std::to_string(options.body_bytes) + "\r\n\r\n" +
                std::string(options.body_bytes, 'x')),
        epoll_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    const auto where = net::parse_host_port(options.listen);
    if (!where) throw std::runtime_error("--listen takes HOST:PORT");
    listener_ = net::listen_on(net::resolve_first(*where), SOMAXCONN);
    const int flags = net::checked(::fcntl(listener_.get(), F_GETFL), "fcntl");
    net::checked(::fcntl(listener_.get(), F_SETFL, flags | O_NONBLOCK), "fcntl");
    watch(listener_.get());
    watch(signals_.descriptor());
  }

  void run() {
    std::cout << "listening on " << net::to_string(net::local_address(listener_.get()))
              << std::endl;
    while (!stopped_) {
      std::array<epoll_event, 256> events;
      const auto wait = until_next();
      const int count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(),
                                       waiting_.empty() ? nullptr : &wait, nullptr);
      if (count < 0 && errno != EINTR) net::checked(count, "epoll_pwait2");
      for (int i = 0; i < count; ++i) take(events[static_cast<std::size_t>(i)].data.fd);
      answer_who_is_due();
    }
  }

 private:
  struct Exchange {
    net::Descriptor socket;
    std::string head;  // as far as it has come
  };
  struct Waiting {
    Clock::time_point due;
    int descriptor;
  };

  void watch(int descriptor) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    net::checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
  }

  [[nodiscard]] timespec until_next() const {
    if (waiting_.empty()) return {};
    const auto left = std::max(waiting_.front().due - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
  }

  void report() const {
    std::cout << R"({"answered": )" << answered_ << R"(, "most_at_once": )" << most_ << '}'
              << std::endl;
  }

  void take(int descriptor) {
    if (descriptor == listener_.get()) return accept_all();
    if (descriptor == signals_.descriptor()) {
      while (const auto command = signals_.take()) {
        if (*command == app::Command::report) {
          report();
        } else {
          stopped_ = true;
        }
      }
      return;
    }
    const auto found = open_.find(descriptor);
    if (found != open_.end()) read_head(descriptor, found->second);
  }

  void accept_all() {
    while (true) {
      net::Descriptor socket(
          ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) return;  // as a rule, none is left; for want of descriptors, later
      const int descriptor = socket.get();
      watch(descriptor);
      open_[descriptor] = {std::move(socket), {}};
    }
  }

  void read_head(int descriptor, Exchange& exchange) {
    std::array<char, 4096> buffer;
    const auto count = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      if (count == 0 || (errno != EAGAIN && errno != EINTR)) open_.erase(descriptor);
      return;
    }
    exchange.head.append(buffer.data(), static_cast<std::size_t>(count));
    if (exchange.head.find("\r\n\r\n") == std::string::npos) return;
    // Whatever the client does now is met when it is answered.
    net::checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr), "epoll_ctl");
    waiting_.push_back({Clock::now() + delay_, descriptor});
    most_ = std::max(most_, waiting_.size());
  }

  void answer_who_is_due() {
    const auto now = Clock::now();
    while (!waiting_.empty() && waiting_.front().due <= now) {
      const int descriptor = waiting_.front().descriptor;
      waiting_.pop_front();
      // The answer is smaller than a socket's buffer, and the first that is sent: it goes out
      // whole.
      if (::send(descriptor, answer_.data(), answer_.size(), MSG_NOSIGNAL) > 0) ++answered_;
      open_.erase(descriptor);
    }
  }

  std::chrono::nanoseconds delay_;
  std::string answer_;
  app::Signals signals_;
  net::Descriptor epoll_;
  net::Descriptor listener_;
  std::unordered_map<int, Exchange> open_;
  std::deque<Waiting> waiting_;  // by when they are due: all have the same delay
  std::size_t answered_ = 0;
  std::size_t most_ = 0;
  bool stopped_ = false;
};

}  // namespace
}  // namespace trivium

int main(int argc, char** argv) {
  using namespace trivium;
  Options options;
  CLI::App app{"Answers every HTTP request after the same delay, however many wait."};
  app.add_option("--listen", options.listen, "Where to listen; port 0 picks a free one");
  app::add_duration(app, "--delay", options.delay, "From the end of a request to its answer");
  app::add_size(app, "--body-bytes", options.body_bytes, "What an answer holds");
  if (const auto code = app::parse(app, argc, argv)) return *code;
  try {
    Origin(options).run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "slow_origin: " << error.what() << '\n';
    return app::exit_refused;
  }
}
