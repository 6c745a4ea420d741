// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/conformance/deadline.hpp"

namespace trivium::conformance {

// An owned descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

struct Endpoint {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};

// Reads HOST:PORT or [IPv6]:PORT. Throws std::invalid_argument.
[[nodiscard]] Endpoint parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_string(const Endpoint& endpoint);  // IPv6 in brackets

// Whether this system has an address for the name: a bare one may have none for localhost.
[[nodiscard]] bool resolves(const std::string& name);

// Listens on 127.0.0.1 (or another literal) at a free port; non-blocking.
[[nodiscard]] Fd listen_on(const std::string& host = "127.0.0.1", int backlog = 128,
                           std::uint16_t port = 0);
[[nodiscard]] std::uint16_t local_port(const Fd& socket);

// A port at which nobody listened a moment ago, of those that the kernel gives to nobody who asks
// for any (as a rule): so it is still free a moment later.
[[nodiscard]] std::uint16_t free_port();

// How a stream came to its end, or did not.
enum class End { fin, reset, timeout, enough };
[[nodiscard]] const char* to_string(End end);

// What was received, and what stopped the receiving.
struct Received {
  std::string data;
  End end = End::timeout;
};

// No answer that is due is longer; who sends on and on must not cost the judge its memory.
inline constexpr std::size_t most_received = std::size_t{128} << 20;

// A connected TCP socket, non-blocking inside, with a deadline on every step.
class Stream {
 public:
  Stream() = default;
  // how: what the transcript says of the connection's begin.
  Stream(Fd socket, std::string_view how);

  // Throws std::system_error where the connection is refused or the deadline passes.
  // receive_buffer: SO_RCVBUF, set before connecting; 0 leaves the default.
  [[nodiscard]] static Stream connect(const Endpoint& to, Deadline deadline = Deadline{},
                                      int receive_buffer = 0);
  // Accepts one connection from a listener; an empty stream where the deadline passed.
  [[nodiscard]] static Stream accept(const Fd& listener, Deadline deadline = Deadline{});

  explicit operator bool() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Sends all of it, without reading; returns false where the peer reset or the deadline passed.
  bool send(std::string_view bytes, Deadline deadline = Deadline{});
  // Sends what the kernel takes now; returns the count, or -1 where the peer reset.
  long send_some(std::string_view bytes);

  // Receives until `count` bytes have come (then End::enough, also for count 0), or the stream
  // ends.
  [[nodiscard]] Received receive(std::size_t count, Deadline deadline = Deadline{});
  // Receives until the stream ends. Beyond `limit` bytes it stops with End::enough.
  [[nodiscard]] Received receive_to_end(Deadline deadline = Deadline{},
                                        std::size_t limit = most_received);
  // Sends all and receives to the end at the same time, so that neither side can block the other;
  // beyond `most_received` bytes it stops with End::enough. finish: half-closes after the last
  // byte.
  [[nodiscard]] Received exchange(std::string_view bytes, bool finish,
                                  Deadline deadline = Deadline{});

  void finish();  // half-close: sends FIN, reading goes on
  void close();
  void abort();  // RST

  // True where something (bytes or an end) can be received within the time.
  [[nodiscard]] bool readable(milliseconds within) const;

 private:
  long receive_some(char* buffer, std::size_t size, Received& result);

  Fd fd_;
  bool reset_ = false;  // before it was known to be connected
  int number_ = 0;      // in the transcript
};

}  // namespace trivium::conformance
