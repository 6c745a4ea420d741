// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A handler that blocks or computes: whom it holds up. What is said here of time is said by order,
// not by a clock: the neighbour was answered while the handler was still at it, or only then.
#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/hazards/hazard_test.hpp"

namespace trivium::hazards {
namespace {

// Long enough for a neighbour to be answered meanwhile on a busy machine.
constexpr milliseconds block{2000};
const std::string block_line = "@block 2s";

class Stall : public HazardTest {
 protected:
  // Makes the victim's handler block; what it sent before has arrived.
  static void block_unit_of(Stream& victim) {
    victim.send("a\n" + block_line + "\n");
    expect_bytes(victim, "a\n");
  }

  static void expect_served_meanwhile(Stream& victim, Stream& neighbour) {
    block_unit_of(victim);
    expect_echo(neighbour, "meanwhile");
    EXPECT_FALSE(victim.readable(milliseconds{0})) << "the neighbour had to wait for the handler";
    expect_bytes(victim, block_line + "\n");
  }

  // Some line of the neighbour's waits for most of the time that the handlers block.
  static void expect_held_up(std::vector<Stream*> victims, Stream& neighbour) {
    for (Stream* victim : victims) block_unit_of(*victim);
    milliseconds longest{0};
    while (!victims.front()->readable(milliseconds{0})) {
      const auto begin = Clock::now();
      expect_echo(neighbour, "meanwhile");
      longest = std::max(longest, conformance::since(begin));
    }
    EXPECT_GE(longest, block / 2) << "the neighbour was answered meanwhile";
    for (Stream* victim : victims) expect_bytes(*victim, block_line + "\n");
    expect_echo(neighbour, "afterwards");
  }

  static void hang_unit_of(Stream& victim) {
    victim.send("a\n@hang\n");
    expect_bytes(victim, "a\n");
  }

  // For as long as one cares to look.
  static void expect_no_answer(Stream& neighbour) {
    neighbour.send("held up\n");
    EXPECT_FALSE(neighbour.readable(conformance::glance)) << "the neighbour was answered";
  }

  // A connection that another thread serves than this one, or the same.
  Stream open_by(bool same, pid_t tid) {
    std::vector<Stream> misses;  // held open, since a port that is used again is hashed alike
    for (int i = 0; i < 200; ++i) {
      Stream stream = open();
      if ((ask(stream).tid == tid) == same) return stream;
      misses.push_back(std::move(stream));
    }
    throw std::runtime_error("no connection came to the loop that was looked for");
  }
};

TEST_P(Stall, ABlockedHandlerHoldsUpWhomItsModelSays) {
  serve({"--workers", "2"});
  auto victim = open();
  if (contender().sequential()) {
    auto neighbour = connect();
    block_unit_of(victim);
    EXPECT_FALSE(neighbour.readable(conformance::glance));
    expect_bytes(victim, block_line + "\n");
    EXPECT_FALSE(neighbour.readable(conformance::glance)) << "the first is open still";
    victim.close();
    expect_bytes(neighbour, conformance::head);
  } else if (!contender().loops()) {
    auto neighbour = open();
    expect_served_meanwhile(victim, neighbour);
  } else if (contender().strategy == "per-connection") {
    auto neighbour = open();
    expect_held_up({&victim}, neighbour);
  } else if (contender().strategy == "handoff") {
    auto neighbour = open();
    expect_served_meanwhile(victim, neighbour);
    auto second = open();
    expect_held_up({&victim, &second}, neighbour);
  } else {
    const pid_t tid = ask(victim).tid;
    auto same_loop = open_by(true, tid);
    auto other_loop = open_by(false, tid);
    expect_served_meanwhile(victim, other_loop);
    expect_held_up({&victim}, same_loop);
  }
}

TEST_P(Stall, ASleepingHandlerHoldsUpNobody) {
  if (contender().sequential()) GTEST_SKIP() << "n/a (capacity)";
  serve({"--workers", "2"});
  auto victim = open();
  auto neighbour = open();
  victim.send("a\n@sleep 1s\n");
  expect_bytes(victim, "a\n");
  expect_echo(neighbour, "meanwhile");
  EXPECT_FALSE(victim.readable(milliseconds{0})) << "the neighbour had to wait for the handler";
  expect_bytes(victim, "@sleep 1s\n");
}

TEST_P(Stall, AHandlerThatComputesForEverHoldsUpWhomItsModelSays) {
  serve({"--workers", "2", "--drain-timeout", "100ms"});
  auto victim = open();
  if (contender().sequential()) {
    auto neighbour = connect();
    hang_unit_of(victim);
    EXPECT_FALSE(neighbour.readable(conformance::glance)) << "one is served at a time";
  } else if (!contender().loops()) {
    auto neighbour = open();
    hang_unit_of(victim);
    expect_echo(neighbour, "unharmed");
  } else if (contender().strategy == "per-connection") {
    auto neighbour = open();
    hang_unit_of(victim);
    expect_no_answer(neighbour);
  } else if (contender().strategy == "handoff") {
    auto second = open();
    auto neighbour = open();
    hang_unit_of(victim);
    expect_echo(neighbour, "the other thread is free");
    hang_unit_of(second);
    expect_no_answer(neighbour);
  } else {
    const pid_t tid = ask(victim).tid;
    auto same_loop = open_by(true, tid);
    auto other_loop = open_by(false, tid);
    hang_unit_of(victim);
    expect_echo(other_loop, "unharmed");
    expect_no_answer(same_loop);
  }
  const auto status = server().stop();
  ASSERT_TRUE(status) << "the drain did not end";
  EXPECT_EQ(status->shell_code(), 0);
}

TEST_P(Stall, ADrainEndsInSpiteOfAHandlerThatComputesForEver) {
  if (contender().connection == "split") GTEST_SKIP() << "as in loop";
  serve({"--workers", "2", "--drain-timeout", "100ms"});
  auto victim = open();
  hang_unit_of(victim);
  if (!contender().loops()) {
    auto neighbour = open();
    expect_echo(neighbour, "unharmed");
    neighbour.send("\n");
    expect_end(neighbour);
    neighbour.close();
    (void)server().counters_when([](const Counters& now) { return now.at("active") == 1; });
  }
  const auto status = server().stop();
  ASSERT_TRUE(status) << "the drain did not end";
  EXPECT_EQ(status->shell_code(), 0);
  EXPECT_NE(victim.receive_to_end().end, End::timeout);
  const auto counters = stats();
  EXPECT_EQ(counters.closed("drain"), 1);
  EXPECT_EQ(counters.at("active"), 0);
  EXPECT_TRUE(counters.balanced());
}

INSTANTIATE_TEST_SUITE_P(All, Stall, testing::ValuesIn(all_contenders()), test_name);

// ---- With threads beside the loops.

class Offload : public Stall {};

TEST_P(Offload, MovesWhatBlocksOutOfTheNeighboursWay) {
  if (contender().sequential()) GTEST_SKIP() << "n/a (capacity)";
  serve({"--workers", "2", "--offload", "2"});
  auto victim = open();
  auto second = open();
  auto neighbour = open();
  block_unit_of(second);
  expect_served_meanwhile(victim, neighbour);
  expect_bytes(second, block_line + "\n");
}

TEST_P(Offload, MovesWhatComputesForEverOutOfTheNeighboursWay) {
  if (contender().sequential()) GTEST_SKIP() << "n/a (capacity)";
  serve({"--workers", "2", "--offload", "2"});
  auto victim = open();
  hang_unit_of(victim);
  for (int i = 0; i < 10; ++i) expect_service();
}

INSTANTIATE_TEST_SUITE_P(Loops, Offload, testing::ValuesIn(contenders_with(&Contender::loops)),
                         test_name);

}  // namespace
}  // namespace trivium::hazards
