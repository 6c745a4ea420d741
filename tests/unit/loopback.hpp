// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"
#include "shared/net/listener.hpp"

namespace trivium::test {

/// Nothing on the loopback takes this long, unless it is broken.
inline constexpr std::chrono::seconds patience{20};

inline net::Descriptor listen_on_loopback(int backlog = 128) {
  return net::listen_on(net::resolve_first({"127.0.0.1", "0"}), backlog);
}

/// Connects to a listener; blocks no longer than `patience` in any call.
inline net::Descriptor connect_to(int listener, int receive_buffer = 0) {
  net::Descriptor client(net::checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  if (receive_buffer > 0) {
    net::checked(
        ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer),
        "SO_RCVBUF");
  }
  net::set_receive_timeout(client.get(), patience);
  const auto address = net::local_address(listener);
  net::checked(::connect(client.get(), address.get(), address.size), "connect");
  return client;
}

inline void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    net::checked(static_cast<int>(count), "send");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Receives until the end of the stream or `limit` bytes; throws where the stream ends otherwise.
inline std::string receive(int socket, std::size_t limit = std::string::npos) {
  std::string text;
  char buffer[16384];
  while (text.size() < limit) {
    const auto count = ::recv(socket, buffer, std::min(sizeof buffer, limit - text.size()), 0);
    if (net::checked(static_cast<int>(count), "recv") == 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

/// What a slow reader got, and for how long it took nothing, at most, since it was last known to.
struct SlowReading {
  std::string text;
  std::chrono::nanoseconds longest_pause{};
};

/// Reads `rate` bytes a second, a little at a time, until then or until nothing more can come.
inline SlowReading read_slowly(int socket, double rate, std::chrono::steady_clock::time_point last,
                               std::chrono::steady_clock::time_point until) {
  using Clock = std::chrono::steady_clock;
  SlowReading reading;
  for (const auto begin = Clock::now(); last < until;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto now = Clock::now();
    reading.longest_pause = std::max<std::chrono::nanoseconds>(reading.longest_pause, now - last);
    last = now;
    // After a pause that was too long it makes up for what it did not take.
    const auto due =
        static_cast<std::size_t>(std::chrono::duration<double>(now - begin).count() * rate);
    char buffer[65536];
    while (reading.text.size() < due) {
      const std::size_t size = std::min(sizeof buffer, due - reading.text.size());
      const auto count = ::recv(socket, buffer, size, MSG_DONTWAIT);
      if (count == 0 || (count < 0 && errno != EAGAIN)) return reading;
      if (count < 0) break;
      reading.text.append(buffer, static_cast<std::size_t>(count));
    }
  }
  return reading;
}

/// Judges what only a machine that is not busy can show: `attempt` says whether it was quick enough
/// to be judged. Fails where none of many was.
template <typename Attempt>
void judge_a_quick_attempt(Attempt attempt) {
  constexpr int attempts = 15;
  for (int i = 0; i < attempts; ++i) {
    if (attempt() || ::testing::Test::HasFailure()) return;
  }
  ADD_FAILURE() << "none of " << attempts << " attempts was quick enough to be judged";
}

/// Closes a socket so that the peer sees a reset.
inline void reset(net::Descriptor& socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  net::checked(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now), "SO_LINGER");
  socket.close();
}

/// Looks until the condition holds; false where it does not within `patience`.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace trivium::test
