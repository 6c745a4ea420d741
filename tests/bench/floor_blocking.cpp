// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// floor/blocking-process, floor/blocking-thread: bare recv and send in a fixed pool of processes or
// threads that accept from one listener. What our pools cost beyond this is the price of timing
// out, stopping, counting and supervising.
//
// A line takes recv and send; a connection takes accept4, the head's send, shutdown, a setsockopt
// and recv for the lingering close, and close. The protocol is kept whole. Left out, see README.md:
// idle timeouts, draining (a signal ends the pool at once), counters, --max-connections, and the
// supervision of workers.

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "shared/app/command_line.hpp"
#include "shared/app/echo_options.hpp"
#include "shared/net/blocking_connection.hpp"
#include "shared/net/hazards.hpp"
#include "shared/net/listener.hpp"

namespace trivium {
namespace {

using protocol::Action;
using protocol::CloseReason;

using Buffer = std::array<char, 64 * 1024>;

struct Options {
  net::HostPort listen{"127.0.0.1", "8080"};
  std::string model = "thread";
  std::size_t workers = std::max<std::size_t>(32, 4 * app::usable_cpus());
  std::size_t backlog = 4096;
  std::size_t max_line = 64 * 1024;
};

void linger(int socket, Buffer& buffer) {
  using Clock = std::chrono::steady_clock;
  if (::shutdown(socket, SHUT_WR) < 0) return;
  const auto deadline = Clock::now() + protocol::linger_time;
  std::size_t left = protocol::linger_bytes;
  for (auto now = deadline - protocol::linger_time; left > 0 && now < deadline;
       now = Clock::now()) {
    net::set_receive_timeout(socket, deadline - now);
    const auto count = ::recv(socket, buffer.data(), std::min(left, buffer.size()), 0);
    if (count <= 0) return;
    left -= static_cast<std::size_t>(count);
  }
}

void serve(int socket, std::size_t max_line, Buffer& buffer) {
  protocol::EchoSession session({.max_line = max_line});
  for (;;) {
    const Action action = session.next();
    switch (action.kind) {
      case Action::Kind::read: {
        const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (count > 0) {
          session.received({buffer.data(), static_cast<std::size_t>(count)});
        } else if (count == 0) {
          session.end_of_input();
        } else {
          session.abort(CloseReason::reset);
        }
        break;
      }
      case Action::Kind::write: {
        const auto count = ::send(socket, action.bytes.data(), action.bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
          session.written(static_cast<std::size_t>(count));
        } else {
          session.abort(CloseReason::reset);
        }
        break;
      }
      case Action::Kind::act:
        session.acted(net::perform(action.hazard));
        break;
      case Action::Kind::shut_and_drain:
        linger(socket, buffer);
        session.drained();
        break;
      case Action::Kind::close:
        return;
    }
  }
}

void work(int listener, std::size_t max_line) {
  Buffer buffer;
  net::CounterSlot uncounted;
  while (const auto connection = net::accept_one(listener, uncounted)) {
    serve(connection->get(), max_line, buffer);
  }
}

[[noreturn]] void be_worker(pid_t parent, int listener, std::size_t max_line) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  work(listener, max_line);
  ::_exit(0);
}

void wait_for_stop(const sigset_t& stops) {
  int signal = 0;
  while (::sigwait(&stops, &signal) != 0) {
  }
}

void run_processes(int listener, const Options& options, const sigset_t& stops) {
  const pid_t parent = ::getpid();
  std::vector<pid_t> workers;
  for (std::size_t i = 0; i < options.workers; ++i) {
    const pid_t worker = net::checked(::fork(), "fork");
    if (worker == 0) be_worker(parent, listener, options.max_line);
    workers.push_back(worker);
  }
  wait_for_stop(stops);
  for (const pid_t worker : workers) ::kill(worker, SIGKILL);
  for (const pid_t worker : workers) ::waitpid(worker, nullptr, 0);
}

void run_threads(int listener, const Options& options, const sigset_t& stops) {
  for (std::size_t i = 0; i < options.workers; ++i) {
    std::thread(work, listener, options.max_line).detach();  // _exit ends them all
  }
  wait_for_stop(stops);
}

int run(const Options& options) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  const auto listener =
      net::listen_on(net::resolve_first(options.listen), static_cast<int>(options.backlog));
  // The kernel queues from here on, so that the line may come before the workers.
  std::cout << "listening on " << net::to_string(net::local_address(listener.get())) << std::endl;
  (options.model == "process" ? run_processes : run_threads)(listener.get(), options, stops);
  ::_exit(0);
}

}  // namespace
}  // namespace trivium

int main(int argc, char** argv) {
  using namespace trivium;
  Options options;
  CLI::App app(
      "Serves the line-echo protocol with nothing but recv and send: a floor to measure on.",
      "floor_blocking");
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
  app::add_choice(app, "--model", options.model, {"process", "thread"}, "What a worker is");
  app::add_count(app, "--workers", options.workers, 1, 32768, "Workers in the pool");
  app::add_count(app, "--backlog", options.backlog, 1, 65535, "Connections that the kernel queues");
  app::add_size(app, "--max-line", options.max_line, "Content that a line may have");
  if (const auto code = app::parse(app, argc, argv)) return *code;
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "floor_blocking: " << error.what() << '\n';
    return app::exit_refused;
  }
}
