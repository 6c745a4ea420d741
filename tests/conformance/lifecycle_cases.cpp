// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Life and death: nothing is left behind, and the death of one unit is not the server's.
#include <algorithm>
#include <csignal>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/processes.hpp"

namespace trivium::conformance {
namespace {

bool splits() {
  return value_of("--connection") == "split";
}

// Whether, where connections are split, each process that `server` started has its other half. A
// worker that has just started may be about to fork it, also while others serve.
bool in_pairs(const std::vector<Process>& units, pid_t server) {
  const auto workers = std::ranges::count(units, server, &Process::parent);
  return !splits() || std::ssize(units) == 2 * workers;
}

class EchoContractLifecycle : public EchoTest {
 protected:
  void SetUp() override { use({}); }

  [[nodiscard]] pid_t main_process() { return server().child().pid(); }

  [[nodiscard]] std::size_t descriptors_in_all() { return open_descriptors_in_all(main_process()); }

  // Connections of every kind, one after another.
  void mix(int rounds) {
    for (int i = 0; i < rounds && !HasFailure(); ++i) {
      expect_answer(server(), "a\n\n", "a\n");
      expect_answer(server(), "b", "b\n", Finish::half_close);
      expect_answer(server(), "\xff\n", "");
      open(server()).abort();
    }
  }

  // Ends the server with `signal` while connections are open, and looks for what is left.
  void expect_nothing_left(int signal) {
    const int count = config().capacity == 1 ? 1 : 4;
    mix(3);
    std::vector<Stream> streams;
    for (int i = 0; i < count; ++i) streams.push_back(open(server()));
    const auto units = descendants(main_process());
    expect_gone();
    server().child().signal(signal);
    for (auto& stream : streams) EXPECT_NE(stream.receive_to_end().end, End::timeout);
    streams.clear();
    ASSERT_TRUE(server().child().wait()) << "the server did not end";
    EXPECT_TRUE(poll_until([&] { return !any_alive(units); })) << "left:" << to_string(units);
    reap_orphans(units);
    EXPECT_TRUE(poll_until([&] { return refuses(); })) << "somebody still listens";
  }

  [[nodiscard]] bool refuses() {
    try {
      (void)server().connect(Deadline{milliseconds{1000}});
      return false;
    } catch (const std::system_error&) {
      return true;
    }
  }
};

TEST_F(EchoContractLifecycle, NothingIsLeftAfterSigterm) {
  const Requirement requirement{"lifecycle.after-sigterm", "C5.1", Level::must,
                                "After SIGTERM no process is left."};
  use({"--drain-timeout", "100ms"});
  expect_nothing_left(SIGTERM);
}

TEST_F(EchoContractLifecycle, NothingIsLeftAfterSigkill) {
  const Requirement requirement{"lifecycle.after-sigkill", "C5.1", Level::must,
                                "A server that is killed takes its units with it."};
  expect_nothing_left(SIGKILL);
}

TEST_F(EchoContractLifecycle, NoZombies) {
  const Requirement requirement{"lifecycle.no-zombies", "C5.3", Level::must,
                                "No zombie stays while the server runs."};
  mix(20);
  std::vector<Process> units;
  EXPECT_TRUE(poll_until([&] {
    units = descendants(main_process());
    return std::ranges::none_of(units, [](const Process& unit) { return unit.state == 'Z'; });
  })) << to_string(units);
}

TEST_F(EchoContractLifecycle, NoDescriptorLeaks) {
  const Requirement requirement{"lifecycle.no-descriptor-leak", "C5.3", Level::must,
                                "No connection leaves a descriptor behind, however it ended."};
  constexpr int rounds = 60;
  mix(15);  // Whatever is opened once and kept, is open after this.
  (void)server().settled_counters();
  EXPECT_TRUE(poll_until([&] { return in_pairs(descendants(main_process()), main_process()); }));
  const auto before = descriptors_in_all();
  mix(rounds);
  (void)server().settled_counters();
  // Less than one descriptor for each connection of any one kind.
  EXPECT_TRUE(poll_until([&] { return descriptors_in_all() < before + rounds / 2; }))
      << before << " before, " << descriptors_in_all() << " after";
}

TEST_F(EchoContractLifecycle, NoNamesInShm) {
  const Requirement requirement{"lifecycle.no-shm-names", "C5.3", Level::must,
                                "Shared memory is never a name in /dev/shm."};
  const auto before = forgotten_shared_memory();
  use({});
  mix(2);
  auto stream = open(server());
  for (const pid_t process : family(main_process())) {
    const auto files = files_in_use(process, "/dev/shm/");
    EXPECT_TRUE(files.empty()) << files.front();
  }
  // What was open under its name for a moment only, is this server's if it came with it.
  std::vector<ForgottenFile> left;
  EXPECT_TRUE(poll_until([&] {
    left.clear();
    std::ranges::set_difference(forgotten_shared_memory(), before, std::back_inserter(left));
    return left.empty();
  })) << left.front().path;
}

// Units that are processes: what the death of one means.
class EchoContractWorkers : public EchoTest {
 protected:
  void SetUp() override { use({"--workers", "4"}); }

  [[nodiscard]] std::vector<Process> units() { return descendants(server().child().pid()); }

  // The units of a server that has just started.
  [[nodiscard]] std::vector<Process> first_units() {
    std::vector<Process> all;
    EXPECT_TRUE(poll_until([&] {
      all = units();
      return in_pairs(all, server().child().pid());
    })) << to_string(all);
    return all;
  }

  // Kills the process that serves this connection; false where that is the server itself.
  [[nodiscard]] bool kill_server_of(const Stream& client) {
    if (units().empty()) return false;
    std::vector<pid_t> found;
    (void)poll_until(
        [&] {
          found = holders(client, units());
          return !found.empty();
        },
        Deadline{milliseconds{1000}});
    for (const pid_t pid : found) ::kill(pid, SIGKILL);
    return !found.empty();
  }

  // The processes that serve this connection, a parent before its child; two where it is split.
  [[nodiscard]] std::vector<Process> servers_of(const Stream& client) {
    std::vector<Process> serving;
    (void)poll_until([&] {
      serving = units();
      const auto found = holders(client, serving);
      std::erase_if(serving, [&](const Process& unit) {
        return std::ranges::find(found, unit.pid) == found.end();
      });
      return serving.size() == 2;
    });
    return serving;
  }
};

TEST_F(EchoContractWorkers, DeathOfABusyOneIsCounted) {
  const Requirement requirement{"lifecycle.kill-busy", "C5.2", Level::must,
                                "After kill -9 of a busy worker its connection ends and is counted "
                                "crashed, no other is touched, and service goes on."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  constexpr int rounds = 4;
  auto other = open(server());
  for (int i = 0; i < rounds && !HasFailure(); ++i) {
    auto victim = open(server());
    expect_echo(victim, "alive");
    if (!kill_server_of(victim)) GTEST_SKIP() << "n/a: units are not processes";
    EXPECT_NE(victim.receive_to_end().end, End::timeout);
    expect_echo(other, "not touched");
    expect_answer(server(), "next\n\n", "next\n");
  }
  const auto counters = server().counters_when(
      [](const Counters& now) { return now.closed("crashed") == rounds && now.at("active") == 1; });
  EXPECT_EQ(counters.closed("crashed"), rounds);
  EXPECT_EQ(counters.at("active"), 1);
  EXPECT_EQ(counters.closed("end"), rounds);
  EXPECT_GE(counters.at("units_died"), rounds);
  EXPECT_TRUE(counters.balanced());
}

TEST_F(EchoContractWorkers, DeathOfIdleOnesIsMadeGood) {
  const Requirement requirement{"lifecycle.kill-idle", "C5.2", Level::must,
                                "Idle workers that are killed are replaced; nothing is counted "
                                "crashed."};
  const auto before = first_units();
  if (before.empty()) GTEST_SKIP() << "n/a: no worker processes while nobody is served";
  for (int round = 0; round < 2; ++round) {
    (void)server().settled_counters();  // so that they are idle
    const auto alive = units();
    for (const auto& unit : alive) ::kill(unit.pid, SIGKILL);
    // One that is dying may still take a connection with it.
    EXPECT_TRUE(poll_until([&] { return !any_alive(alive); }));
    expect_answer(server(), "next\n\n", "next\n");
  }
  EXPECT_TRUE(poll_until([&] { return units().size() == before.size() && any_alive(units()); }))
      << "before:" << to_string(before) << "; now:" << to_string(units());
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.closed("crashed"), 0);
  EXPECT_EQ(counters.closed("end"), 2);
  EXPECT_GE(counters.at("units_died"), static_cast<std::int64_t>(before.size()));
  EXPECT_TRUE(counters.balanced());
}

TEST_F(EchoContractWorkers, DeathOfAHalfEndsItsConnection) {
  const Requirement requirement{"lifecycle.kill-half", "C5.2", Level::must,
                                "Where a connection is split, kill -9 of either half ends it and "
                                "the other half, counted crashed once, and no other."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  if (!splits()) GTEST_SKIP() << "n/a: no connection is split";
  constexpr int rounds = 6;
  auto other = open(server());
  if (units().empty()) GTEST_SKIP() << "n/a: units are not processes";
  for (int i = 0; i < rounds && !HasFailure(); ++i) {
    auto victim = open(server());
    expect_echo(victim, "alive");
    const auto halves = servers_of(victim);
    ASSERT_EQ(halves.size(), 2U) << to_string(halves);
    ::kill(halves[static_cast<std::size_t>(i % 2)].pid, SIGKILL);
    EXPECT_NE(victim.receive_to_end().end, End::timeout);
    EXPECT_TRUE(poll_until([&] { return !any_alive(halves); })) << to_string(halves);
    expect_echo(other, "not touched");
    expect_answer(server(), "next\n\n", "next\n");
  }
  const auto counters = server().counters_when(
      [](const Counters& now) { return now.closed("crashed") == rounds && now.at("active") == 1; });
  EXPECT_EQ(counters.closed("crashed"), rounds);
  EXPECT_EQ(counters.at("active"), 1);
  EXPECT_EQ(counters.closed("end"), rounds);
  EXPECT_EQ(counters.at("units_died"), 2 * rounds);
  EXPECT_TRUE(counters.balanced());
}

TEST_F(EchoContractWorkers, DeathOfIdleHalvesIsMadeGood) {
  const Requirement requirement{"lifecycle.kill-idle-half", "C5.2", Level::must,
                                "Where connections are split, an idle half that is killed takes "
                                "its other half along, and the pair is replaced; nothing is "
                                "counted crashed."};
  if (!splits()) GTEST_SKIP() << "n/a: no connection is split";
  const auto before = first_units();
  if (before.empty()) GTEST_SKIP() << "n/a: no worker processes while nobody is served";
  const pid_t main_process = server().child().pid();
  for (const bool parents : {true, false}) {
    (void)server().settled_counters();  // so that they are idle
    const auto alive = units();
    for (const auto& unit : alive) {
      if ((unit.parent == main_process) == parents) ::kill(unit.pid, SIGKILL);
    }
    EXPECT_TRUE(poll_until([&] { return !any_alive(alive); }));
    expect_answer(server(), "next\n\n", "next\n");
    EXPECT_TRUE(poll_until([&] { return units().size() == before.size() && any_alive(units()); }))
        << "before:" << to_string(before) << "; now:" << to_string(units());
  }
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.closed("crashed"), 0);
  EXPECT_EQ(counters.closed("end"), 2);
  EXPECT_TRUE(counters.balanced());
}

TEST_F(EchoContractWorkers, DrainAfterDeaths) {
  const Requirement requirement{"lifecycle.kill-then-drain", "C5.2", Level::must,
                                "A server whose workers died drains and ends like any other."};
  auto victim = open(server());
  if (!kill_server_of(victim)) GTEST_SKIP() << "n/a: units are not processes";
  (void)victim.receive_to_end();
  expect_answer(server(), "next\n\n", "next\n");
  expect_gone();
  const auto status = server().stop();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->shell_code(), 0);
}

}  // namespace
}  // namespace trivium::conformance
