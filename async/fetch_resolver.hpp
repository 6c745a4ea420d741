// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>

#include "asio.hpp"
#include "shared/net/resolve.hpp"

namespace trivium::async {

/// Resolves a name in a thread of its own, since the system's resolver blocks and no loop may. The
/// thread is abandoned at the deadline: it ends when the resolver lets it, and touches nothing of
/// the loop's then. Suspends until the answer or the deadline.
[[nodiscard]] Task<net::Resolution> resolve(std::string host, std::string port,
                                            Clock::time_point deadline);

}  // namespace trivium::async
