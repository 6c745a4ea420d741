// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <string>

#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"

namespace trivium::net {

/// Opens a listening TCP socket, closed on exec, with SO_REUSEADDR and, for what is accepted from
/// it, TCP_NODELAY. Throws std::system_error that names the address where the system refuses.
[[nodiscard]] Descriptor listen_on(const Address& address, int backlog);

/// Opens one more listener at a listener's address, with SO_REUSEPORT on both; the kernel then
/// spreads connections over them. Throws std::system_error.
[[nodiscard]] Descriptor listen_beside(int listener, int backlog);

/// A blocked send gives up after this part of the idle timeout, and is tried again.
inline constexpr int sends_per_idle_timeout = 4;

/// Sets how long a blocking recv or send on the socket, or on those accepted from it, may wait.
/// Linux hands a listener's options down to what it accepts, so that this costs no system call for
/// a connection. One send waits for a part of the time only (`sends_per_idle_timeout`).
void set_idle_timeout(int socket, std::chrono::nanoseconds timeout);

/// Sets how long a blocking recv on the socket may wait from now on.
void set_receive_timeout(int socket, std::chrono::nanoseconds timeout);

/// The address that a socket is bound to.
[[nodiscard]] Address local_address(int socket);

/// Shuts and closes a listener. Everyone who blocks in accept on it, in any process, wakes with
/// EINVAL, and what the kernel still queues is refused. In this process the number stays taken, by
/// a socket that accept refuses with EINVAL, so that a late accept cannot meet another file.
void shut_listener(int listener) noexcept;

}  // namespace trivium::net
