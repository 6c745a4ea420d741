// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <system_error>

#include "tests/conformance/transcript.hpp"

namespace trivium::conformance {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

AddressList resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list) !=
      0) {
    fail(EADDRNOTAVAIL, "can't resolve " + endpoint.host);
  }
  return {list, &::freeaddrinfo};
}

// With ECONNRESET as `error` it was connected, and has been reset since.
Fd connect_one(const addrinfo& address, Deadline deadline, int receive_buffer, int& error) {
  Fd fd{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd && errno == EAFNOSUPPORT) {  // a kernel without IPv6
    error = errno;
    return {};
  }
  if (!fd) throw HarnessError("socket: " + std::generic_category().message(errno));
  if (receive_buffer > 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  error = 0;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
  if (errno != EINPROGRESS) {
    error = errno;
    return {};
  }
  pollfd polled{fd.get(), POLLOUT, 0};
  if (::poll(&polled, 1, deadline.remaining_ms()) <= 0) {
    error = ETIMEDOUT;
    return {};
  }
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 || error == ECONNRESET ? std::move(fd) : Fd{};
}

bool wait_for(int fd, short events, Deadline deadline) {
  pollfd polled{fd, events, 0};
  return ::poll(&polled, 1, deadline.remaining_ms()) > 0;
}

}  // namespace

Endpoint parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw std::invalid_argument("not HOST:PORT: " + std::string{text});
  }
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    throw std::invalid_argument("IPv6 without brackets: " + std::string{text});
  }
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port > 65535) {
    throw std::invalid_argument("not a port: " + std::string{text});
  }
  return {std::string{host}, static_cast<std::uint16_t>(port)};
}

bool resolves(const std::string& name) {
  try {
    return resolve({.host = name}) != nullptr;
  } catch (const std::system_error&) {
    return false;
  }
}

std::string to_string(const Endpoint& endpoint) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  return (brackets ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(endpoint.port);
}

Fd listen_on(const std::string& host, int backlog, std::uint16_t port) {
  const auto list = resolve({host, port});
  Fd fd{::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0) fail(errno, "bind");
  if (::listen(fd.get(), backlog) != 0) fail(errno, "listen");
  return fd;
}

std::uint16_t local_port(const Fd& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(socket.get(), address, &size) != 0) fail(errno, "getsockname");
  return storage.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6*>(address)->sin6_port)
                                       : ntohs(reinterpret_cast<sockaddr_in*>(address)->sin_port);
}

std::uint16_t free_port() {
  constexpr int lowest = 10'000;
  int first_of_the_kernel = 0;
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first_of_the_kernel;
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::uniform_int_distribution ports{lowest, std::max(lowest + 1000, first_of_the_kernel - 1)};
    const auto list = resolve({"127.0.0.1", static_cast<std::uint16_t>(ports(random))});
    const Fd fd{::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd) throw HarnessError("socket: " + std::generic_category().message(errno));
    if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) == 0) return local_port(fd);
  }
  throw HarnessError("no port is free");
}

const char* to_string(End end) {
  switch (end) {
    case End::fin:
      return "FIN";
    case End::reset:
      return "reset";
    case End::timeout:
      return "timeout";
    case End::enough:
      return "enough";
  }
  return "?";
}

Stream::Stream(Fd socket, std::string_view how)
    : fd_(std::move(socket)), number_(transcript::begin(how)) {
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Stream Stream::connect(const Endpoint& to, Deadline deadline, int receive_buffer) {
  const auto list = resolve(to);
  int error = 0;
  for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
    if (Fd fd = connect_one(*address, deadline, receive_buffer, error)) {
      Stream stream{std::move(fd), "connect to " + to_string(to)};
      stream.reset_ = error == ECONNRESET;
      return stream;
    }
  }
  transcript::note(0,
                   "connect to " + to_string(to) + ": " + std::generic_category().message(error));
  fail(error, "connect to " + to_string(to));
}

Stream Stream::accept(const Fd& listener, Deadline deadline) {
  for (;;) {
    Fd fd{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (fd) return Stream{std::move(fd), "accept"};
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) fail(errno, "accept");
    if (deadline.expired()) return {};
    wait_for(listener.get(), POLLIN, deadline);
  }
}

long Stream::send_some(std::string_view bytes) {
  const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) {
    transcript::sent(number_, bytes.substr(0, static_cast<std::size_t>(count)));
    return count;
  }
  if (errno == EAGAIN || errno == EINTR) return 0;
  transcript::note(number_, "sending: " + std::generic_category().message(errno));
  return -1;
}

// The count of bytes received and appended to `result`; 0 where there are none now, -1 where the
// stream has ended, and `result` says how.
long Stream::receive_some(char* buffer, std::size_t size, Received& result) {
  const ssize_t got = reset_ ? -1 : ::recv(fd_.get(), buffer, size, 0);
  if (got > 0) {
    const std::string_view bytes{buffer, static_cast<std::size_t>(got)};
    transcript::received(number_, bytes);
    result.data.append(bytes);
    return got;
  }
  if (got < 0 && !reset_ && (errno == EAGAIN || errno == EINTR)) return 0;
  result.end = got == 0 ? End::fin : End::reset;
  transcript::note(number_, got == 0 ? "<- FIN" : "<- reset");
  return -1;
}

bool Stream::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const long count = send_some(bytes);
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    if (bytes.empty()) return true;
    if (count > 0) deadline.progressed();
    if (deadline.expired()) return false;
    if (count == 0) wait_for(fd_.get(), POLLOUT, deadline);
  }
  return true;
}

Received Stream::receive(std::size_t count, Deadline deadline) {
  Received result;
  std::array<char, 65536> buffer;
  while (result.data.size() < count) {
    const std::size_t want = std::min(buffer.size(), count - result.data.size());
    const long got = receive_some(buffer.data(), want, result);
    if (got < 0) return result;
    if (got > 0) {
      deadline.progressed();
      continue;
    }
    if (deadline.expired()) {
      transcript::note(number_, "deadline");
      return result;
    }
    wait_for(fd_.get(), POLLIN, deadline);
  }
  result.end = End::enough;
  return result;
}

Received Stream::receive_to_end(Deadline deadline, std::size_t limit) {
  return receive(limit, deadline);
}

Received Stream::exchange(std::string_view bytes, bool finish_after, Deadline deadline) {
  Received result;
  std::array<char, 65536> buffer;
  bool sending = true;
  for (;;) {
    if (sending && !bytes.empty()) {
      const long count = send_some(bytes);
      if (count < 0) sending = false;  // The receiving side tells how it ended.
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
        deadline.progressed();
      }
    }
    if (sending && bytes.empty()) {
      sending = false;
      if (finish_after) finish();
    }
    const long got = receive_some(buffer.data(), buffer.size(), result);
    if (got < 0) return result;
    if (result.data.size() > most_received) {
      transcript::note(number_, "more than is looked at");
      result.end = End::enough;
      return result;
    }
    if (got > 0) {
      deadline.progressed();
      continue;
    }
    if (deadline.expired()) {
      transcript::note(number_, "deadline");
      return result;
    }
    wait_for(fd_.get(), static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), deadline);
  }
}

void Stream::finish() {
  transcript::note(number_, "-> FIN");
  ::shutdown(fd_.get(), SHUT_WR);
}

void Stream::close() {
  transcript::note(number_, "-> close");
  fd_.reset();
}

void Stream::abort() {
  transcript::note(number_, "-> reset");
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd_.reset();
}

bool Stream::readable(milliseconds within) const {
  return wait_for(fd_.get(), POLLIN, Deadline{within});
}

}  // namespace trivium::conformance
