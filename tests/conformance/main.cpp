// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The conformance program: reads its command line, chooses the suites that fit, runs them.
// Exit codes: 0 all passed, 1 a case failed, 2 wrong usage, 3 the target can't be reached.
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include "tests/conformance/echo_server.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_unreachable = 3;

// A case that hangs in spite of its own deadlines ends the program, so that it always ends.
constexpr unsigned case_limit_seconds = 180;

// Read by the signal handler, so it is plain memory.
std::array<char, 256> running_case{};

class CaseLimit : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& test) override {
    std::snprintf(running_case.data(), running_case.size(),
                  "conformance: %s.%s did not end within its limit\n", test.test_suite_name(),
                  test.name());
    ::alarm(case_limit_seconds);
  }
  void OnTestEnd(const testing::TestInfo&) override { ::alarm(0); }
};

void on_alarm(int) {
  if (::write(2, running_case.data(), std::strlen(running_case.data())) < 0) ::_exit(1);
  ::_exit(1);
}

// Fetch* suites judge a client, all the others a server; *Contract* needs Trivium's own flags.
bool fits(std::string_view suite) {
  const bool is_fetch = suite.starts_with("Fetch");
  const bool is_contract = suite.find("Contract") != std::string_view::npos;
  return is_fetch == (config().mode == Mode::fetch) && (!is_contract || config().contract);
}

// Takes the suites that do not fit out of gtest's filter, and says how many cases are left.
void select_suites() {
  auto& filter = testing::GTEST_FLAG(filter);
  const auto& tests = *testing::UnitTest::GetInstance();
  int fitting = 0;
  std::string excluded;
  for (int i = 0; i < tests.total_test_suite_count(); ++i) {
    const auto& suite = *tests.GetTestSuite(i);
    if (fits(suite.name())) {
      fitting += suite.total_test_count();
    } else {
      excluded += (excluded.empty() ? "" : ":") + std::string{suite.name()} + ".*";
    }
  }
  if (!excluded.empty()) {
    filter += (filter.find('-') == std::string::npos ? "-" : ":") + excluded;
  }
  std::cout << "conformance: " << fitting << " of " << tests.total_test_count()
            << " cases fit this mode" << std::endl;
}

struct Options {
  std::string target;
  std::string spawn;
  std::string fetch;
  std::string capacity = "0";
  bool contract = false;
  bool quick = false;
};

void define(CLI::App& app, Options& options) {
  auto* mode = app.add_option_group("mode", "what is judged: exactly one of");
  mode->add_option("--target", options.target, "HOST:PORT of a server that runs already");
  mode->add_option("--spawn", options.spawn, "a server's command, with {port}");
  mode->add_option("--fetch", options.fetch, "a fetch client's command, with {url}");
  mode->require_option(1);
  app.add_flag("--contract", options.contract,
               "the command understands Trivium's flags: judge the command-line contract too");
  app.add_option("--capacity", options.capacity,
                 "connections served at once: a number (0: no limit), or `workers` for a pool that "
                 "serves as many as it has --workers");
  app.add_flag("--quick", options.quick, "skip the cases that wait for long timeouts");
  app.set_version_flag("--version", "conformance " TRIVIUM_VERSION);
}

// Throws std::invalid_argument.
Config to_config(const Options& options) {
  Config result;
  result.contract = options.contract;
  result.quick = options.quick;
  if (!options.target.empty()) {
    result.mode = Mode::target;
    result.target = parse_endpoint(options.target);
    if (options.contract) throw std::invalid_argument("--contract needs --spawn or --fetch");
  } else if (!options.spawn.empty()) {
    result.mode = Mode::spawn;
    result.spawn_command = options.spawn;
    if (options.spawn.find("{port}") == std::string::npos) {
      throw std::invalid_argument("--spawn: the command must contain {port}");
    }
    (void)split_command(options.spawn);
  } else {
    result.mode = Mode::fetch;
    result.fetch_command = options.fetch;
    if (options.fetch.find("{url}") == std::string::npos) {
      throw std::invalid_argument("--fetch: the command must contain {url}");
    }
    (void)split_command(options.fetch);
  }
  if (options.capacity == "workers") {
    if (!options.contract) throw std::invalid_argument("--capacity workers needs --contract");
    result.capacity_is_workers = true;
    result.capacity = pool_workers;
  } else {
    const auto [end, error] =
        std::from_chars(options.capacity.data(), options.capacity.data() + options.capacity.size(),
                        result.capacity);
    if (error != std::errc{} || *end != 0 || result.capacity < 0) {
      throw std::invalid_argument("--capacity: a number from 0, or `workers`");
    }
  }
  return result;
}

// Throws where what is judged can't be reached at all.
void require_reachable() {
  if (config().mode != Mode::fetch) require_echo_server();
}

int usage_error(const std::string& what) {
  std::cerr << "conformance: " << what << "; see --help\n";
  return exit_usage;
}

// gtest would answer --help by its own flags alone.
bool asks_for_help(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](std::string_view word) { return word == "--help" || word == "-h"; });
}

int run_main(int argc, char** argv) {
  if (!asks_for_help(argc, argv)) testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();

  CLI::App app{"Judges a line-echo server or a fetch client by Trivium's protocol, from outside."};
  app.footer("All of GoogleTest's flags work too: --gtest_list_tests, --gtest_filter, ...");
  Options options;
  define(app, options);
  try {
    app.parse(argc, argv);
    set_config(to_config(options));
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  } catch (const std::invalid_argument& error) {
    return usage_error(error.what());
  }

  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGALRM, on_alarm);
  // What a server leaves behind becomes our child, and so can be seen.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  try {
    require_reachable();
  } catch (const std::exception& error) {
    std::cerr << "conformance: not reachable: " << error.what() << '\n';
    return exit_unreachable;
  }
  select_suites();
  testing::UnitTest::GetInstance()->listeners().Append(new CaseLimit);
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace trivium::conformance

int main(int argc, char** argv) {
  return trivium::conformance::run_main(argc, argv);
}
