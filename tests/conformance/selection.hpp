// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/case_record.hpp"

namespace trivium::conformance {

// Which cases are asked for. A glob (fnmatch(3)) is held against the id and against GoogleTest's
// name of the case.
struct Selection {
  std::vector<std::string> only;  // none: all
  std::vector<std::string> skip;

  [[nodiscard]] bool takes(const CaseInfo& info) const;
};

[[nodiscard]] bool matches(const std::string& glob, const CaseInfo& info);

// Splits "a*:b.c" into globs.
[[nodiscard]] std::vector<std::string> split_globs(const std::string& list);

// Reads a file of ids or globs, one a line; what follows the first blank is a remark, # begins a
// comment. Throws std::invalid_argument where it can't be read.
[[nodiscard]] std::vector<std::string> read_known_failures(const std::string& path);

}  // namespace trivium::conformance
