// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Idleness: no byte was received and none was taken by the kernel for --idle-timeout.
#include <algorithm>
#include <string>
#include <thread>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

class EchoContractIdle : public EchoTest {
 protected:
  void expect_idle_closes(std::int64_t count) {
    const auto counters =
        server().counters_when([&](const Counters& now) { return now.closed("idle") >= count; });
    EXPECT_EQ(counters.closed("idle"), count);
    EXPECT_EQ(counters.closed_in_all(), count);
  }
};

TEST_F(EchoContractIdle, SilentClientIsClosed) {
  const Requirement requirement{"echo.idle.silent", "E7.1", Level::must,
                                "A client that is silent for --idle-timeout is closed then, by a "
                                "FIN, and counted idle."};
  expect_end_by(milliseconds{400}, [&] {
    use({"--idle-timeout", "400ms"});
    auto stream = open(server());
    const auto start = Clock::now();
    expect_end(stream);
    const auto took = since(start);
    EXPECT_GE(took, milliseconds{300});
    stream.close();
    expect_idle_closes(1);
    return took;
  });
}

TEST_F(EchoContractIdle, CountsFromTheLastByte) {
  const Requirement requirement{"echo.idle.from-last-byte", "E7.1", Level::must,
                                "The time counts from the last byte that was received."};
  judge_a_quick_attempt([&] {
    use({"--idle-timeout", "500ms"});
    const auto begin = Clock::now();
    auto stream = open(server());
    std::this_thread::sleep_for(milliseconds{250});
    const auto start = Clock::now();
    stream.send("a\n");
    if (since(begin) >= milliseconds{450}) return false;  // it may be idle already
    expect_bytes(stream, "a\n");
    expect_end(stream);
    EXPECT_GE(since(start), milliseconds{400});
    stream.close();
    expect_idle_closes(1);
    return true;
  });
}

TEST_F(EchoContractIdle, PartialLineIsDropped) {
  const Requirement requirement{"echo.idle.partial", "E7.4", Level::must,
                                "On idle the partial line is dropped."};
  use({"--idle-timeout", "200ms"});
  auto stream = open(server());
  stream.send("whole\npart");
  expect_bytes(stream, "whole\n");
  expect_end(stream);
  stream.close();
  expect_idle_closes(1);
}

TEST_F(EchoContractIdle, DribblerIsNotIdle) {
  const Requirement requirement{"echo.idle.dribbler", "E7.2", Level::must,
                                "A client whose bytes keep coming is not idle, however slow its "
                                "line grows."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  judge_a_quick_attempt([&] {
    use({"--idle-timeout", "1s"});
    auto last = Clock::now();
    auto stream = open(server());
    const std::string line = "twelve bytes";
    for (const char byte : line) {
      const bool sent = stream.send({&byte, 1});
      if (since(last) >= milliseconds{900}) return false;  // it was too slow to keep it busy
      EXPECT_TRUE(sent);
      last = Clock::now();
      std::this_thread::sleep_for(milliseconds{130});
    }
    stream.send("\n");
    if (since(last) >= milliseconds{900}) return false;
    expect_bytes(stream, line + "\n");
    return true;
  });
}

TEST_F(EchoContractIdle, ReaderThatMakesProgressIsNotIdle) {
  const Requirement requirement{"echo.idle.reader", "E7.2", Level::must,
                                "A reader that makes progress is not idle, though it sends "
                                "nothing."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  constexpr std::size_t total = std::size_t{12} << 20;
  constexpr std::size_t at_a_time = std::size_t{256} << 10;
  std::string lines;
  while (lines.size() < total) lines += std::string(4095, 'r') + "\n";
  judge_a_quick_attempt([&] {
    use({"--idle-timeout", "1500ms"});
    // A small window: what the system has taken from the server is progress that it does not see.
    auto stream = open(server(), 64 << 10);
    std::string_view unsent{lines};
    std::size_t received = 0;
    const auto start = Clock::now();
    auto last = start;
    for (const Deadline deadline{2 * patience}; received < lines.size() && !deadline.expired();) {
      const long count = unsent.empty() ? 0 : stream.send_some(unsent);
      unsent.remove_prefix(static_cast<std::size_t>(std::max(count, 0L)));
      const auto got = stream.receive(at_a_time, Deadline{milliseconds{0}});
      if (since(last) >= milliseconds{700}) return false;  // this reader was too slow to be busy
      last = Clock::now();
      received += got.data.size();
      if (received == lines.size()) break;  // idle is who has got everything
      const bool goes_on = count >= 0 && (got.end == End::enough || got.end == End::timeout);
      EXPECT_TRUE(goes_on) << to_string(got.end) << " after " << received << " bytes";
      if (!goes_on) return true;
      std::this_thread::sleep_for(milliseconds{50});
    }
    EXPECT_EQ(received, lines.size());
    EXPECT_GT(since(start), milliseconds{1500}) << "the case was too quick to show anything";
    return true;
  });
}

TEST_F(EchoContractIdle, ClientThatNeverReadsIsIdle) {
  const Requirement requirement{"echo.idle.never-reads", "E7.1", Level::must,
                                "A client that does not read, and so neither is heard nor takes a "
                                "byte, is idle."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  use({"--idle-timeout", "1s"});
  auto stream = open(server());
  std::string lines;
  while (lines.size() < (std::size_t{1} << 20)) lines += std::string(1023, 'n') + "\n";
  EXPECT_TRUE(poll_until([&] {
    (void)stream.send_some(lines);
    return server().counters().closed("idle") == 1;
  }));
  expect_idle_closes(1);
}

TEST_F(EchoContractIdle, CountsFromTheBeginningOfService) {
  const Requirement requirement{"echo.idle.from-begin", "E7.3", Level::must,
                                "The time counts from when a unit begins the connection: one that "
                                "waits in the queue is not idle."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  if (config().capacity == 0) GTEST_SKIP() << "no limit of capacity: nobody waits";
  use({"--idle-timeout", "600ms", "--workers", "1"});
  auto first = open(server());
  auto queued = server().connect();
  for (int i = 0; i < 12; ++i) {
    expect_echo(first, "busy");
    std::this_thread::sleep_for(milliseconds{100});
  }
  expect_silence(queued);
  first.send("\n");
  expect_end(first);
  first.close();
  expect_bytes(queued, head);
  expect_echo(queued, "at last");
}

}  // namespace
}  // namespace trivium::conformance
