// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The reports. Each is made of the results alone, and returned as text.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/results.hpp"

namespace trivium::conformance {

// For a terminal. The lines have GoogleTest's form, with ids in place of its names.
[[nodiscard]] std::string text_begin(const TargetResult& target, int cases);
[[nodiscard]] std::string text_case(const CaseResult& result, bool brief);
[[nodiscard]] std::string text_end(const TargetResult& target, bool strict);

// What --list prints: a line for each case, and how many there are.
[[nodiscard]] std::string text_list(const std::vector<CaseInfo>& cases);

// {"schema": 1, "targets": [{"name", ..., "cases": [{"id", "verdict", ...}]}]}.
[[nodiscard]] std::string json_report(const RunResult& run);

// The form that Jenkins and its kin read: a <testsuite> for each target.
[[nodiscard]] std::string junit_report(const RunResult& run);

// Cases by targets: a summary by groups, what does not pass everywhere, and (HTML) everything.
[[nodiscard]] std::string markdown_matrix(const RunResult& run);
[[nodiscard]] std::string html_matrix(const RunResult& run);

// Text for XML and HTML: the five characters escaped, what no XML may hold shown as \xNN.
[[nodiscard]] std::string markup_escaped(const std::string& text);

// What both matrices are made of.
struct Row {
  CaseInfo info;
  std::vector<const CaseResult*> cells;  // by target; null where the case does not fit it

  [[nodiscard]] bool passes_everywhere() const;
};
[[nodiscard]] std::vector<Row> rows_of(const RunResult& run);

struct Group {
  std::string name;  // "echo.line"
  struct Cell {
    int passed = 0;
    int judged = 0;  // not skipped
  };
  std::vector<Cell> cells;
};
[[nodiscard]] std::vector<Group> groups_of(const RunResult& run);

}  // namespace trivium::conformance
