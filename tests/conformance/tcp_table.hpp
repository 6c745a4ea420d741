// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the kernel knows of this machine's IPv4 TCP sockets, asked for one at a time by
// sock_diag(7): to read /proc/net/tcp takes half a second where a load test has left its TIME_WAIT
// sockets.
#pragma once

#include <optional>

#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

struct TcpSocket {
  unsigned long inode = 0;
  bool listening = false;
};

// The other end, on this machine, of a connected socket; nothing where it is gone.
[[nodiscard]] std::optional<TcpSocket> find_peer(int connected);

// True where a socket listens at this IPv4 address, seen without connecting to it.
[[nodiscard]] bool listens(const Endpoint& at);

}  // namespace trivium::conformance
