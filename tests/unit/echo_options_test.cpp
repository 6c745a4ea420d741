// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/echo_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "shared/app/command_line.hpp"

namespace trivium::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Parsed {
  std::optional<int> code;
  EchoOptions options;
  std::string out;
  std::string err;
};

Parsed parsed(std::vector<std::string> words, UnitKind unit = UnitKind::thread,
              Defences defences = Defences::built) {
  words.insert(words.begin(), "echo");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  Parsed result;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  result.code = parse_echo_options(static_cast<int>(argv.size()), argv.data(), unit,
                                   {{"per-connection"}, {"handoff"}, {"sequential", false}},
                                   result.options, defences);
  result.out = testing::internal::GetCapturedStdout();
  result.err = testing::internal::GetCapturedStderr();
  return result;
}

TEST(EchoOptions, Defaults) {
  const auto [code, options, out, err] = parsed({});
  EXPECT_EQ(code, std::nullopt);
  EXPECT_EQ(options.listen.host, "127.0.0.1");
  EXPECT_EQ(options.listen.port, "8080");
  EXPECT_EQ(options.strategy, "handoff");
  EXPECT_FALSE(options.split());
  EXPECT_EQ(options.workers, std::max<std::size_t>(32, 4 * usable_cpus()));
  EXPECT_EQ(options.backlog, 4096U);
  EXPECT_EQ(options.max_connections, 0U);
  EXPECT_EQ(options.max_line, 65536U);
  EXPECT_EQ(options.idle_timeout, 60s);
  EXPECT_EQ(options.drain_timeout, 5s);
  EXPECT_EQ(options.stats, "");
  EXPECT_EQ(out + err, "");
}

TEST(EchoOptions, AnAsyncPoolHasAWorkerForEachCpuAndTwoAtLeast) {
  EXPECT_EQ(parsed({}, UnitKind::task).options.workers, std::max<std::size_t>(2, usable_cpus()));
}

TEST(EchoOptions, EveryFlag) {
  const auto [code, options, out, err] =
      parsed({"--listen",        "[::1]:0", "--strategy",        "per-connection",
              "--connection",    "split",   "--workers",         "7",
              "--backlog",       "9",       "--max-connections", "11",
              "--max-line",      "2MiB",    "--idle-timeout",    "250us",
              "--drain-timeout", "1.5s",    "--stats",           "file.json"});
  EXPECT_EQ(code, std::nullopt);
  EXPECT_EQ(options.listen.host, "::1");
  EXPECT_EQ(options.listen.port, "0");
  EXPECT_EQ(options.strategy, "per-connection");
  EXPECT_TRUE(options.split());
  EXPECT_EQ(options.workers, 7U);
  EXPECT_EQ(options.backlog, 9U);
  EXPECT_EQ(options.max_connections, 11U);
  EXPECT_EQ(options.max_line, 2U * 1024 * 1024);
  EXPECT_EQ(options.idle_timeout, 250us);
  EXPECT_EQ(options.drain_timeout, 1500ms);
  EXPECT_EQ(options.stats, "file.json");
  EXPECT_EQ(out + err, "");
}

TEST(EchoOptions, HazardsAreOffUnlessAskedFor) {
  EXPECT_FALSE(parsed({}).options.hazards);
  EXPECT_TRUE(parsed({"--hazards"}).options.hazards);
}

TEST(EchoOptions, OnlyLoopsHaveAPoolBesideThem) {
  EXPECT_EQ(parsed({"--offload", "3"}, UnitKind::task).options.offload, 3U);
  for (const auto unit : {UnitKind::process, UnitKind::thread}) {
    EXPECT_EQ(parsed({"--offload", "0"}, unit).code, std::nullopt);
    const auto result = parsed({"--offload", "3"}, unit);
    EXPECT_EQ(result.code, exit_usage);
    EXPECT_THAT(result.err, HasSubstr("--offload: '3' is not 0: "));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

struct Meaningless {
  UnitKind unit;
  std::vector<std::string> words;
  std::string legal;
};

class EchoOptionsMeaningless : public testing::TestWithParam<Meaningless> {};

TEST_P(EchoOptionsMeaningless, IsWrongUsageThatSaysWhatIsLegal) {
  const auto& [unit, words, legal] = GetParam();
  const auto result = parsed(words, unit);
  EXPECT_EQ(result.code, exit_usage);
  EXPECT_THAT(result.err, HasSubstr("echo: " + words.front() + ": '" + words.at(1) + "' is not " +
                                    legal + ": "));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

INSTANTIATE_TEST_SUITE_P(
    Table, EchoOptionsMeaningless,
    testing::Values(
        Meaningless{UnitKind::thread, {"--max-requests", "9"}, "0"},
        Meaningless{UnitKind::task, {"--max-requests", "9"}, "0"},
        Meaningless{
            UnitKind::process, {"--max-requests", "9", "--strategy", "per-connection"}, "0"},
        Meaningless{UnitKind::thread, {"--max-restarts", "9"}, "0"},
        Meaningless{
            UnitKind::process, {"--max-restarts", "9", "--strategy", "per-connection"}, "0"},
        Meaningless{UnitKind::thread, {"--restart-backoff", "0s"}, "10ms"},
        Meaningless{UnitKind::task, {"--restart-backoff", "1500ms"}, "10ms"},
        Meaningless{
            UnitKind::process, {"--restart-backoff", "2s", "--strategy", "per-connection"}, "10ms"},
        Meaningless{UnitKind::thread, {"--max-memory", "9MiB"}, "0"},
        Meaningless{UnitKind::task, {"--max-memory", "9MiB"}, "0"},
        Meaningless{UnitKind::task, {"--at-limit", "refuse", "--strategy", "sequential"}, "wait"},
        Meaningless{UnitKind::task, {"--at-limit", "refuse"}, "wait"},
        Meaningless{
            UnitKind::process, {"--at-limit", "refuse", "--strategy", "per-connection"}, "wait"}));

TEST(EchoOptions, Defences) {
  const auto none = parsed({}).options;
  EXPECT_EQ(none.line_timeout, 0s);
  EXPECT_FALSE(none.refuses());
  EXPECT_EQ(none.restart_backoff, 10ms);
  EXPECT_EQ(none.max_queue + none.max_requests + none.max_memory + none.max_restarts, 0U);
  const auto [code, options, out, err] =
      parsed({"--line-timeout", "3s", "--at-limit", "refuse", "--max-queue", "5", "--max-requests",
              "6", "--max-memory", "64MiB", "--max-restarts", "7", "--restart-backoff", "250us"},
             UnitKind::process);
  EXPECT_EQ(code, std::nullopt) << err;
  EXPECT_EQ(options.line_timeout, 3s);
  EXPECT_TRUE(options.refuses());
  EXPECT_EQ(options.max_queue, 5U);
  EXPECT_EQ(options.max_requests, 6U);
  EXPECT_EQ(options.max_memory, 64U * 1024 * 1024);
  EXPECT_EQ(options.max_restarts, 7U);
  EXPECT_EQ(options.restart_backoff, 250us);
  EXPECT_EQ(parsed({"--restart-backoff", "0s"}, UnitKind::process).options.restart_backoff, 0s);
  EXPECT_EQ(parsed({"--line-timeout", "0s"}).options.line_timeout, 0s);
}

TEST(EchoOptions, DefencesThatAServerHasNotAreNoFlags) {
  for (const std::string flag :
       {"--line-timeout", "--at-limit", "--max-queue", "--max-requests", "--max-memory",
        "--max-restarts", "--restart-backoff", "--offload"}) {
    const auto result = parsed({flag, "0"}, UnitKind::task, Defences::left_out);
    EXPECT_EQ(result.code, exit_usage) << flag;
    EXPECT_EQ(result.err, "echo: " + flag + ": no such flag; --help names them\n");
    EXPECT_THAT(parsed({"--help"}, UnitKind::task, Defences::left_out).out, Not(HasSubstr(flag)));
  }
  EXPECT_EQ(parsed({"--workers", "3"}, UnitKind::task, Defences::left_out).code, std::nullopt);
}

TEST(EchoOptions, ALimitOnConnectionsMayRefuse) {
  for (const auto unit : {UnitKind::thread, UnitKind::process, UnitKind::task}) {
    const auto result = parsed(
        {"--at-limit", "refuse", "--max-connections", "9", "--strategy", "per-connection"}, unit);
    EXPECT_EQ(result.code, std::nullopt) << result.err;
  }
}

TEST(EchoOptions, APoolIsNoLargerThanTheLimitOnConnections) {
  EXPECT_EQ(parsed({"--workers", "7"}).options.pool_size(), 7U);
  EXPECT_EQ(parsed({"--workers", "7", "--max-connections", "3"}).options.pool_size(), 3U);
  EXPECT_EQ(parsed({"--workers", "7", "--max-connections", "9"}).options.pool_size(), 7U);
}

struct Wrong {
  std::vector<std::string> words;
  std::string legal;  // what the line must say beside the flag
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  for (const auto& word : wrong.words) *out << word << ' ';
}

class EchoOptionsWrong : public testing::TestWithParam<Wrong> {};

TEST_P(EchoOptionsWrong, IsOneLineThatNamesTheFlagAndWhatIsLegal) {
  const auto result = parsed(GetParam().words);
  EXPECT_EQ(result.code, exit_usage);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_TRUE(result.err.ends_with('\n'));
  EXPECT_THAT(result.err, HasSubstr(GetParam().words.front()));
  EXPECT_THAT(result.err, HasSubstr(GetParam().legal));
}

INSTANTIATE_TEST_SUITE_P(
    Table, EchoOptionsWrong,
    testing::Values(
        Wrong{{"--listen", "8080"}, "HOST:PORT"}, Wrong{{"--listen", "::1:80"}, "[::1]"},
        Wrong{{"--listen", "h:65536"}, "HOST:PORT"},
        Wrong{{"--strategy", "threads"}, "per-connection|handoff|sequential"},
        Wrong{{"--strategy", ""}, "per-connection|handoff|sequential"},
        Wrong{{"--workers", "0"}, "1 to 32768"}, Wrong{{"--workers", "-1"}, "1 to 32768"},
        Wrong{{"--workers", "2x"}, "1 to 32768"}, Wrong{{"--workers", "1e3"}, "1 to 32768"},
        Wrong{{"--workers", "99999999999999999999"}, "1 to 32768"},
        Wrong{{"--backlog", "65536"}, "1 to 65535"},
        Wrong{{"--max-connections", "many"}, "0 to 1000000"}, Wrong{{"--max-line", "0"}, "KiB"},
        Wrong{{"--max-line", "64KB"}, "KiB"}, Wrong{{"--max-line", "1.5KiB"}, "KiB"},
        Wrong{{"--max-line", "5000MiB"}, "KiB"}, Wrong{{"--idle-timeout", "10"}, "us, ms, s or m"},
        Wrong{{"--idle-timeout", "0s"}, "us, ms, s or m"},
        Wrong{{"--drain-timeout", "-1s"}, "us, ms, s or m"},
        Wrong{{"--drain-timeout", "1h"}, "us, ms, s or m"},
        Wrong{{"--idle-timeout"}, "needs a value: a duration above 0 in us"},
        Wrong{{"--stats"}, "needs a value: FILE"},
        Wrong{{"--nonsense"}, "--nonsense: no such flag; --help names them"},
        Wrong{{"--workers"}, "needs a value: a whole number from 1 to 32768"},
        Wrong{{"--strategy"}, "needs a value: one of per-connection|handoff|sequential"},
        Wrong{{"--listen"}, "needs a value: HOST:PORT (as in"},
        Wrong{{"--workers", "2", "--workers", "3"}, "given more than once; takes one value"},
        Wrong{{"--stats", "a", "--stats", "b"}, "given more than once; takes one value"},
        Wrong{{"--line-timeout", "10"}, "0s: no limit"},
        Wrong{{"--at-limit", "drop"}, "wait|refuse"}, Wrong{{"--max-queue", "-1"}, "0 to 65535"},
        Wrong{{"--max-requests", "x"}, "0 to 1000000000"},
        Wrong{{"--max-memory", "1MiB"}, "8MiB to 4096MiB"},
        Wrong{{"--max-restarts", ""}, "0 to 1000000"},
        Wrong{{"--restart-backoff", "-1s"}, "0s: no waiting"},
        Wrong{{"stray"}, "stray: not a flag; --help names them"},
        Wrong{{"--connection", "splits"}, "loop|split"},
        Wrong{{"--connection", "split", "--strategy", "sequential"}, "is not loop"}));

TEST(EchoOptions, AFlagThatIsWrongIsNamedWithoutItsValue) {
  EXPECT_EQ(parsed({"--nonsense=1"}).err, "echo: --nonsense: no such flag; --help names them\n");
  EXPECT_EQ(parsed({"--hazards=yes"}).err, "echo: --hazards: takes no value\n");
  EXPECT_EQ(parsed({"--workers="}).err,
            "echo: --workers: needs a value: a whole number from 1 to 32768\n");
}

TEST(EchoOptions, AStrategyThatDoesNotSplitTakesLoop) {
  EXPECT_EQ(parsed({"--strategy", "sequential"}).code, std::nullopt);
  EXPECT_EQ(parsed({"--strategy", "sequential", "--connection", "loop"}).code, std::nullopt);
}

TEST(EchoOptions, HelpNamesEveryFlagAndItsDefault) {
  const auto result = parsed({"--help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
  for (const auto* text : {"--listen",
                           "127.0.0.1:8080",
                           "--strategy",
                           "per-connection|handoff|sequential",
                           "--connection",
                           "loop|split",
                           "--workers",
                           "--backlog",
                           "4096",
                           "--max-connections",
                           "--max-line",
                           "64KiB",
                           "--idle-timeout",
                           "60s",
                           "--drain-timeout",
                           "5s",
                           "--stats",
                           "--hazards",
                           "@sleep",
                           "--line-timeout",
                           "--at-limit",
                           "wait|refuse",
                           "--max-queue",
                           "--max-requests",
                           "--max-memory",
                           "--max-restarts",
                           "--restart-backoff",
                           "10ms",
                           "--offload",
                           "--version"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST(EchoOptions, VersionIsOneLineOnStandardOutput) {
  const auto result = parsed({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, std::string("trivium ") + TRIVIUM_VERSION + "\n");
}

}  // namespace
}  // namespace trivium::app
