// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <string>

#include "shared/net/resolve.hpp"

namespace trivium::multithread {

/// Resolves a name in a thread of its own, which is abandoned at the deadline: it ends when the
/// resolver lets it, and nobody reads its answer. Blocks until the answer or the deadline.
[[nodiscard]] net::Resolution resolve(const std::string& host, const std::string& port,
                                      std::chrono::steady_clock::time_point deadline);

}  // namespace trivium::multithread
