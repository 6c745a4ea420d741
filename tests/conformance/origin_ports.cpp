// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/origin_ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace trivium::conformance {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

int bind_loopback(const std::string& host, std::uint16_t& port) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    size = sizeof(sockaddr_in6);
  } else {
    throw std::invalid_argument("not an address: " + host);
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (::bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    fail("bind");
  }
  port = ntohs(storage.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
  return fd;
}

// Bound and not listening: the kernel answers a SYN with RST, and nobody else gets the port.
RefusingPort::RefusingPort() : fd_(bind_loopback("127.0.0.1", port_)) {}

RefusingPort::~RefusingPort() {
  ::close(fd_);
}

FullBacklog::FullBacklog() : listener_(bind_loopback("127.0.0.1", port_)) {
  if (::listen(listener_, 0) != 0) fail("listen");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  // A backlog of 0 takes one or two; from then on a SYN is dropped and retried for minutes.
  for (int i = 0; i < 8 && !works_; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) fail("socket");
    fillers_.push_back(fd);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) continue;
    pollfd writable{fd, POLLOUT, 0};
    works_ = errno == EINPROGRESS && ::poll(&writable, 1, 100) == 0;
  }
}

FullBacklog::~FullBacklog() {
  for (const int fd : fillers_) ::close(fd);
  ::close(listener_);
}

}  // namespace trivium::conformance
