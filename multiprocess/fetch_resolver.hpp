// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <string>

#include "shared/net/resolve.hpp"

namespace trivium::multiprocess {

/// Resolves a name in a process of its own, which is killed at the deadline. Blocks until the
/// answer or the deadline. Requires: the caller is the main thread and there is no other.
[[nodiscard]] net::Resolution resolve(const std::string& host, const std::string& port,
                                      std::chrono::steady_clock::time_point deadline);

}  // namespace trivium::multiprocess
