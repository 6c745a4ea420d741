// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>

#include "shared/load/options.hpp"
#include "shared/load/results.hpp"

namespace trivium::load {

/// The results as a table for people.
[[nodiscard]] std::string to_table(const Options& options, const Results& results);

/// What is going on, in less than 80 columns. `seconds`: since the measured phase began, negative
/// before it.
[[nodiscard]] std::string progress_line(const Options& options, double seconds,
                                        const Results& results);

/// One line about the first wrong answer.
[[nodiscard]] std::string fault_line(const Fault& fault);

}  // namespace trivium::load
