// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "shared/load/engine.hpp"
#include "shared/load/message.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"
#include "shared/net/listener.hpp"

namespace trivium::test {

/// A server that behaves as a test wants it to: one connection at a time, or a thread for each. The
/// end of the test ends it, once its clients are gone.
class ScriptedServer {
 public:
  using Script = std::function<void(int)>;
  enum class Serves { one_by_one, at_once };

  explicit ScriptedServer(Script script, Serves serves = Serves::one_by_one)
      : listener_(net::listen_on(net::resolve_first({"127.0.0.1", "0"}), 128)),
        address_(net::local_address(listener_.get())),
        script_(std::move(script)),
        thread_([this, serves] { accept_all(serves); }) {}
  ~ScriptedServer() {
    net::shut_listener(listener_.get());
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] const net::Address& address() const { return address_; }

 private:
  void accept_all(Serves serves) {
    std::vector<std::thread> threads;
    for (;;) {
      net::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        break;
      }
      if (serves == Serves::one_by_one) {
        script_(client.get());
      } else {
        threads.emplace_back([this, own = std::move(client)] { script_(own.get()); });
      }
    }
    for (auto& thread : threads) thread.join();
  }

  net::Descriptor listener_;
  net::Address address_;
  Script script_;
  std::thread thread_;
};

/// An address that nobody listens on.
inline net::Address dead_address() {
  const auto listener = net::listen_on(net::resolve_first({"127.0.0.1", "0"}), 1);
  return net::local_address(listener.get());
}

inline void put(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// The next line with its `\n`, or what came before the end of stream.
inline std::string take_line(int socket) {
  std::string line;
  char byte = 0;
  while (::recv(socket, &byte, 1, 0) == 1) {
    line += byte;
    if (byte == '\n') break;
  }
  return line;
}

/// Sends FIN and waits for the client's.
inline void end(int socket) {
  ::shutdown(socket, SHUT_WR);
  char buffer[4096];
  while (::recv(socket, buffer, sizeof buffer, 0) > 0) {
  }
}

/// Makes the close that follows a reset.
inline void reset(int socket) {
  const linger now{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

using Change = std::function<std::string(std::string)>;

inline std::string same(std::string line) {
  return line;
}

/// Echoes lines as the protocol has it, each changed in some way, until the empty line.
inline ScriptedServer::Script echo(Change change = same) {
  return [change = std::move(change)](int socket) {
    put(socket, load::Message::head);
    for (;;) {
      const std::string line = take_line(socket);
      if (line.size() < 2) break;
      put(socket, change(line));
    }
    end(socket);
  };
}

struct Ran {
  load::Results results;
  int measuring = 0;
  int measured = 0;
};

using Adjust = std::function<void(load::Options&)>;

inline Ran run_once(const net::Address& address, load::Mode mode, std::chrono::nanoseconds duration,
                    const Adjust& adjust = {}) {
  load::Options options;
  options.mode = mode;
  options.connections = 1;
  options.warmup = std::chrono::seconds(0);
  options.duration = duration;
  options.timeout = std::chrono::seconds(2);
  if (adjust) adjust(options);
  Ran ran;
  load::Listener listener;
  listener.measuring = [&] { ++ran.measuring; };
  listener.measured = [&] { ++ran.measured; };
  ran.results = load::run(options, address, listener);
  return ran;
}

/// Runs for as long as it takes an operation to end, on a machine however busy.
inline Ran run_against(const net::Address& address, load::Mode mode, const Adjust& adjust = {}) {
  std::chrono::nanoseconds duration = std::chrono::milliseconds(150);
  for (;;) {
    Ran ran = run_once(address, mode, duration, adjust);
    const bool any = ran.results.measured.sum() > 0 || ran.results.start_ns == 0;
    if (any || duration > std::chrono::seconds(10)) return ran;
    duration *= 4;
  }
}

}  // namespace trivium::test
