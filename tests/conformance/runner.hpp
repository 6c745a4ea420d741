// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <functional>
#include <vector>

#include "tests/conformance/options.hpp"
#include "tests/conformance/results.hpp"

namespace trivium::conformance {

// Called for every case that is done, one call at a time, in the order in which they are done.
using Progress = std::function<void(const TargetOptions&, const CaseResult&)>;

// Judges one target by these cases (those that do not fit it are left out): reaches it first,
// chosen or not, then runs the rest, several at once. Blocks. What can't be judged is blocked;
// nothing is left out.
[[nodiscard]] TargetResult run_target(const TargetOptions& target,
                                      const std::vector<CaseInfo>& catalogue,
                                      const Options& options, const Progress& progress);

// The cases that the selection takes, of those that fit this target.
[[nodiscard]] std::vector<CaseInfo> chosen(const TargetOptions& target,
                                           const std::vector<CaseInfo>& catalogue,
                                           const Selection& selection);

// What run_target judges: those that reach the target, and the others that are chosen.
struct ToJudge {
  std::vector<CaseInfo> reach;
  std::vector<CaseInfo> others;
};
[[nodiscard]] ToJudge to_judge(const TargetOptions& target, const std::vector<CaseInfo>& catalogue,
                               const Selection& selection);

}  // namespace trivium::conformance
