// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>

#include "shared/protocol/hazard.hpp"

namespace trivium::net {

/// Carries a hazard out on the calling thread and returns what answers the line, empty where the
/// line answers for itself. Blocks, computes, or never returns, as the hazard says.
[[nodiscard]] std::string perform(const protocol::Hazard& hazard);

}  // namespace trivium::net
