// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Back-pressure: what a server does about a client that sends and does not read.
#include <algorithm>
#include <string>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

// Four socket buffers at their largest are some 20 MiB; a server that holds no more than a bounded
// amount stops the client long before this.
constexpr std::size_t far_more = std::size_t{96} << 20;

std::string block_of_lines() {
  std::string block;
  for (int i = 0; i < 200; ++i) block += std::string(1023, static_cast<char>('a' + i % 26)) + "\n";
  return block;
}

class EchoPressure : public EchoTest {};

TEST_F(EchoPressure, SenderThatDoesNotReadIsStopped) {
  const Requirement requirement{"echo.pressure.stopped", "E9.1", Level::must,
                                "Memory for one connection is bounded: a client that sends and "
                                "never reads is stopped; when it reads, it gets everything."};
  const auto block = block_of_lines();
  auto stream = open(server());
  const std::size_t sent = send_until_blocked(stream, block, far_more);
  EXPECT_LT(sent, far_more);
  // Now it reads, and ends the line in which it was stopped.
  std::string rest{block.substr(sent % block.size())};
  std::string expected;
  for (std::size_t at = 0; at < sent; at += block.size()) expected += block;
  if (expected.size() == sent) rest.clear();
  const auto got = exchange_to_end(stream, rest);
  EXPECT_TRUE(got.data == expected)
      << "received " << got.data.size() << " bytes of " << expected.size() << ", or others";
  judge_close(to_string(got.end), to_string(End::fin));
}

TEST_F(EchoPressure, StoppedSenderGoesAway) {
  const Requirement requirement{"echo.pressure.goes-away", "E8.3", Level::must,
                                "A client that was stopped and then resets harms nobody."};
  auto stream = open(server());
  EXPECT_LT(send_until_blocked(stream, block_of_lines(), far_more), far_more);
  stream.abort();
  expect_answer(server(), "next\n\n", "next\n");
}

TEST_F(EchoPressure, StoppedSenderDoesNotStopOthers) {
  const Requirement requirement{"echo.pressure.others", "E8.3", Level::must,
                                "One client's slowness never reaches another client."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  auto stuck = open(server());
  EXPECT_LT(send_until_blocked(stuck, block_of_lines(), far_more), far_more);
  auto other = open(server());
  for (int i = 0; i < 50; ++i) expect_echo(other, "line " + std::to_string(i));
  stuck.abort();
}

TEST_F(EchoPressure, SlowReaderGetsEverything) {
  const Requirement requirement{"echo.pressure.slow-reader", "E9.2", Level::must,
                                "A reader with a small window gets everything, in order."};
  const auto block = block_of_lines() + block_of_lines();
  auto stream = open(server(), 4096);
  const auto got = exchange_to_end(stream, block);
  EXPECT_TRUE(got.data == block) << "received " << got.data.size() << " bytes of " << block.size();
  judge_close(to_string(got.end), to_string(End::fin));
}

}  // namespace
}  // namespace trivium::conformance
