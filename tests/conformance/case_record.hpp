// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the running case says of itself beside passing or failing.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/config.hpp"

namespace trivium::conformance {

// What identifies a case, as its Requirement says it.
struct CaseInfo {
  std::string id{};
  std::string source{};
  std::string sentence{};
  Level level = Level::must;
  std::string suite{};  // GoogleTest's names
  std::string test{};

  [[nodiscard]] std::string full_name() const { return suite + '.' + test; }
  // The part of `source` before the `;`.
  [[nodiscard]] std::string requirement() const { return source.substr(0, source.find(';')); }
};

enum class Judged { not_judged, passed, failed };
[[nodiscard]] const char* to_string(Judged judged);  // "-", "PASS", "FAIL"

struct CaseRecord {
  CaseInfo info;
  Judged data = Judged::not_judged;
  Judged close = Judged::not_judged;
  std::string expected{};  // of what differed first
  std::string actual{};
};

// The record of the running case. Only the thread that runs the cases may use it.
[[nodiscard]] CaseRecord& record();

}  // namespace trivium::conformance
