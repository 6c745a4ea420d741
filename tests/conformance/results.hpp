// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What a run came to, as values: the reports are made of these and of nothing else.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/case_record.hpp"

namespace trivium::conformance {

enum class Verdict {
  pass,
  warn,     // a SHOULD that does not hold, or an INFO
  fail,     // a MUST that does not hold
  skip,     // does not apply: the mode, the capacity, the machine
  blocked,  // could not be judged, since the target could not be reached or is not well
  error     // the harness itself failed
};
[[nodiscard]] const char* to_string(Verdict verdict);

struct CaseResult {
  CaseInfo info{};
  Verdict verdict = Verdict::blocked;
  Judged data = Judged::not_judged;
  Judged close = Judged::not_judged;
  long ms = 0;
  bool known = false;  // named in --known-failures
  std::string expected{};
  std::string actual{};
  std::string message{};     // why, where it is not a pass
  std::string transcript{};  // escaped; only where it is not a pass

  // It was judged, and does not hold.
  [[nodiscard]] bool holds_not() const {
    return verdict == Verdict::fail || verdict == Verdict::warn;
  }
  // It passes, though --known-failures says that it does not.
  [[nodiscard]] bool passes_unexpectedly() const { return known && verdict == Verdict::pass; }
};

// Whether the case alone makes the exit code 1, and is a failure in every report. A known failure
// counts only where it passes, and only with `strict`; what the harness did is not counted here.
[[nodiscard]] bool counts_against(const CaseResult& result, bool strict);

struct TargetResult {
  std::string name{};
  std::string kind{};  // "target", "spawn" or "fetch"
  std::string what{};  // the address or the command
  bool contract = false;
  std::string capacity{};
  bool reachable = false;
  long round_trip_us = 0;  // of an exchange, or of a run of the client
  double seconds = 0;
  std::vector<CaseResult> cases{};  // in the order of the catalogue

  [[nodiscard]] int count(Verdict verdict) const;
};

struct RunResult {
  bool strict = false;
  std::vector<TargetResult> targets;
};

// 0 every MUST passes (with `strict` every SHOULD too, and no known failure passes), 1 one does
// not, 3 a target can't be reached or the harness failed.
[[nodiscard]] int exit_code(const RunResult& run);

}  // namespace trivium::conformance
