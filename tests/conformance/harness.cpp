// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/harness.hpp"

#include <sys/resource.h>

#include <utility>

#include "tests/conformance/catalogue.hpp"
#include "tests/conformance/judge.hpp"

namespace trivium::conformance {
namespace {

Config& storage() {
  static Config value;
  return value;
}

// Where expectation and reality part.
std::string difference(std::string_view actual, std::string_view expected) {
  std::size_t same = 0;
  while (same < actual.size() && same < expected.size() && actual[same] == expected[same]) ++same;
  return "the first difference is at byte " + std::to_string(same);
}

std::string counted(std::string_view bytes) {
  return std::to_string(bytes.size()) + (bytes.size() == 1 ? " byte: " : " bytes: ") +
         escaped(bytes);
}

void note(Judged& judged, bool passed, const std::string& expected, const std::string& actual) {
  if (judged != Judged::failed) judged = passed ? Judged::passed : Judged::failed;
  auto& running = record();
  if (passed || !running.expected.empty()) return;
  running.expected = expected;
  running.actual = actual;
}

}  // namespace

const Config& config() {
  return storage();
}
void set_config(Config value) {
  storage() = std::move(value);
}

const char* to_string(Level level) {
  switch (level) {
    case Level::must:
      return "MUST";
    case Level::should:
      return "SHOULD";
    case Level::info:
      return "INFO";
  }
  return "?";
}

const char* to_string(Judged judged) {
  switch (judged) {
    case Judged::not_judged:
      return "-";
    case Judged::passed:
      return "PASS";
    case Judged::failed:
      return "FAIL";
  }
  return "?";
}

CaseRecord& record() {
  static CaseRecord value;
  return value;
}

Requirement::Requirement(const char* id, const char* source, Level level, const char* sentence)
    : trace_(__FILE__, __LINE__, std::string{id} + " (" + to_string(level) + "): " + sentence) {
  const auto& test = *testing::UnitTest::GetInstance()->current_test_info();
  CaseInfo info{.id = id,
                .source = source,
                .sentence = sentence,
                .level = level,
                .suite = test.test_suite_name(),
                .test = test.name()};
  if (listing()) list(std::move(info));
  record().info = std::move(info);
}

std::string unmet(const Needs& needs) {
  constexpr int others = 40;  // descriptors that a judge has beside its connections
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  if (static_cast<rlim_t>(needs.capacity + others) > descriptors.rlim_cur) {
    return "machine: needs " + std::to_string(needs.capacity + others) + " descriptors, has " +
           std::to_string(descriptors.rlim_cur);
  }
  if (needs.contract && !config().contract) return "needs --contract";
  if (needs.slow && config().quick) return "--quick: waits for a long timeout";
  if (config().capacity != 0 && needs.capacity > config().capacity) {
    return "capacity: needs " + std::to_string(needs.capacity) + " connections at once, has " +
           std::to_string(config().capacity);
  }
  return {};
}

milliseconds latest_end(milliseconds timeout) {
  const milliseconds round_trip{known_of_target().round_trip_us / 1000};
  // A client's round trip is a whole run of it, most of which is its start.
  return 3 * timeout + (config().mode == Mode::fetch ? 2 : 20) * round_trip;
}

void judge_data(std::string_view actual, std::string_view expected, const std::string& context) {
  const bool same = actual == expected;
  note(record().data, same, same ? "" : counted(expected), same ? "" : counted(actual));
  if (same) return;
  ADD_FAILURE() << "expected " << counted(expected) << "\nreceived " << counted(actual) << '\n'
                << difference(actual, expected) << context;
}

void judge_close(std::string_view actual, std::string_view expected, const std::string& context) {
  const bool same = actual == expected;
  note(record().close, same, std::string{expected}, std::string{actual});
  if (!same) ADD_FAILURE() << "it ended by: " << actual << "; due is: " << expected << context;
}

void judge_silence(bool silent) {
  note(record().data, silent, "nothing, neither bytes nor an end", "something came");
  EXPECT_TRUE(silent) << "something came (bytes or an end) that must not come";
}

}  // namespace trivium::conformance
