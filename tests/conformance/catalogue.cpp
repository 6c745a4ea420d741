// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/catalogue.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <utility>

namespace trivium::conformance {
namespace {

// What a plain line echo promises too: lines with \n come back, in order and at once, to each its
// own; nobody harms another, nobody costs more than a bounded amount of memory, and no connection
// leaves anything behind.
bool is_plain_echo(const CaseInfo& info) {
  static const std::set<std::string> shared{"E0.1",  "E2.1",  "E2.4",  "E2.5", "E8.1",
                                            "E8.2",  "E8.3",  "E9.1",  "E9.2", "E10.3",
                                            "E11.1", "E11.2", "E11.4", "E11.5"};
  return shared.contains(info.requirement()) && info.id != "echo.load.rejection";
}

bool is_listing = false;
std::vector<CaseInfo> listed;

struct Listed {};

}  // namespace

bool listing() {
  return is_listing;
}

void list(CaseInfo info) {
  listed.push_back(std::move(info));
  throw Listed{};
}

std::vector<CaseInfo> list_cases() {
  is_listing = true;
  auto& tests = *testing::UnitTest::GetInstance();
  auto& listeners = tests.listeners();
  delete listeners.Release(listeners.default_result_printer());
  testing::GTEST_FLAG(catch_exceptions) = true;
  testing::GTEST_FLAG(filter) = "*";
  if (RUN_ALL_TESTS() == 0) throw std::logic_error("no case has a requirement");
  is_listing = false;
  if (static_cast<int>(listed.size()) != tests.total_test_count()) {
    throw std::logic_error(std::to_string(tests.total_test_count()) + " cases have " +
                           std::to_string(listed.size()) + " requirements");
  }
  std::set<std::string> ids;
  for (const auto& info : listed) {
    if (!ids.insert(info.id).second) throw std::logic_error("two cases are called " + info.id);
  }
  return std::exchange(listed, {});
}

bool fits(const CaseInfo& info, const Config& target) {
  const bool is_fetch = info.suite.starts_with("Fetch");
  const bool is_contract = info.suite.find("Contract") != std::string::npos;
  const bool is_spawn = info.suite.find("Spawn") != std::string::npos;
  if (is_fetch != (target.mode == Mode::fetch) || (is_contract && !target.contract)) return false;
  if (is_spawn && target.mode != Mode::spawn) return false;
  return target.dialect == Dialect::trivium || is_plain_echo(info);
}

bool is_reach(const CaseInfo& info) {
  return info.id.find(".reach.") != std::string::npos;
}

}  // namespace trivium::conformance
