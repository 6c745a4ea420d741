// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/judge.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <sstream>
#include <thread>

#include "tests/conformance/child.hpp"
#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/transcript.hpp"

namespace trivium::conformance {
namespace {

void on_alarm(int) {
  ::_exit(judge_hung);
}

// Ends this program when the one that started it has ended, or when it is told to: with all that is
// below it, for what a command started may outlive the command.
void end_with_the_runner() {
  sigset_t end;
  ::sigemptyset(&end);
  ::sigaddset(&end, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &end, nullptr);
  ::signal(SIGTERM, SIG_DFL);  // what is ignored does not come
  std::thread{[end] {
    int number = 0;
    ::sigwait(&end, &number);
    start_no_more();  // a case that lost its server would start another
    end_descendants();
    ::_exit(128 + number);
  }}.detach();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
}

// As it is, less the bytes that no report may hold.
std::string ascii(const std::string& line) {
  std::string text;
  for (const char c : line) {
    const bool plain = c >= 0x20 && c < 0x7f;
    text += plain ? std::string(1, c) : escaped({&c, 1});
  }
  return text;
}

void tell(const std::string& line) {
  std::cout << line << std::flush;
}

// GoogleTest's text less what the report says anyway, in ASCII, since it may quote anything.
std::string cleaned(const std::string& message) {
  std::string text;
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    const bool noise = line == "Failed" || line == "Skipped" || line == "Google Test trace:" ||
                       line.find("harness.cpp:") != std::string::npos;
    if (!noise && !line.empty()) text += ascii(line) + '\n';
  }
  if (!text.empty()) text.pop_back();
  return text;
}

// By how GoogleTest tells of an exception, and not by words that a target could have said.
bool is_harness_error(const testing::TestPartResult& part) {
  static const auto begin = "C++ exception with description \"" + std::string{harness_failed};
  return std::string_view{part.message()}.starts_with(begin);
}

Verdict verdict_of(const testing::TestInfo& test, const std::string& message) {
  const auto& result = *test.result();
  if (result.Skipped()) {
    return message.starts_with(blocked_prefix) ? Verdict::blocked : Verdict::skip;
  }
  if (result.Passed()) return Verdict::pass;
  for (int i = 0; i < result.total_part_count(); ++i) {
    if (is_harness_error(result.GetTestPartResult(i))) return Verdict::error;
  }
  return record().info.level == Level::must ? Verdict::fail : Verdict::warn;
}

class Teller : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& test) override {
    record() = {};
    transcript::clear();
    const auto limit = case_limit(config(), known_of_target().round_trip_us);
    ::alarm(static_cast<unsigned>(limit.count()));
    tell(encode(Begun{std::string{test.test_suite_name()} + '.' + test.name()}));
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    ::alarm(0);
    Ended ended{.full_name = std::string{test.test_suite_name()} + '.' + test.name(), .result = {}};
    auto& result = ended.result;
    const auto& parts = *test.result();
    for (int i = 0; i < parts.total_part_count(); ++i) {
      const auto text = cleaned(parts.GetTestPartResult(i).message());
      result.message += (result.message.empty() ? "" : "\n") + text;
    }
    result.verdict = verdict_of(test, result.message);
    result.data = record().data;
    result.close = record().close;
    result.ms = parts.elapsed_time();
    result.expected = record().expected;
    result.actual = record().actual;
    const bool silent = result.verdict == Verdict::pass || result.verdict == Verdict::skip;
    if (!silent) result.transcript = transcript::text();
    tell(encode(ended));
  }
};

}  // namespace

void tell_reached(const Reached& reached) {
  tell(encode(reached));
}

void scale_deadlines(long round_trip_us) {
  const milliseconds round_trip{round_trip_us / 1000};
  const milliseconds base = config().timeout.count() > 0 ? config().timeout
                            : config().contract          ? milliseconds{20'000}
                                                         : milliseconds{5'000};
  promptness = base / 10;
  // Who could not do the plainest exchange fails case after case, each at a deadline.
  const bool is_hopeless = !known_of_target().healthy && config().timeout.count() == 0;
  // A client's round trip is a whole run of it, most of which is its start.
  patience = std::max(is_hopeless ? base / 5 : base,
                      (config().mode == Mode::fetch ? 20 : 200) * round_trip);
  glance = std::clamp(8 * round_trip, milliseconds{60}, milliseconds{1000});
}

std::chrono::seconds case_limit(const Config& config, long round_trip_us) {
  // Some cases are a thousand exchanges, each of which waits for two round trips.
  const auto round_trips = (config.mode == Mode::fetch ? 100 : 3000) * round_trip_us;
  const auto steps = std::chrono::duration_cast<std::chrono::seconds>(10 * config.timeout);
  return std::chrono::seconds{180 + round_trips / 1'000'000} + steps;
}

int run_judge(const std::vector<std::string>& full_names, const Reached& reached) {
  know_of_target(reached);
  if (config().dialect == Dialect::echo) head = {};
  scale_deadlines(reached.round_trip_us);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGALRM, on_alarm);
  // What a server leaves behind becomes our child, and so can be seen.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  end_with_the_runner();
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new Teller);
  std::string filter;
  for (const auto& name : full_names) filter += (filter.empty() ? "" : ":") + name;
  testing::GTEST_FLAG(filter) = filter;
  // The verdicts were told; a case that fails is not a failure of the judge.
  [[maybe_unused]] const int failed = RUN_ALL_TESTS();
  return 0;
}

}  // namespace trivium::conformance
