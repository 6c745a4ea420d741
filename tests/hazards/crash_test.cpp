// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Death: how far it reaches, and who comes in its place.
#include <csignal>
#include <string>

#include "tests/hazards/hazard_test.hpp"

namespace trivium::hazards {
namespace {

class Crash : public HazardTest {
 protected:
  // Has the victim's unit die, and proves that this is the end of its connection only.
  template <typename Die>
  void expect_harm_to_one(Die die) {
    serve({"--workers", "4"});
    const auto before = static_cast<std::size_t>(4 * contender().units_a_connection());
    auto other = open();
    auto victim = open();
    const Unit unit = ask(victim);
    EXPECT_NE(ask(other).pid, unit.pid);
    die(victim, unit);
    EXPECT_NE(victim.receive_to_end().end, End::timeout) << "the dead one's client still waits";
    expect_echo(other, "unharmed");
    expect_service();
    const auto counters = server().counters_when([&](const Counters& now) {
      return now.at("active") == 1 && (!contender().supervised() || processes() == before);
    });
    EXPECT_EQ(counters.closed("crashed"), 1);
    EXPECT_EQ(counters.closed("end"), 1);
    EXPECT_EQ(counters.at("active"), 1);
    EXPECT_EQ(counters.at("units_died"), contender().units_a_connection());
    EXPECT_TRUE(counters.balanced());
    if (contender().supervised()) {
      EXPECT_EQ(counters.at("units_started"), 5 * contender().units_a_connection());
      EXPECT_EQ(processes(), before) << "it was not replaced";
    }
  }

  // Has the victim's unit die, and proves that this is the end of all.
  void expect_harm_to_all(const std::string& line, int signal) {
    serve({"--workers", "4"});
    Stream other;
    if (!contender().sequential()) other = open();
    auto victim = open();
    victim.send(line + "\n");
    EXPECT_NE(victim.receive_to_end().end, End::timeout);
    if (other) {
      EXPECT_NE(other.receive_to_end().end, End::timeout);
    }
    const auto status = server().child().wait();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->signal, signal);
    expect_refused();
  }

  void expect_what_the_model_promises(const std::string& line, int signal) {
    if (contender().processes()) {
      expect_harm_to_one([&](Stream& victim, const Unit&) { victim.send(line + "\n"); });
    } else {
      expect_harm_to_all(line, signal);
    }
  }
};

TEST_P(Crash, OfAProcessHarmsItsOwnConnectionAndOfAThreadOrTaskAll) {
  expect_what_the_model_promises("@crash", SIGSEGV);
}

TEST_P(Crash, ByAbortToo) {
  expect_what_the_model_promises("@abort", SIGABRT);
}

TEST_P(Crash, OfTheMainProcessLeavesNobodyBehindWhateverTheyDo) {
  serve({"--workers", "2"});
  auto busy = open();
  busy.send("a\n@hang\n");
  expect_bytes(busy, "a\n");
  const auto units = conformance::descendants(main_process());
  server().child().kill();
  EXPECT_NE(busy.receive_to_end().end, End::timeout);
  EXPECT_TRUE(poll_until([&] { return !conformance::any_alive(units); }))
      << conformance::to_string(units);
  conformance::reap_orphans(units);
  expect_refused();
}

INSTANTIATE_TEST_SUITE_P(All, Crash, testing::ValuesIn(all_contenders()), test_name);

// ---- Killed from outside: where units are processes.

class Kill : public Crash {};

TEST_P(Kill, OfAUnitHarmsItsOwnConnection) {
  expect_harm_to_one([](Stream&, const Unit& unit) { ::kill(unit.pid, SIGKILL); });
}

TEST_P(Kill, OfAnIdleWorkerHarmsNobody) {
  serve({"--workers", "4"});
  if (!contender().supervised()) GTEST_SKIP() << "n/a: no process is idle here";
  const auto before = static_cast<std::size_t>(4 * contender().units_a_connection());
  auto other = open();
  const pid_t busy = ask(other).pid;
  for (const auto& unit : conformance::descendants(main_process())) {
    // A pair's writing process is the child of its reading one.
    if (unit.parent == main_process() && unit.pid != busy) ::kill(unit.pid, SIGKILL);
  }
  // One that is about to die can still be given a connection by the kernel.
  const auto dead = 3 * contender().units_a_connection();
  (void)server().counters_when([&](const Counters& now) { return now.at("units_died") == dead; });
  expect_service();
  expect_echo(other, "unharmed");
  const auto counters = server().counters_when([&](const Counters& now) {
    return now.at("active") == 1 && now.at("units_died") == dead && processes() == before;
  });
  EXPECT_EQ(counters.closed("crashed"), 0);
  EXPECT_EQ(counters.at("units_died"), dead);
  EXPECT_EQ(processes(), before) << "they were not replaced";
  EXPECT_TRUE(counters.balanced());
}

TEST_P(Kill, OfAWritingProcessHarmsItsOwnConnection) {
  if (contender().units_a_connection() == 1) GTEST_SKIP() << "n/a: nobody only writes";
  expect_harm_to_one([](Stream&, const Unit& unit) {
    for (const auto& writer : conformance::descendants(unit.pid)) ::kill(writer.pid, SIGKILL);
  });
}

TEST_P(Kill, OfTooManyWorkersEndsTheServerWhereThatIsAskedFor) {
  if (!contender().supervised()) GTEST_SKIP() << "n/a: nobody is replaced";
  serve({"--workers", "2", "--max-restarts", "3"});
  for (int death = 0; death < 4; ++death) {
    auto victim = open();
    victim.send("@crash\n");
    EXPECT_NE(victim.receive_to_end().end, End::timeout);
  }
  const auto status = server().child().wait();
  ASSERT_TRUE(status) << "it did not give up";
  EXPECT_EQ(status->shell_code(), 1);
  EXPECT_EQ(server().child().err(),
            "echo: gave up, since more than 3 workers died within 10 s (--max-restarts)\n");
  const auto counters = stats();
  EXPECT_EQ(counters.closed("crashed"), 4);
  EXPECT_TRUE(counters.balanced());
  expect_refused();
}

INSTANTIATE_TEST_SUITE_P(Processes, Kill, testing::ValuesIn(contenders_with(&Contender::processes)),
                         test_name);

}  // namespace
}  // namespace trivium::hazards
