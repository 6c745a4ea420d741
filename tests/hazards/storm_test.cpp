// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Under load: drains, and workers killed at any moment. Client and server count the same.
#include <csignal>
#include <random>
#include <string>

#include "tests/hazards/hazard_test.hpp"
#include "tests/hazards/storm.hpp"

namespace trivium::hazards {
namespace {

constexpr std::size_t clients = 4;

// Connections, of which a tenth is reset; a sanitizer makes units ten times as dear.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int many = 1'000;
#else
constexpr int many = 10'000;
#endif

class Storm : public HazardTest {
 protected:
  static void wait_for_more(const Healthy& healthy, std::uint64_t more) {
    const auto enough = healthy.answered() + more;
    EXPECT_TRUE(poll_until([&] { return healthy.answered() >= enough; })) << "service stood still";
  }

  std::size_t descriptors() { return conformance::open_descriptors_in_all(main_process()); }
};

TEST_P(Storm, ADrainUnderLoadLosesNothingThatWasAccepted) {
  serve({"--workers", "8"});
  auto held = contender().sequential() ? Stream() : open();
  Healthy healthy(server().at(), clients);
  wait_for_more(healthy, 20);
  server().child().signal(SIGTERM);
  if (held) {
    expect_echo(held, "still served");
    held.send("\n");
    expect_end(held);
    held.close();
  }
  const auto status = server().child().wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->shell_code(), 0);
  const Tally tally = healthy.stop();
  EXPECT_EQ(tally.broken + tally.wrong + tally.stuck, 0U) << tally.text();
  const auto counters = stats();
  EXPECT_EQ(counters.closed("end"),
            static_cast<std::int64_t>(tally.answered) + (contender().sequential() ? 0 : 1))
      << tally.text();
  EXPECT_EQ(counters.at("accepted"), counters.closed("end"));
}

TEST_P(Storm, EverybodyIsAnsweredAndCountedWhereNothingHappens) {
  serve({"--workers", "8"});
  Healthy healthy(server().at(), clients);
  wait_for_more(healthy, 100);
  const Tally tally = healthy.stop();
  EXPECT_EQ(tally.answered, tally.all()) << tally.text();
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.at("accepted"), static_cast<std::int64_t>(tally.answered));
  EXPECT_EQ(counters.closed("end"), static_cast<std::int64_t>(tally.answered));
  EXPECT_EQ(counters.at("lines"), static_cast<std::int64_t>(tally.answered));
}

TEST_P(Storm, TenThousandConnectionsOfWhichATenthIsResetLeaveNothing) {
  serve({"--workers", "8"});
  expect_service();
  (void)server().settled_counters();
  const auto pool = static_cast<std::size_t>(
      contender().supervised() ? 8 * contender().units_a_connection() : 0);
  ASSERT_TRUE(poll_until([&] { return processes() == pool; })) << processes() << " processes";
  const auto descriptors_before = descriptors();
  Tally tally;
  for (int i = 0; i < many; ++i) {
    if (i % 10 == 9) {
      auto stream = connect();
      stream.send("a line\nand some more");
      stream.abort();
    } else {
      exchange(server().at(), "a line", tally);
    }
  }
  EXPECT_EQ(tally.answered, static_cast<std::uint64_t>(many - many / 10)) << tally.text();
  const auto counters = server().counters_when([](const Counters& now) {
    return now.at("accepted") == many + 1 && now.at("active") == 0;
  });
  EXPECT_EQ(counters.at("accepted"), many + 1);
  EXPECT_EQ(counters.closed("end"), many - many / 10 + 1);
  EXPECT_TRUE(counters.balanced());
  EXPECT_EQ(counters.at("units_died"), 0);
  const auto nothing_more = [&] {
    return processes() == pool && descriptors() <= descriptors_before;
  };
  EXPECT_TRUE(poll_until(nothing_more)) << processes() << " processes and " << descriptors()
                                << " descriptors, before " << pool << " and "
                                << descriptors_before;
}

INSTANTIATE_TEST_SUITE_P(All, Storm, testing::ValuesIn(all_contenders()), test_name);

// ---- Killed at any moment, wherever in their work they are: whatever processes share, no death
// leaves it in a state that holds up another.

class KillStorm : public Storm {};

TEST_P(KillStorm, NoDeathAtAnyMomentHoldsUpAnotherOrMiscounts) {
  serve({"--workers", "4"});
  const auto before = static_cast<std::size_t>(4 * contender().units_a_connection());
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Healthy healthy(server().at(), clients);
  constexpr int kills = 25;
  int killed = 0;
  for (int i = 0; i < kills; ++i) {
    wait_for_more(healthy, 1 + random() % 8);
    const auto units = conformance::descendants(main_process());
    if (units.empty()) continue;  // between two connections
    killed += ::kill(units[random() % units.size()].pid, SIGKILL) == 0 ? 1 : 0;
  }
  EXPECT_GT(killed, 0);
  wait_for_more(healthy, 50);
  const Tally tally = healthy.stop();
  EXPECT_EQ(tally.wrong + tally.stuck + tally.refused, 0U) << tally.text();
  const auto counters = server().counters_when([&](const Counters& now) {
    return now.at("active") == 0 && (!contender().supervised() || processes() == before);
  });
  EXPECT_EQ(counters.at("active"), 0);
  EXPECT_TRUE(counters.balanced());
  // What was in hand at a kill is all that the two sides may count apart: whether a killed worker
  // had said that it was done.
  const auto in_hand = counters.closed("crashed");
  EXPECT_LE(in_hand, killed);
  EXPECT_GE(counters.closed("end"), static_cast<std::int64_t>(tally.answered) - in_hand);
  EXPECT_LE(counters.closed("end"), static_cast<std::int64_t>(tally.answered));
  EXPECT_LE(tally.broken + tally.dropped, static_cast<std::uint64_t>(in_hand)) << tally.text();
  if (contender().supervised()) {
    EXPECT_EQ(processes(), before);
  }
}

INSTANTIATE_TEST_SUITE_P(Processes, KillStorm,
                         testing::ValuesIn(contenders_with(&Contender::processes)), test_name);

}  // namespace
}  // namespace trivium::hazards
