// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>

#include "asio.hpp"
#include "shared/net/blocking_fetch.hpp"

namespace trivium::async {

/// Fetches one URL on the loop that it is awaited on, which may have several threads.
///
/// The coroutine twin of `net::blocking_fetch`: the same branches; where that blocks, this
/// suspends, at most for the timeout. Whatever goes wrong is in the result.
[[nodiscard]] Task<protocol::FetchResult> fetch(std::string url, net::FetchLimits limits);

}  // namespace trivium::async
