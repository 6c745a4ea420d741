// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace trivium::test {

/// Every strategy of a fetch client.
inline auto fetch_strategies() {
  return testing::Values("per-url", "handoff", "shared-queue");
}

/// A strategy's name in the characters that gtest takes.
inline std::string plain_name(std::string strategy) {
  std::erase(strategy, '-');
  return strategy;
}

}  // namespace trivium::test
