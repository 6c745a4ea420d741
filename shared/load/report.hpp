// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>

#include "shared/load/options.hpp"
#include "shared/load/results.hpp"

namespace trivium::load {

/// The results as one JSON object on one line, `\n` included. The README of this folder tells what
/// each key means.
[[nodiscard]] std::string to_json(const Options& options, const Results& results);

}  // namespace trivium::load
