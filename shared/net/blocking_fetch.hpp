// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "shared/net/resolve.hpp"
#include "shared/protocol/fetch_session.hpp"

namespace trivium::net {

/// What one fetch may take.
struct FetchLimits {
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);          ///< from begin to end
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(10);  ///< resolving included
  std::size_t max_body = 16 * 1024 * 1024;
};

/// Fetches one URL on the calling thread. Blocks until it is done, at most for the timeout;
/// whatever goes wrong is in the result. May be called from several threads at once.
///
/// Every address of a name is tried in turn; each gets an equal share of what is left of the time
/// for connecting, so that one that is silent leaves time for the next.
[[nodiscard]] protocol::FetchResult blocking_fetch(const std::string& url,
                                                   const FetchLimits& limits, Resolver resolve);

/// The result of a fetch that got no further.
[[nodiscard]] protocol::FetchResult failed_fetch(protocol::FetchError error,
                                                 std::string_view detail = {});

/// What an error number of connect, send or recv means for a fetch: refused, reset, timed out, or
/// `system`.
[[nodiscard]] protocol::FetchError fetch_error(int error) noexcept;

/// The detail that goes with `fetch_error`: the phase, or the system's words where the error has no
/// name of its own.
[[nodiscard]] std::string fetch_detail(int error, std::string_view phase);

/// When an attempt to connect gives up: an equal share of the time for those that are `left`, this
/// one included.
[[nodiscard]] std::chrono::steady_clock::time_point attempt_deadline(
    std::chrono::steady_clock::time_point deadline, std::size_t left);

}  // namespace trivium::net
