// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/results.hpp"

#include <algorithm>

namespace trivium::conformance {

bool counts_against(const CaseResult& result, bool strict) {
  if (result.passes_unexpectedly()) return strict;
  if (result.known) return false;
  if (!result.holds_not() && result.verdict != Verdict::blocked) return false;
  return result.info.level == Level::must || (strict && result.info.level == Level::should);
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "PASS";
    case Verdict::warn:
      return "WARN";
    case Verdict::fail:
      return "FAIL";
    case Verdict::skip:
      return "SKIP";
    case Verdict::blocked:
      return "BLOCKED";
    case Verdict::error:
      return "ERROR";
  }
  return "?";
}

int TargetResult::count(Verdict verdict) const {
  return static_cast<int>(std::ranges::count(cases, verdict, &CaseResult::verdict));
}

int exit_code(const RunResult& run) {
  int code = 0;
  for (const auto& target : run.targets) {
    if (!target.reachable || target.count(Verdict::error) > 0) return 3;
    for (const auto& result : target.cases) {
      if (counts_against(result, run.strict)) code = 1;
    }
  }
  return code;
}

}  // namespace trivium::conformance
