// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The command-line contract of `echo`: what is said, where, and with which exit code.
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

constexpr const char* not_known = "n/a: which defences mean something to its model is not known";

// What a defence asks for; the first word is its flag.
using Asked = std::vector<std::string>;
const std::vector<Asked> defences{
    {"--line-timeout", "1m"},     {"--max-queue", "1000"},
    {"--offload", "1"},           {"--max-memory", "4096MiB"},
    {"--max-requests", "1000"},   {"--max-restarts", "1000"},
    {"--restart-backoff", "1ms"}, {"--at-limit", "refuse", "--max-connections", "2"},
};

// Whether that is one of ours, of which it is known what means something to it.
bool is_of_a_known_model(const std::string& contender) {
  const std::vector<std::string> models{"multiprocess/", "multithread/", "async/"};
  return std::ranges::any_of(models, [&](const auto& name) { return contender.starts_with(name); });
}

// Whether it means something to `contender`, which is model/strategy.
bool means_something(const std::string& defence, const std::string& contender) {
  const auto has = [&](const char* text) { return contender.find(text) != std::string::npos; };
  const bool loops = has("async/");
  const bool processes = has("multiprocess/");
  if (defence == "--offload") return loops;
  if (defence == "--max-memory") return processes;
  if (defence == "--max-requests" || defence == "--max-restarts" ||
      defence == "--restart-backoff") {
    return processes && !has("/per-connection");
  }
  if (defence == "--at-limit") return !has("/sequential") && (loops || !has("/shared-accept"));
  return true;
}

class EchoContractCli : public testing::Test {
 protected:
  static Finished run_echo(const std::vector<std::string>& flags) {
    return run(echo_command(flags));
  }

  static void expect_one_line(const std::string& text) {
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << escaped(text);
    EXPECT_TRUE(text.ends_with('\n')) << escaped(text);
  }

  // Wrong usage: exit 2, nothing on standard output, one line on standard error with these words.
  static void expect_usage_error(const std::vector<std::string>& flags,
                                 const std::vector<std::string>& words) {
    std::string command;
    for (const auto& flag : flags) command += " " + flag;
    SCOPED_TRACE("flags:" + command);
    const auto result = run_echo(flags);
    ASSERT_TRUE(result.status) << "it did not end; standard output: " << result.out;
    EXPECT_EQ(result.status->shell_code(), 2);
    EXPECT_EQ(result.out, "");
    expect_one_line(result.err);
    for (const auto& word : words) {
      EXPECT_NE(result.err.find(word), std::string::npos) << word << " is not in: " << result.err;
    }
  }

  // What the system refused: exit 1, one line on standard error, no ready line.
  static void expect_refused(const std::vector<std::string>& flags) {
    const auto result = run_echo(flags);
    ASSERT_TRUE(result.status) << "it did not end; standard output: " << result.out;
    EXPECT_EQ(result.status->shell_code(), 1);
    EXPECT_EQ(result.out, "");
    expect_one_line(result.err);
  }
};

TEST_F(EchoContractCli, Help) {
  const Requirement requirement{"cli.echo.help", "C1.2", Level::must,
                                "--help names every flag on standard output, exit 0."};
  const auto result = run_echo({"--help"});
  ASSERT_TRUE(result.status);
  EXPECT_EQ(result.status->shell_code(), 0);
  EXPECT_EQ(result.err, "");
  for (const char* flag : {"--listen", "--strategy", "--connection", "--workers", "--backlog",
                           "--max-connections", "--max-line", "--idle-timeout", "--drain-timeout",
                           "--stats", "--hazards", "--help", "--version"}) {
    EXPECT_NE(result.out.find(flag), std::string::npos) << flag;
  }
}

TEST_F(EchoContractCli, HelpShowsTheDefaults) {
  const Requirement requirement{"cli.echo.help-defaults", "C1.4", Level::should,
                                "--help shows the defaults: 127.0.0.1:8080, handoff, 4096, 64 KiB, "
                                "60 s, 5 s."};
  auto text = run_echo({"--help"}).out;
  std::erase(text, ' ');
  for (const char* value : {"127.0.0.1:8080", "handoff", "4096", "64KiB"}) {
    EXPECT_NE(text.find(value), std::string::npos) << value;
  }
  EXPECT_TRUE(text.find("60s") != text.npos || text.find("1m") != text.npos) << "60 s";
  EXPECT_NE(text.find("5s"), std::string::npos);
}

TEST_F(EchoContractCli, HelpNamesTheDefences) {
  const Requirement requirement{"cli.echo.help-defences", "C1.5", Level::must,
                                "--help names the flags of the defences that mean something to "
                                "the contender, and --at-limit always."};
  const auto contender = EchoServer{}.counters().strings.at("contender");
  if (!is_of_a_known_model(contender)) GTEST_SKIP() << not_known;
  const auto text = run_echo({"--help"}).out;
  for (const auto& asked : defences) {
    const auto& flag = asked.front();
    if (flag != "--at-limit" && !means_something(flag, contender)) continue;
    EXPECT_NE(text.find(flag), std::string::npos) << flag;
  }
}

TEST_F(EchoContractCli, DefencesAreTakenOrRefused) {
  const Requirement requirement{"cli.echo.defences", "C1.6", Level::must,
                                "A defence is taken where it means something to the contender, "
                                "and is wrong usage, named in one line, where it means nothing."};
  const auto contender = EchoServer{}.counters().strings.at("contender");
  if (!is_of_a_known_model(contender)) GTEST_SKIP() << not_known;
  for (const auto& asked : defences) {
    SCOPED_TRACE(asked.front());
    if (means_something(asked.front(), contender)) {
      // Not with what a sanitizer takes: tests/hazards tries it where there is none.
      if (asked.front() == "--max-memory") continue;
      const EchoServer server{asked};  // Throws where it does not become ready.
    } else {
      expect_usage_error(asked, {asked.front()});
    }
  }
}

TEST_F(EchoContractCli, Version) {
  const Requirement requirement{"cli.echo.version", "C1.2", Level::must,
                                "--version prints one line on standard output, exit 0."};
  const auto result = run_echo({"--version"});
  ASSERT_TRUE(result.status);
  EXPECT_EQ(result.status->shell_code(), 0);
  EXPECT_EQ(result.err, "");
  expect_one_line(result.out);
  EXPECT_NE(result.out.find_first_of("0123456789"), std::string::npos) << result.out;
}

TEST_F(EchoContractCli, UnknownFlag) {
  const Requirement requirement{"cli.echo.unknown-flag", "C1.1", Level::must,
                                "An unknown flag or a word too many is wrong usage, named in one "
                                "line, exit 2."};
  expect_usage_error({"--zork"}, {"--zork"});
  expect_usage_error({"--zork=1"}, {"--zork"});
  expect_usage_error({"surplus"}, {"surplus"});
}

TEST_F(EchoContractCli, MissingValue) {
  const Requirement requirement{"cli.echo.missing-value", "C1.1", Level::must,
                                "A flag without its value is wrong usage that names the flag."};
  for (const char* flag :
       {"--workers", "--max-line", "--strategy", "--connection", "--listen", "--stats"}) {
    expect_usage_error({flag}, {flag});
    expect_usage_error({std::string{flag} + "="}, {flag});
  }
}

TEST_F(EchoContractCli, BadListen) {
  const Requirement requirement{"cli.echo.bad-listen", "C1.1", Level::must,
                                "A bad --listen is wrong usage that says HOST:PORT."};
  for (const char* value : {"nonsense", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536",
                            "127.0.0.1:-1", "127.0.0.1:8o", "::1:80", "[::1]", "[::1:80"}) {
    expect_usage_error({"--listen", value}, {"--listen", "HOST:PORT"});
  }
}

TEST_F(EchoContractCli, BadStrategy) {
  const Requirement requirement{"cli.echo.bad-strategy", "C1.1", Level::must,
                                "An unknown --strategy is wrong usage that names the strategies."};
  for (const char* value : {"nope", "Handoff", "hand"}) {
    expect_usage_error({"--strategy", value},
                       {"--strategy", "per-connection", "handoff", "shared-accept"});
  }
}

TEST_F(EchoContractCli, BadConnection) {
  const Requirement requirement{"cli.echo.bad-connection", "C1.1", Level::must,
                                "An unknown --connection is wrong usage that names loop and "
                                "split."};
  for (const char* value : {"nope", "Split", "loops"}) {
    expect_usage_error({"--connection", value}, {"--connection", "loop", "split"});
  }
}

TEST_F(EchoContractCli, SequentialDoesNotSplit) {
  const Requirement requirement{"cli.echo.sequential-split", "C1.1", Level::must,
                                "`sequential` has no split: to ask for it is wrong usage that "
                                "names what is legal."};
  if (can_split()) GTEST_SKIP() << "n/a: the strategy splits, or is not known";
  expect_usage_error({"--connection", "split"}, {"--connection", "loop", "sequential"});
  EchoServer server{{"--connection", "loop"}};
  expect_answer(server, "a\n\n", "a\n");
}

TEST_F(EchoContractCli, BadCounts) {
  const Requirement requirement{"cli.echo.bad-count", "C1.1", Level::must,
                                "A count that is none, or out of its range, is wrong usage."};
  for (const char* flag : {"--workers", "--backlog", "--max-connections"}) {
    for (const char* value : {"x", "-1", "1.5", "1x", "99999999999999999999"}) {
      expect_usage_error({std::string{flag} + "=" + value}, {flag});
    }
  }
  expect_usage_error({"--workers", "0"}, {"--workers"});
  expect_usage_error({"--backlog", "0"}, {"--backlog"});
}

TEST_F(EchoContractCli, BadSizes) {
  const Requirement requirement{"cli.echo.bad-size", "C1.1", Level::must,
                                "A bad size is wrong usage that names the units."};
  for (const char* value : {"x", "-1", "1KB", "1 parsec", "KiB", "1kib"}) {
    expect_usage_error({std::string{"--max-line="} + value}, {"--max-line", "KiB", "MiB"});
  }
  expect_usage_error({"--max-line", "0"}, {"--max-line"});
}

TEST_F(EchoContractCli, BadDurations) {
  const Requirement requirement{"cli.echo.bad-duration", "C1.1", Level::must,
                                "A bad duration is wrong usage that names the units."};
  for (const char* flag : {"--idle-timeout", "--drain-timeout"}) {
    for (const char* value : {"x", "-1s", "5", "1h", "ms", "1 s", "1S"}) {
      expect_usage_error({std::string{flag} + "=" + value}, {flag, "us", "ms", "s", "m"});
    }
  }
}

TEST_F(EchoContractCli, Durations) {
  const Requirement requirement{"cli.echo.durations", "C1.3", Level::must,
                                "Durations take us, ms, s, m."};
  for (const char* value : {"60000000us", "60000ms", "60s", "1m"}) {
    SCOPED_TRACE(value);
    EchoServer server{{"--idle-timeout", value, "--drain-timeout", value}};
    expect_answer(server, "a\n\n", "a\n");
  }
}

TEST_F(EchoContractCli, DurationsMeanWhatTheySay) {
  const Requirement requirement{"cli.echo.duration-values", "C1.3", Level::must,
                                "300000us and 300ms are the same time."};
  for (const char* value : {"300000us", "300ms"}) {
    SCOPED_TRACE(value);
    EchoServer server{{"--idle-timeout", value}};
    auto stream = open(server);
    const auto start = Clock::now();
    expect_end(stream);
    EXPECT_GE(since(start), milliseconds{200});
  }
}

TEST_F(EchoContractCli, Sizes) {
  const Requirement requirement{"cli.echo.sizes", "C1.3", Level::must,
                                "Sizes are bytes, KiB (1,024) or MiB (1,048,576)."};
  const std::vector<std::pair<std::string, std::size_t>> sizes{
      {"1000", 1000}, {"2KiB", 2048}, {"1MiB", 1048576}};
  for (const auto& [text, bytes] : sizes) {
    SCOPED_TRACE(text);
    EchoServer server{{"--max-line", text}};
    const std::string longest(bytes, 'z');
    expect_answer(server, longest + "\n\n", longest + "\n");
    expect_answer(server, "a\n" + longest + "z", "a\n");
  }
}

TEST_F(EchoContractCli, ReadyLine) {
  const Requirement requirement{"cli.echo.ready-line", "C2.1", Level::must,
                                "When ready, the first line on standard output is `listening on "
                                "HOST:PORT`, flushed; port 0 picks a free one; nothing else "
                                "follows."};
  EchoServer server{{"--listen", "127.0.0.1:0"}};
  EXPECT_EQ(server.at().host, "127.0.0.1");
  EXPECT_NE(server.at().port, 0);
  expect_answer(server, "a\n\n", "a\n");
  const auto status = server.stop();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->shell_code(), 0);
  EXPECT_EQ(server.child().out(),
            "listening on 127.0.0.1:" + std::to_string(server.at().port) + "\n");
  EXPECT_EQ(server.child().err(), "");
}

TEST_F(EchoContractCli, GivenPort) {
  const Requirement requirement{"cli.echo.port", "C2.1", Level::must,
                                "The server listens at the port that --listen gives."};
  const auto port = free_port();
  EchoServer server{{"--listen", "127.0.0.1:" + std::to_string(port)}};
  EXPECT_EQ(server.at().port, port);
  expect_answer(server, "a\n\n", "a\n");
}

TEST_F(EchoContractCli, PortIsFreeAgainAtOnce) {
  const Requirement requirement{"cli.echo.port-reuse", "C2.2", Level::should,
                                "A server can be started again at once on the port that it had, "
                                "though connections of before are in TIME_WAIT."};
  std::uint16_t port = 0;
  for (int i = 0; i < 2; ++i) {
    EchoServer server{{"--listen", "127.0.0.1:" + std::to_string(port)}};
    port = server.at().port;
    expect_answer(server, "a\n\n", "a\n");
    ASSERT_TRUE(server.stop());
  }
}

TEST_F(EchoContractCli, Ipv6) {
  const Requirement requirement{"cli.echo.ipv6", "C2.3", Level::must,
                                "In the ready line IPv6 stands in brackets."};
  const Fd probe{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!probe || !std::filesystem::exists("/proc/net/if_inet6")) GTEST_SKIP() << "no IPv6 here";
  EchoServer server{{"--listen", "[::1]:0"}};
  EXPECT_TRUE(server.child().out().starts_with("listening on [::1]:")) << server.child().out();
  expect_answer(server, "a\n\n", "a\n");
}

TEST_F(EchoContractCli, NameInListen) {
  const Requirement requirement{"cli.echo.listen-name", "C2.3", Level::must,
                                "A name in --listen binds its first address; the ready line is "
                                "numeric."};
  if (!resolves("localhost")) GTEST_SKIP() << "this system does not know localhost";
  EchoServer server{{"--listen", "localhost:0"}};
  EXPECT_TRUE(server.at().host == "127.0.0.1" || server.at().host == "::1") << server.at().host;
  expect_answer(server, "a\n\n", "a\n");
}

TEST_F(EchoContractCli, NameThatDoesNotResolve) {
  const Requirement requirement{"cli.echo.listen-unknown-name", "C2.4", Level::must,
                                "A name that does not resolve is one line, and not exit 0."};
  const auto result = run_echo({"--listen", "no-such-host.invalid:0"});
  ASSERT_TRUE(result.status);
  EXPECT_TRUE(result.status->shell_code() == 1 || result.status->shell_code() == 2)
      << result.status->shell_code();
  EXPECT_EQ(result.out, "");
  expect_one_line(result.err);
}

TEST_F(EchoContractCli, AddressInUse) {
  const Requirement requirement{"cli.echo.address-in-use", "C2.4", Level::must,
                                "A taken port is exit 1 with one line, and nothing on standard "
                                "output."};
  const auto taken = listen_on();
  expect_refused({"--listen", "127.0.0.1:" + std::to_string(local_port(taken))});
}

TEST_F(EchoContractCli, TakenByOneLikeIt) {
  const Requirement requirement{"cli.echo.in-use-by-its-like", "C2.4", Level::must,
                                "A port that another such server has is taken, however the server "
                                "shares it among its own units."};
  EchoServer first;
  expect_refused({"--listen", to_string(first.at())});
  expect_answer(first, "a\n\n", "a\n");
}

TEST_F(EchoContractCli, AddressNotOurs) {
  const Requirement requirement{"cli.echo.address-refused", "C2.4", Level::must,
                                "An address that is not this machine's is exit 1 with one line."};
  expect_refused({"--listen", "192.0.2.1:0"});
}

TEST_F(EchoContractCli, StatsFileRefused) {
  const Requirement requirement{
      "cli.echo.stats-refused", "C2.4", Level::must,
      "A --stats file that can't be written is exit 1 with one line; if "
      "that is found at exit only, the ready line may have been printed."};
  Child child{echo_command({"--stats", "/nonexistent/directory/counters.json"})};
  if (child.out_line()) child.signal(SIGTERM);
  const auto status = child.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->shell_code(), 1);
  expect_one_line(child.err());
}

}  // namespace
}  // namespace trivium::conformance
