// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <string>

#include "shared/protocol/hazard.hpp"

namespace trivium::net {

/// Carries a hazard out on the calling thread and returns what answers the line, empty where the
/// line answers for itself. Blocks, computes, or never returns, as the hazard says.
[[nodiscard]] std::string perform(const protocol::Hazard& hazard);

/// The same, where what only waits ends early once `stop` is true. A signal with an empty handler,
/// sent until it is seen, makes the thread look.
[[nodiscard]] std::string perform(const protocol::Hazard& hazard, const std::atomic<bool>& stop);

}  // namespace trivium::net
