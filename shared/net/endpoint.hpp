// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace trivium::net {

/// A host and a port as they were written: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
struct HostPort {
  std::string host;  ///< without brackets
  std::string port;  ///< decimal, 0 to 65535
};

/// Splits HOST:PORT; nothing where the port is missing or no port, or an IPv6 host has no brackets.
[[nodiscard]] std::optional<HostPort> parse_host_port(std::string_view text);

/// A socket address of either family.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const noexcept { return storage.ss_family; }
};

/// Finds the first address of a host for listening; blocks in the resolver where it is a name.
/// Throws std::runtime_error with one clear line where there is none.
[[nodiscard]] Address resolve_first(const HostPort& where);

/// Writes an address in numbers, IPv6 in brackets: `127.0.0.1:8080`, `[::1]:8080`.
[[nodiscard]] std::string to_string(const Address& address);

}  // namespace trivium::net
