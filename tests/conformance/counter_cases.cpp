// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The counters: their schema, what each close is counted as, and that they balance.
#include <algorithm>
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/scratch_file.hpp"

namespace trivium::conformance {
namespace {

class EchoContractCounters : public EchoTest {
 protected:
  void SetUp() override { use({"--max-line", "16", "--idle-timeout", "30s"}); }

  // Exactly one connection was closed, for this reason.
  void expect_only(const std::string& reason) {
    const auto counters = server().settled_counters();
    EXPECT_EQ(counters.closed(reason), 1) << reason;
    EXPECT_EQ(counters.at("accepted"), 1);
    EXPECT_EQ(counters.closed_in_all(), 1);
    EXPECT_EQ(counters.at("active"), 0);
  }

  // How many lines of the text are objects.
  static int objects(const std::string& text) {
    std::istringstream lines{text};
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line.starts_with('{') ? 1 : 0;
    return count;
  }
};

TEST_F(EchoContractCounters, Schema) {
  const Requirement requirement{"counters.schema", "C4.1", Level::must,
                                "SIGUSR1 writes the counters as one JSON object on one line to "
                                "standard error, with every member of the schema."};
  const auto counters = server().counters();
  EXPECT_EQ(counters.at("schema"), 1);
  for (const auto& path : counter_paths()) {
    EXPECT_TRUE(counters.numbers.contains(path)) << path;
    EXPECT_GE(counters.at(path), 0) << path;
  }
  ASSERT_TRUE(counters.strings.contains("contender"));
  const auto& contender = counters.strings.at("contender");
  EXPECT_NE(contender.find('/'), std::string::npos) << contender << " is not model/strategy";
  for (const char* path : {"accepted", "active", "lines", "bytes_in", "bytes_out"}) {
    EXPECT_EQ(counters.at(path), 0) << path;
  }
  EXPECT_EQ(counters.closed_in_all(), 0);
}

TEST_F(EchoContractCounters, AskedOften) {
  const Requirement requirement{"counters.asked-often", "C4.1", Level::must,
                                "Every SIGUSR1 is answered by one line, and service goes on; "
                                "standard output stays clean."};
  constexpr int times = 10;
  auto stream = open(server());
  for (int i = 0; i < times; ++i) {
    EXPECT_EQ(server().counters().at("active"), 1);
    expect_echo(stream, std::to_string(i));
  }
  EXPECT_EQ(std::ranges::count(server().child().out(), '\n'), 1);
  stream.send("\n");
  expect_end(stream);
  stream.close();
  expect_gone();
  ASSERT_TRUE(server().stop());
  EXPECT_EQ(objects(server().child().err()), times) << escaped(server().child().err());
}

TEST_F(EchoContractCounters, NobodyReadsThem) {
  const Requirement requirement{"counters.nobody-reads", "C4.1", Level::must,
                                "SIGUSR1 harms nobody where standard error has no reader any "
                                "more: the server serves on, and drains as always."};
  auto stream = open(server());
  server().child().close_stderr();
  server().child().signal(SIGUSR1);
  for (int i = 0; i < 10; ++i) expect_echo(stream, std::to_string(i));
  stream.send("\n");
  expect_end(stream);
  stream.close();
  // The kernel hands out the lower number first, so that the counters were asked for before.
  expect_gone();
  const auto status = server().stop();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->shell_code(), 0);
}

TEST_F(EchoContractCounters, ContenderNamesTheStrategy) {
  const Requirement requirement{"counters.contender", "C4.2", Level::must,
                                "The contender is model/strategy, with +split where a connection "
                                "is split."};
  const auto strategy = value_of("--strategy");
  if (strategy.empty()) GTEST_SKIP() << "no --strategy in --spawn";
  for (const std::string way : {"loop", "split"}) {
    if (way == "split" && !can_split()) continue;
    use({"--connection", way});
    const auto contender = server().counters().strings.at("contender");
    EXPECT_TRUE(contender.ends_with("/" + strategy + (way == "split" ? "+split" : "")))
        << contender;
  }
}

TEST_F(EchoContractCounters, End) {
  const Requirement requirement{"counters.end", "C4.3", Level::must,
                                "An empty line is counted as end."};
  expect_answer(server(), "a\n\n", "a\n");
  expect_only("end");
}

TEST_F(EchoContractCounters, Eof) {
  const Requirement requirement{"counters.eof", "C4.3", Level::must,
                                "End of input without an empty line is counted as eof."};
  expect_answer(server(), "a\nb", "a\nb\n", Finish::half_close);
  expect_only("eof");
}

TEST_F(EchoContractCounters, CloseWithoutAWord) {
  const Requirement requirement{"counters.eof-silent", "C4.3", Level::must,
                                "A client that takes the head and closes is counted as eof."};
  open(server()).close();
  expect_only("eof");
}

TEST_F(EchoContractCounters, TooLong) {
  const Requirement requirement{"counters.too-long", "C4.3", Level::must,
                                "A line that is too long is counted as rejected_too_long."};
  expect_answer(server(), std::string(17, 'x'), "");
  expect_only("rejected_too_long");
}

TEST_F(EchoContractCounters, Utf8) {
  const Requirement requirement{"counters.utf8", "C4.3", Level::must,
                                "A line that is not UTF-8 is counted as rejected_utf8."};
  expect_answer(server(), "\x80\n", "");
  expect_only("rejected_utf8");
}

TEST_F(EchoContractCounters, Reset) {
  const Requirement requirement{"counters.reset", "C4.3", Level::must,
                                "A client's reset is counted as reset."};
  auto stream = open(server());
  expect_echo(stream, "a");
  stream.abort();
  expect_only("reset");
}

TEST_F(EchoContractCounters, ResetWhileTheServerWrites) {
  const Requirement requirement{"counters.reset-writing", "C4.3", Level::must,
                                "So is a reset that meets the server while it writes."};
  use({});
  auto stream = open(server());
  (void)send_until_blocked(stream, std::string(8191, 'w') + "\n", std::size_t{96} << 20);
  stream.abort();
  expect_only("reset");
}

TEST_F(EchoContractCounters, LinesAndBytes) {
  const Requirement requirement{"counters.lines-bytes", "C4.4", Level::must,
                                "lines counts what was echoed; bytes_in and bytes_out what was "
                                "received and sent, the head included."};
  const std::string input = "one\r\ntwo\nthree\n\n";
  const std::string output = "one\ntwo\nthree\n";
  expect_answer(server(), input, output);
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.at("lines"), 3);
  EXPECT_EQ(counters.at("bytes_in"), static_cast<std::int64_t>(input.size()));
  EXPECT_EQ(counters.at("bytes_out"), static_cast<std::int64_t>(head.size() + output.size()));
}

TEST_F(EchoContractCounters, Balance) {
  const Requirement requirement{"counters.balance", "C4.5", Level::must,
                                "accepted = active + the sum of closed, also while connections are "
                                "open."};
  const int open_count = config().capacity == 1 ? 1 : 4;
  for (int round = 0; round < 3; ++round) {
    expect_answer(server(), "a\n\n", "a\n");
    expect_answer(server(), "a", "a\n", Finish::half_close);
    expect_answer(server(), "\xff\n", "");
    open(server()).abort();
    std::vector<Stream> streams;
    for (int i = 0; i < open_count; ++i) streams.push_back(open(server()));
    const auto counters =
        server().counters_when([&](const Counters& now) { return now.at("active") == open_count; });
    EXPECT_EQ(counters.at("active"), open_count);
    EXPECT_EQ(counters.at("accepted"), (4 + open_count) * round + 4 + open_count);
    EXPECT_TRUE(counters.balanced());
  }
  const auto counters = server().settled_counters();
  EXPECT_TRUE(counters.balanced());
  EXPECT_EQ(counters.closed("eof"), 3 + 3 * open_count);
  EXPECT_EQ(counters.closed("reset"), 3);
}

TEST_F(EchoContractCounters, ManyConnections) {
  const Requirement requirement{"counters.many", "C4.5", Level::must,
                                "The counters are exact over many connections that close at the "
                                "same time."};
  constexpr int count = 120;
  std::vector<Stream> streams;
  for (int i = 0; i < count; ++i) {
    streams.push_back(server().connect());
    streams.back().send("one\ntwo\n\n");
    streams.back().finish();
  }
  for (auto& stream : streams) expect_end(stream, std::string{head} + "one\ntwo\n");
  streams.clear();
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.at("accepted"), count);
  EXPECT_EQ(counters.closed("end"), count);
  EXPECT_EQ(counters.at("lines"), 2 * count);
  EXPECT_EQ(counters.at("bytes_in"), 9 * count);
  EXPECT_EQ(counters.at("accept_errors"), 0);
  EXPECT_EQ(counters.closed("crashed"), 0);
}

TEST_F(EchoContractCounters, StatsFile) {
  const Requirement requirement{"counters.stats-file", "C4.6", Level::must,
                                "--stats writes the counters at exit, by the same schema."};
  const ScratchFile stats{"stats.json"};
  use({"--stats", stats.path()});
  expect_answer(server(), "a\n\n", "a\n");
  expect_answer(server(), "b", "b\n", Finish::half_close);
  expect_gone();
  ASSERT_TRUE(server().stop());
  const auto counters = parse_counters(stats.text());
  for (const auto& path : counter_paths()) EXPECT_TRUE(counters.numbers.contains(path)) << path;
  EXPECT_EQ(counters.at("schema"), 1);
  EXPECT_EQ(counters.at("accepted"), 2);
  EXPECT_EQ(counters.at("active"), 0);
  EXPECT_EQ(counters.closed("end"), 1);
  EXPECT_EQ(counters.closed("eof"), 1);
  EXPECT_EQ(counters.closed_in_all(), 2);
}

}  // namespace
}  // namespace trivium::conformance
