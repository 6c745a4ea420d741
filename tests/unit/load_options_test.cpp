// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "shared/load/limits.hpp"

namespace trivium::load {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

struct Parsed {
  std::optional<int> code;
  Options options;
  std::string out;
  std::string err;
};

Parsed parsed(std::vector<std::string> words) {
  words.insert(words.begin(), "load");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  Parsed result;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  result.code = parse_options(static_cast<int>(argv.size()), argv.data(), result.options);
  result.out = testing::internal::GetCapturedStdout();
  result.err = testing::internal::GetCapturedStderr();
  return result;
}

TEST(LoadOptions, Defaults) {
  const auto [code, options, out, err] = parsed({});
  EXPECT_EQ(code, std::nullopt);
  EXPECT_EQ(shown(options.target), "127.0.0.1:8080");
  EXPECT_EQ(options.mode, Mode::churn);
  EXPECT_EQ(options.dialect, Dialect::trivium);
  EXPECT_EQ(options.connections, 64U);
  EXPECT_EQ(options.threads, 1U);
  EXPECT_EQ(options.depth, 1U);
  EXPECT_FALSE(options.open_loop());
  EXPECT_EQ(options.duration, 5s);
  EXPECT_EQ(options.warmup, 1s);
  EXPECT_EQ(options.timeout, 5s);
  EXPECT_EQ(options.line_bytes, 64U);
  EXPECT_EQ(options.timeline, 0s);
  EXPECT_EQ(out + err, "");
}

TEST(LoadOptions, EveryFlag) {
  const auto [code, options, out, err] =
      parsed({"--target",      "[::1]:9",   "--mode",       "lines",   "--dialect",    "echo",
              "--rate",        "1500.5",    "--arrivals",   "poisson", "--seed",       "42",
              "--depth",       "16",        "--threads",    "2",       "--duration",   "2s",
              "--warmup",      "0s",        "--timeout",    "1s",      "--line",       "hello",
              "--json",        "out.json",  "--timeline",   "100ms",   "--progress",   "never",
              "--rare-line",   "@work 1ms", "--rare-every", "50",      "--late-after", "20ms",
              "--connections", "10"});
  EXPECT_EQ(code, std::nullopt) << err;
  EXPECT_EQ(shown(options.target), "[::1]:9");
  EXPECT_EQ(options.mode, Mode::lines);
  EXPECT_EQ(options.dialect, Dialect::echo);
  EXPECT_EQ(options.rate, 1500.5);
  EXPECT_EQ(options.arrivals, Arrivals::poisson);
  EXPECT_EQ(options.seed, 42U);
  EXPECT_EQ(options.depth, 16U);
  EXPECT_EQ(options.threads, 2U);
  EXPECT_EQ(options.warmup, 0s);
  EXPECT_EQ(options.line, "hello");
  EXPECT_EQ(options.rare_line, "@work 1ms");
  EXPECT_EQ(options.rare_every, 50U);
  EXPECT_EQ(options.late_after, 20ms);
  EXPECT_EQ(options.timeline, 100ms);
  EXPECT_EQ(options.progress, "never");
  EXPECT_EQ(options.json, "out.json");
  EXPECT_EQ(out + err, "");
}

TEST(LoadOptions, WrongUsageIsOneLineAndExit2) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--target", "nowhere"},
      {"--target", "127.0.0.1:0"},
      {"--mode", "storm"},
      {"--dialect", "gopher"},
      {"--mode", "first-byte", "--dialect", "http"},
      {"--mode", "first-byte", "--dialect", "echo"},
      {"--depth", "2"},
      {"--depth", "0", "--mode", "lines"},
      {"--rate", "fast"},
      {"--rate", "-1"},
      {"--rate", "nan"},
      {"--rate", "100000000"},
      {"--rate", "5", "--mode", "idle"},
      {"--arrivals", "poisson"},
      {"--rate", "5", "--seed", "1"},
      {"--rate", "5", "--arrivals", "poisson", "--seed", "x"},
      {"--threads", "3", "--connections", "2"},
      {"--timeline", "100ms", "--mode", "idle"},
      {"--timeline", "1us"},
      {"--timeline", "0s"},
      {"--path", "/x"},
      {"--dialect", "http", "--path", "x"},
      {"--dialect", "http", "--path", "/a b"},
      {"--dialect", "http", "--line-bytes", "5"},
      {"--mode", "first-byte", "--line", "x"},
      {"--line", "x", "--line-bytes", "5"},
      {"--line", ""},
      {"--line", "a\nb"},
      {"--rare-line", "x"},
      {"--rare-every", "5", "--mode", "lines"},
      {"--progress", "maybe"},
      {"--late-after", "0s"},
      {"surplus"},
      {"--rate"},
      {"--depth", "2", "--depth", "3"},
  };
  for (const auto& words : wrong) {
    const auto [code, options, out, err] = parsed(words);
    std::string all;
    for (const auto& word : words) all += word + " ";
    EXPECT_EQ(code, 2) << all;
    EXPECT_THAT(err, StartsWith("load: ")) << all;
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << all << err;
    EXPECT_EQ(out, "") << all;
  }
}

TEST(LoadOptions, HelpIsOnStandardOutputWithExamples) {
  const auto [code, options, out, err] = parsed({"--help"});
  EXPECT_EQ(code, 0);
  EXPECT_THAT(out, HasSubstr("Examples:"));
  for (const char* flag :
       {"--target",     "--mode",       "--dialect", "--connections", "--depth",      "--threads",
        "--rate",       "--arrivals",   "--seed",    "--duration",    "--warmup",     "--timeout",
        "--late-after", "--line-bytes", "--line",    "--rare-line",   "--rare-every", "--path",
        "--timeline",   "--json",       "--progress"}) {
    EXPECT_THAT(out, HasSubstr(flag));
  }
  EXPECT_EQ(err, "");
}

TEST(LoadLimits, ARunThatFitsHasNothingSaidAboutIt) {
  const auto loopback = net::resolve_first({"127.0.0.1", "8080"});
  EXPECT_EQ(why_not(Options{}, loopback), std::nullopt);
}

TEST(LoadLimits, OpenFilesAreCountedBeforeTheRun) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{64, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  Options options;
  options.connections = 60;
  const auto reason = why_not(options, net::resolve_first({"127.0.0.1", "8080"}));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_TRUE(reason);
  EXPECT_THAT(*reason, HasSubstr("may have 64"));
  EXPECT_EQ(reason->find('\n'), std::string::npos);
}

TEST(LoadLimits, PortsAreCountedWhereSourcesCannotBeSpread) {
  EXPECT_TRUE(can_spread_sources(net::resolve_first({"127.3.2.1", "8080"})));
  EXPECT_FALSE(can_spread_sources(net::resolve_first({"192.0.2.1", "8080"})));
  EXPECT_FALSE(can_spread_sources(net::resolve_first({"::1", "8080"})));
  EXPECT_GT(local_ports().size(), 1U);
  EXPECT_EQ((PortRange{32'768, 60'999}.size()), 28'232U);
}

}  // namespace
}  // namespace trivium::load
