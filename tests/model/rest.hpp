// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include "machine.hpp"

namespace trivium::model {

/// What a party that may sleep is doing, and above that the number of its sleep.
enum class Rest : Value { calm, busy, asleep, rung };

[[nodiscard]] constexpr Rest rest_of(Value word) {
  return static_cast<Rest>(word & 3);
}
[[nodiscard]] constexpr Value with_rest(Value word, Rest rest) {
  return static_cast<Value>((word & ~3) | static_cast<Value>(rest));
}

}  // namespace trivium::model
