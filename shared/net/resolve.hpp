// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "shared/net/endpoint.hpp"
#include "shared/protocol/fetch_session.hpp"

namespace trivium::net {

/// What a host and a port lead to: at least one address, or an error.
struct Resolution {
  std::vector<Address> addresses{};
  protocol::FetchError error = protocol::FetchError::none;
  std::string detail{};
};

/// The address that a literal spells, IPv4 or IPv6 without brackets; nothing where the host is a
/// name. Never asks a resolver. Requires: the port is decimal.
[[nodiscard]] std::optional<Address> literal_address(const std::string& host,
                                                     const std::string& port);

/// Asks the system's resolver for every address of a name. Blocks for as long as the resolver
/// likes, which no caller can bound: it runs in a helper unit that can be abandoned. May be called
/// from several threads at once.
[[nodiscard]] Resolution resolve_name(const std::string& host, const std::string& port);

/// Resolves a name in a helper unit of the model, and abandons it at the deadline, with the error
/// `timed_out`.
using Resolver = Resolution (*)(const std::string& host, const std::string& port,
                                std::chrono::steady_clock::time_point deadline);

/// What a resolver returns at its deadline.
[[nodiscard]] Resolution resolution_timed_out();

}  // namespace trivium::net
