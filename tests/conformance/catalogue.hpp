// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The list of all cases, taken from the cases themselves.
#pragma once

#include <vector>

#include "tests/conformance/case_record.hpp"

namespace trivium::conformance {

// Runs every case up to its Requirement, and returns them in the order of the program. It uses up
// this process's RUN_ALL_TESTS: no case can be run after it. Throws std::logic_error where a case
// has no requirement, or two have the same id.
[[nodiscard]] std::vector<CaseInfo> list_cases();

// True while list_cases runs: fixtures do nothing then.
[[nodiscard]] bool listing();

// Notes a case, and leaves it.
[[noreturn]] void list(CaseInfo info);

// Fetch* suites judge a client, all the others a server; *Contract* needs Trivium's own flags.
[[nodiscard]] bool fits(const CaseInfo& info, const Config& target);

// The case that tells whether the target can be reached at all, for servers and for clients.
[[nodiscard]] bool is_reach(const CaseInfo& info);

}  // namespace trivium::conformance
