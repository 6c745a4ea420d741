// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// SIGTERM and SIGINT: draining, the drain timeout, and the second signal.
#include <csignal>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/scratch_file.hpp"
#include "tests/conformance/tcp_table.hpp"

namespace trivium::conformance {
namespace {

class EchoContractSignal : public EchoTest {
 protected:
  void SetUp() override { expect_gone(); }  // Every case starts its own server, and ends it.

  void expect_exit(std::optional<ExitStatus> status, int code) {
    ASSERT_TRUE(status) << "the server did not end";
    EXPECT_EQ(status->shell_code(), code) << server().child().err();
  }

  // Looks from outside first: a connection would be counted if it came too early.
  void expect_listener_closed() {
    EXPECT_TRUE(poll_until([this] { return !listens(server().at()); })) << "it still listens";
    EXPECT_THROW((void)server().connect(Deadline{milliseconds{1000}}), std::system_error);
  }

  // The counters that --stats wrote at exit.
  static Counters final_counters(const ScratchFile& stats) {
    const auto counters = parse_counters(stats.text());
    EXPECT_TRUE(counters.balanced()) << stats.text();
    return counters;
  }
};

TEST_F(EchoContractSignal, EndsAnIdleServer) {
  const Requirement requirement{"signal.idle-server", "C3.1", Level::must,
                                "SIGTERM or SIGINT ends a server that serves nobody at once, exit "
                                "0, with nothing more to say."};
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(::strsignal(signal));
    expect_promptly([&] {
      use({"--drain-timeout", "1m"});
      const auto start = Clock::now();
      expect_exit(server().stop(signal), 0);
      const auto took = since(start);
      EXPECT_EQ(server().child().err(), "");
      return took;
    });
  }
}

TEST_F(EchoContractSignal, EndsAServerThatHasServed) {
  const Requirement requirement{"signal.served-server", "C3.1", Level::must,
                                "The same after connections were served and closed."};
  use({"--drain-timeout", "1m"});
  for (int i = 0; i < 20; ++i) expect_answer(server(), "a\n\n", "a\n");
  expect_exit(server().stop(), 0);
}

TEST_F(EchoContractSignal, OpenConnectionIsServedToItsEnd) {
  const Requirement requirement{"signal.drain-serves", "C3.2", Level::must,
                                "At the first signal the listener is closed at once; a connection "
                                "that was accepted is served as always until its end, and then "
                                "the server exits with 0."};
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(::strsignal(signal));
    const ScratchFile stats{"stats.json"};
    use({"--drain-timeout", "1m", "--stats", stats.path()});
    auto stream = open(server());
    expect_echo(stream, "before");
    server().child().signal(signal);
    expect_listener_closed();
    for (int i = 0; i < 10; ++i) expect_echo(stream, "after " + std::to_string(i));
    EXPECT_TRUE(server().child().running());
    stream.send("\n");
    expect_end(stream);
    stream.close();
    expect_exit(server().child().wait(), 0);
    const auto counters = final_counters(stats);
    EXPECT_EQ(counters.closed("end"), 1);
    EXPECT_EQ(counters.closed("drain"), 0);
    EXPECT_EQ(counters.at("active"), 0);
  }
}

TEST_F(EchoContractSignal, NotYetBegunIsServedToo) {
  const Requirement requirement{"signal.drain-not-begun", "C3.2", Level::must,
                                "A connection that was accepted and has said nothing yet is "
                                "served too; end of input and rejection end it as always."};
  const ScratchFile stats{"stats.json"};
  use({"--drain-timeout", "1m", "--stats", stats.path(), "--max-line", "10"});
  const int count = config().capacity == 1 ? 1 : 3;
  std::vector<Stream> streams;
  for (int i = 0; i < count; ++i) streams.push_back(open(server()));
  server().child().signal(SIGTERM);
  expect_listener_closed();
  streams[0].send("left over");
  streams[0].finish();
  expect_end(streams[0], "left over\n");
  if (count == 3) {
    streams[1].send("a\n\xff\n");
    expect_end(streams[1], "a\n");
    streams[2].send("a\ntoo long by far");
    expect_end(streams[2], "a\n");
  }
  streams.clear();
  expect_exit(server().child().wait(), 0);
  const auto counters = final_counters(stats);
  EXPECT_EQ(counters.closed("eof"), 1);
  EXPECT_EQ(counters.closed("rejected_utf8"), count == 3 ? 1 : 0);
  EXPECT_EQ(counters.closed("rejected_too_long"), count == 3 ? 1 : 0);
}

TEST_F(EchoContractSignal, QueuedConnectionIsRefused) {
  const Requirement requirement{"signal.drain-queued", "C3.3", Level::must,
                                "What the kernel still queued is refused at the first signal."};
  use({"--drain-timeout", "1m", "--max-connections", "1"});
  auto served = open(server());
  auto queued = server().connect();
  expect_silence(queued);
  server().child().signal(SIGTERM);
  const auto got = queued.receive_to_end();
  EXPECT_EQ(got.data, "");
  EXPECT_NE(got.end, End::timeout) << "the queued connection was left hanging";
  expect_echo(served, "still served");
  served.send("\n");
  expect_end(served);
  served.close();
  expect_exit(server().child().wait(), 0);
}

TEST_F(EchoContractSignal, DrainTimeoutClosesTheRest) {
  const Requirement requirement{"signal.drain-timeout", "C3.4", Level::must,
                                "At the drain timeout the rest is closed and counted drain; exit 0 "
                                "all the same."};
  const int count = config().capacity == 1 ? 1 : 4;
  expect_end_by(milliseconds{1000}, [&] {
    const ScratchFile stats{"stats.json"};
    use({"--drain-timeout", "1s", "--stats", stats.path()});
    std::vector<Stream> streams;
    for (int i = 0; i < count; ++i) streams.push_back(open(server()));
    expect_echo(streams[0], "a");
    streams[0].send("part");
    const auto start = Clock::now();
    server().child().signal(SIGTERM);
    for (auto& stream : streams) {
      const auto got = stream.receive_to_end();
      EXPECT_EQ(got.data, "");
      EXPECT_NE(got.end, End::timeout);
    }
    EXPECT_GE(since(start), milliseconds{900});
    streams.clear();
    expect_exit(server().child().wait(), 0);
    const auto took = since(start);
    const auto counters = final_counters(stats);
    EXPECT_EQ(counters.closed("drain"), count);
    EXPECT_EQ(counters.closed_in_all(), count);
    EXPECT_EQ(counters.at("active"), 0);
    return took;
  });
}

TEST_F(EchoContractSignal, DrainTimeoutEndsStuckConnections) {
  const Requirement requirement{"signal.drain-stuck", "C3.4", Level::must,
                                "A client that never reads and never closes does not keep the "
                                "server from ending."};
  expect_end_by(milliseconds{1000}, [&] {
    use({"--drain-timeout", "1s"});
    auto stuck = open(server());
    (void)send_until_blocked(stuck, std::string(1023, 's') + "\n", std::size_t{96} << 20);
    const auto start = Clock::now();
    expect_exit(server().stop(), 0);
    return since(start);
  });
}

TEST_F(EchoContractSignal, SmallestDrainTimeout) {
  const Requirement requirement{"signal.drain-smallest", "C3.7", Level::should,
                                "The smallest --drain-timeout closes open connections at once."};
  expect_promptly([&] {
    const ScratchFile stats{"stats.json"};
    use({"--drain-timeout", "1us", "--stats", stats.path()});
    auto stream = open(server());
    const auto start = Clock::now();
    server().child().signal(SIGTERM);
    EXPECT_NE(stream.receive_to_end().end, End::timeout);
    stream.close();
    expect_exit(server().child().wait(), 0);
    const auto took = since(start);
    EXPECT_EQ(final_counters(stats).closed("drain"), 1);
    return took;
  });
}

TEST_F(EchoContractSignal, SecondSignalEndsAtOnce) {
  const Requirement requirement{"signal.second", "C3.5", Level::must,
                                "A second signal kills every unit at once: the counters are "
                                "written, exit 128 + signal, nothing is left."};
  const std::vector<std::pair<int, int>> pairs{
      {SIGTERM, SIGTERM}, {SIGINT, SIGINT}, {SIGTERM, SIGINT}};
  for (const auto& [first, second] : pairs) {
    SCOPED_TRACE(second == SIGINT ? "then SIGINT" : "then SIGTERM");
    expect_promptly([&] {
      const ScratchFile stats{"stats.json"};
      use({"--drain-timeout", "1m", "--stats", stats.path()});
      auto ended = open(server());
      ended.send("\n");
      expect_end(ended);
      ended.close();
      EXPECT_EQ(server().settled_counters().closed("end"), 1);
      auto stream = open(server());
      expect_echo(stream, "a");
      server().child().signal(first);
      expect_listener_closed();
      expect_echo(stream, "b");
      const auto units = descendants(server().child().pid());
      const auto start = Clock::now();
      server().child().signal(second);
      expect_exit(server().child().wait(), 128 + second);
      EXPECT_NE(stream.receive_to_end().end, End::timeout);
      EXPECT_TRUE(poll_until([&] { return !any_alive(units); })) << to_string(units);
      const auto took = since(start);
      const auto counters = final_counters(stats);
      EXPECT_EQ(counters.at("accepted"), 2);
      EXPECT_EQ(counters.closed("end"), 1);
      reap_orphans(units);
      return took;
    });
  }
}

TEST_F(EchoContractSignal, InterruptOfTheWholeGroup) {
  const Requirement requirement{"signal.group-interrupt", "C3.6", Level::must,
                                "^C reaches the whole process group: workers ignore it, so what "
                                "is open is served to its end."};
  use({"--drain-timeout", "1m"});
  auto stream = open(server());
  ::kill(-server().child().pid(), SIGINT);
  expect_listener_closed();
  for (int i = 0; i < 10; ++i) expect_echo(stream, "after " + std::to_string(i));
  stream.send("\n");
  expect_end(stream);
  stream.close();
  expect_exit(server().child().wait(), 0);
}

TEST_F(EchoContractSignal, TermOfTheWholeGroup) {
  const Requirement requirement{"signal.group-term", "C3.6", Level::must,
                                "Workers take SIGTERM as drain, however often it comes: what is "
                                "open is served to its end."};
  use({"--drain-timeout", "1m"});
  auto stream = open(server());
  ::kill(-server().child().pid(), SIGTERM);
  expect_listener_closed();
  for (int i = 0; i < 5; ++i) {
    for (const auto& unit : descendants(server().child().pid())) ::kill(unit.pid, SIGTERM);
    expect_echo(stream, "after " + std::to_string(i));
  }
  stream.send("\n");
  expect_end(stream);
  stream.close();
  expect_exit(server().child().wait(), 0);
}

TEST_F(EchoContractSignal, IdleTimeoutHoldsWhileDraining) {
  const Requirement requirement{"signal.drain-idle", "C3.2", Level::must,
                                "While draining, a connection is served as always: the idle "
                                "timeout ends it too."};
  const ScratchFile stats{"stats.json"};
  use({"--drain-timeout", "1m", "--idle-timeout", "300ms", "--stats", stats.path()});
  auto stream = open(server());
  server().child().signal(SIGTERM);
  expect_end(stream);
  stream.close();
  expect_exit(server().child().wait(), 0);
  EXPECT_EQ(final_counters(stats).closed("idle"), 1);
}

}  // namespace
}  // namespace trivium::conformance
