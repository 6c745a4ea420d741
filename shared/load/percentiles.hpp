// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <array>

namespace trivium::load {

struct Percentile {
  const char* name;
  double percent;
};

/// The quantiles of latency that results tell.
inline constexpr std::array percentiles{Percentile{"p50", 50}, Percentile{"p90", 90},
                                        Percentile{"p99", 99}, Percentile{"p99.9", 99.9},
                                        Percentile{"p99.99", 99.99}};

}  // namespace trivium::load
