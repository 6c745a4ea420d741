// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Memory that handlers lose: who gives it back, and who dies of it.
#include <string>

#include "tests/conformance/harness.hpp"
#include "tests/hazards/hazard_test.hpp"

namespace trivium::hazards {
namespace {

constexpr std::size_t mib = std::size_t{1024} * 1024;

class Leak : public HazardTest {
 protected:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  void SetUp() override {
    GTEST_SKIP() << "n/a: a sanitizer takes memory, and minds a leak";
  }
#endif

  // Loses memory on a connection of its own; returns the process that did.
  pid_t leak(std::size_t size_in_mib) {
    auto stream = open();
    const pid_t pid = ask(stream).pid;
    expect_echo(stream, "@leak " + std::to_string(size_in_mib) + "MiB");
    stream.send("\n");
    expect_end(stream);
    return pid;
  }

  void expect_memory_to_come_back_to(std::size_t before) {
    EXPECT_TRUE(poll_until([&] { return memory_of_all(main_process()) < before + 24 * mib; }))
        << before / mib << " MiB before, " << memory_of_all(main_process()) / mib << " after";
  }
};

TEST_P(Leak, StaysWhereTheProcessStaysAndGoesWhereItGoes) {
  serve({"--workers", "2"});
  expect_service();
  const auto before = memory_of_all(main_process());
  for (int i = 0; i < 3; ++i) leak(24);
  if (contender().processes() && !contender().blocking_pool()) {
    expect_memory_to_come_back_to(before);
  } else {
    EXPECT_GE(memory_of_all(main_process()), before + 60 * mib);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Leak, testing::ValuesIn(all_contenders()), test_name);

// ---- What processes can do about it.

class Recycling : public Leak {};

TEST_P(Recycling, OfWorkersGivesBackWhatTheyLost) {
  if (!contender().supervised()) GTEST_SKIP() << "n/a: every connection's process ends with it";
  serve({"--workers", "2", "--max-requests", "1"});
  const auto before = memory_of_all(main_process());
  const auto units = static_cast<std::size_t>(2 * contender().units_a_connection());
  for (int i = 0; i < 4; ++i) leak(24);
  expect_memory_to_come_back_to(before);
  const auto counters = server().counters_when([&](const Counters& now) {
    return now.at("units_started") == 6 * contender().units_a_connection() && processes() == units;
  });
  EXPECT_EQ(counters.at("units_died"), 0) << "to end in time is not to die";
  EXPECT_EQ(counters.at("units_started"), 6 * contender().units_a_connection());
  EXPECT_EQ(processes(), units);
  EXPECT_EQ(counters.closed("end"), 4);
  EXPECT_TRUE(counters.balanced());
}

TEST_P(Recycling, ComesAfterTheConnectionThatTookHalfOfTheMemory) {
  if (!contender().supervised()) GTEST_SKIP() << "n/a: every connection's process ends with it";
  serve({"--workers", "1", "--max-memory", "64MiB"});
  const pid_t first = leak(1);
  EXPECT_EQ(leak(40), first);
  EXPECT_NE(leak(1), first);
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.at("units_died"), 0);
  EXPECT_EQ(counters.closed("end"), 3);
}

TEST_P(Recycling, WhoNeedsMoreMemoryThanItMayHaveDiesOfItAlone) {
  serve({"--workers", "2", "--max-memory", "64MiB"});
  auto other = open();
  auto victim = open();
  EXPECT_NE(ask(other).pid, ask(victim).pid);
  victim.send("@leak 128MiB\n");
  const auto got = victim.receive_to_end();
  EXPECT_EQ(got.data, "");
  EXPECT_NE(got.end, End::timeout);
  expect_echo(other, "unharmed");
  expect_service();
  // Its client learns of the end by the socket, the server by the process, which may be later.
  const auto counters =
      server().counters_when([](const Counters& now) { return now.closed("crashed") > 0; });
  EXPECT_EQ(counters.closed("crashed"), 1);
  EXPECT_TRUE(counters.balanced());
}

INSTANTIATE_TEST_SUITE_P(Processes, Recycling,
                         testing::ValuesIn(contenders_with(&Contender::processes)), test_name);

}  // namespace
}  // namespace trivium::hazards
