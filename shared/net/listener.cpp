// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace trivium::net {
namespace {

void enable(int socket, int level, int option, const char* what) {
  const int on = 1;
  checked(::setsockopt(socket, level, option, &on, sizeof on), what);
}

void set_timeout(int socket, int option, std::chrono::nanoseconds timeout, const char* what) {
  const auto rounded = std::max(std::chrono::ceil<std::chrono::microseconds>(timeout),
                                std::chrono::microseconds(1));  // zero would mean: no limit
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rounded);
  const timeval value{.tv_sec = seconds.count(), .tv_usec = (rounded - seconds).count()};
  checked(::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value), what);
}

Descriptor open_socket(const Address& address) {
  Descriptor listener(
      checked(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "cannot open a socket"));
  enable(listener.get(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
  enable(listener.get(), IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
  return listener;
}

void bind_and_listen(const Descriptor& listener, const Address& address, int backlog) {
  if (::bind(listener.get(), address.get(), address.size) < 0 ||
      ::listen(listener.get(), backlog) < 0) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot listen on " + to_string(address));
  }
}

}  // namespace

Descriptor listen_on(const Address& address, int backlog) {
  Descriptor listener = open_socket(address);
  bind_and_listen(listener, address, backlog);
  return listener;
}

Descriptor listen_beside(int listener, int backlog) {
  const Address address = local_address(listener);
  Descriptor sibling = open_socket(address);
  enable(listener, SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT");
  enable(sibling.get(), SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT");
  bind_and_listen(sibling, address, backlog);
  return sibling;
}

void set_idle_timeout(int socket, std::chrono::nanoseconds timeout) {
  set_timeout(socket, SO_RCVTIMEO, timeout, "SO_RCVTIMEO");
  set_timeout(socket, SO_SNDTIMEO, timeout / sends_per_idle_timeout, "SO_SNDTIMEO");
}

void set_receive_timeout(int socket, std::chrono::nanoseconds timeout) {
  set_timeout(socket, SO_RCVTIMEO, timeout, "SO_RCVTIMEO");
}

Address local_address(int socket) {
  Address address;
  address.size = sizeof address.storage;
  checked(::getsockname(socket, address.get(), &address.size), "getsockname");
  return address;
}

void shut_listener(int listener) noexcept {
  ::shutdown(listener, SHUT_RD);
  const Descriptor deaf(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (deaf) ::dup3(deaf.get(), listener, O_CLOEXEC);
}

}  // namespace trivium::net
