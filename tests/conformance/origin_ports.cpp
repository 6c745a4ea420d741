// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/origin_ports.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace trivium::conformance {
namespace {

Fd tcp_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  return Fd{fd};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

// Bound and not listening: the kernel answers a SYN with RST, and nobody else gets the port.
RefusingPort::RefusingPort() : socket_(tcp_socket()) {
  const sockaddr_in address = loopback(0);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
  port_ = local_port(socket_);
}

FullBacklog::FullBacklog() : listener_(listen_on("127.0.0.1", 0)), port_(local_port(listener_)) {
  const sockaddr_in address = loopback(port_);
  // A backlog of 0 takes one or two; from then on a SYN is dropped and sent again for minutes.
  for (int i = 0; i < 8 && !works_; ++i) {
    fillers_.push_back(tcp_socket());
    const int fd = fillers_.back().get();
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) continue;
    const bool pending = errno == EINPROGRESS;
    pollfd writable{fd, POLLOUT, 0};
    works_ = pending && ::poll(&writable, 1, 100) == 0;
  }
}

}  // namespace trivium::conformance
