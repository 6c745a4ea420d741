// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace trivium::contract {

// How much of a test that takes minutes is run: a number of at least 1 from the environment, or all
// of it. ctest chooses less.
inline std::size_t chosen(const char* name, std::size_t all) {
  const char* const value = std::getenv(name);
  return value == nullptr ? all : std::max<std::size_t>(std::stoul(value), 1);
}

}  // namespace trivium::contract
