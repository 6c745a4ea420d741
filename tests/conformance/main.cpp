// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The conformance program: reads its command line, has every target judged, reports.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/catalogue.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/judge.hpp"
#include "tests/conformance/options.hpp"
#include "tests/conformance/report.hpp"
#include "tests/conformance/runner.hpp"

namespace trivium::conformance {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_harness = 3;

int usage_error(const std::string& what) {
  std::cerr << "conformance: " << what << "; see --help\n";
  return exit_usage;
}

// Writes all that can be written. Throws std::runtime_error that names what can't.
void write_reports(const Options& options, const RunResult& run) {
  std::string failed;
  const auto write = [&](const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) failed += (failed.empty() ? "" : ", ") + path;
  };
  if (!options.json.empty()) write(options.json, json_report(run));
  if (!options.junit.empty()) write(options.junit, junit_report(run));
  for (const auto& path : options.matrices) {
    write(path, path.ends_with(".md") ? markdown_matrix(run) : html_matrix(run));
  }
  if (!failed.empty()) throw std::runtime_error("can't write " + failed);
}

// A glob that no case can be is a slip.
void check_globs(const char* flag, const std::vector<std::string>& globs,
                 const std::vector<CaseInfo>& catalogue) {
  for (const auto& glob : globs) {
    const auto named = [&](const CaseInfo& info) { return matches(glob, info); };
    if (std::ranges::none_of(catalogue, named)) {
      throw std::invalid_argument(std::string{flag} + ": no case is called " + escaped(glob));
    }
  }
}

int print_list(const Options& options, const std::vector<CaseInfo>& catalogue) {
  std::vector<CaseInfo> cases;
  for (const auto& info : catalogue) {
    bool wanted = options.targets.empty();
    for (const auto& target : options.targets) wanted = wanted || fits(info, target.config);
    if (wanted && options.selection.takes(info)) cases.push_back(info);
  }
  if (cases.empty()) return usage_error("no case is chosen");
  std::cout << text_list(cases);
  return 0;
}

int judge_all(const Options& options, const std::vector<CaseInfo>& catalogue) {
  // Whoever names a target wants it judged.
  std::string without;
  for (const auto& target : options.targets) {
    if (!chosen(target, catalogue, options.selection).empty()) continue;
    without += (without.empty() ? "" : ", ") + target.name;
  }
  if (!without.empty()) {
    return usage_error("no case is chosen for " + without + "; --list tells which there are");
  }
  RunResult run{.strict = options.strict, .targets = {}};
  for (const auto& target : options.targets) {
    const auto cases = to_judge(target, catalogue, options.selection);
    const auto count = static_cast<int>(cases.reach.size() + cases.others.size());
    std::cout << text_begin({.name = target.name}, count) << std::flush;
    const auto progress = [&](const TargetOptions&, const CaseResult& result) {
      if (result.verdict != Verdict::blocked) {
        std::cout << text_case(result, options.brief) << std::flush;
      }
    };
    run.targets.push_back(run_target(target, catalogue, options, progress));
    const auto& result = run.targets.back();
    std::cout << text_end(result, options.strict) << std::flush;
    if (!result.reachable) std::cerr << "conformance: not reachable: " << result.name << '\n';
  }
  write_reports(options, run);
  return exit_code(run);
}

int run_main(int argc, char** argv) {
  int only_name = 1;
  testing::InitGoogleTest(&only_name, argv);
  try {
    const auto options = parse_command_line(argc, argv);
    if (options.is_judge) {
      set_config(options.targets.front().config);
      return run_judge(options.cases, options.reached);
    }
    const auto catalogue = list_cases();
    check_globs("--known-failures", options.known_failures, catalogue);
    check_globs("--only", options.selection.only, catalogue);
    check_globs("--skip", options.selection.skip, catalogue);
    const int code = options.list ? print_list(options, catalogue) : judge_all(options, catalogue);
    if (!std::cout.flush()) throw std::runtime_error("can't write to standard output");
    return code;
  } catch (const Told& told) {
    std::cout << told.text;
    return 0;
  } catch (const std::invalid_argument& error) {
    return usage_error(error.what());
  } catch (const std::exception& error) {
    std::cerr << "conformance: " << error.what() << '\n';
    return exit_harness;
  }
}

}  // namespace
}  // namespace trivium::conformance

namespace {

// GoogleTest reads its flags from the environment too, before main: what is set there for other
// programs must not choose, repeat or break what is judged here.
void leave_out_googletests_variables(char** argv) {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable{*entry};
    const auto name = variable.substr(0, variable.find('='));
    const bool is_googletests = name.starts_with("GTEST_") || name.starts_with("TESTBRIDGE_TEST_");
    if (is_googletests || name == "XML_OUTPUT_FILE") names.emplace_back(name);
  }
  if (names.empty()) return;
  for (const auto& name : names) ::unsetenv(name.c_str());
  ::execv("/proc/self/exe", argv);
}

}  // namespace

int main(int argc, char** argv) {
  leave_out_googletests_variables(argv);
  return trivium::conformance::run_main(argc, argv);
}
