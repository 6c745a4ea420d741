// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The life of a server that the suite starts, whoever wrote it: how it ends, and what it leaves.
#include <algorithm>
#include <csignal>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/judge.hpp"
#include "tests/conformance/processes.hpp"

namespace trivium::conformance {
namespace {

class EchoSpawn : public EchoTest {
 protected:
  void SetUp() override { use({}); }

  [[nodiscard]] std::vector<Process> children() { return descendants(server().child().pid()); }

  [[nodiscard]] std::size_t descriptors() {
    return open_descriptors_in_all(server().child().pid());
  }

  // The sockets of the server and of all below it.
  [[nodiscard]] std::set<std::string> sockets() {
    std::vector<pid_t> all{server().child().pid()};
    for (const auto& child : children()) all.push_back(child.pid);
    std::set<std::string> found;
    for (const pid_t pid : all) {
      for (auto& name : files_in_use(pid, "socket:[")) found.insert(std::move(name));
    }
    return found;
  }

  // Connections that end in every way there is, one after another. What is answered is judged by
  // other cases.
  void serve(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      (void)server().connect().exchange("line\n\n", true, Deadline{glance});
      server().connect().abort();
      auto half = server().connect();
      half.send("half a li");
      half.abort();
    }
  }

  // Sends SIGTERM; false, and a warning, where the server does not end.
  [[nodiscard]] bool ends() {
    expect_gone();
    const bool has_ended = server().stop(SIGTERM).has_value();
    EXPECT_TRUE(has_ended) << "SIGTERM did not end it";
    return has_ended;
  }
};

TEST_F(EchoSpawn, SigtermEndsIt) {
  const Requirement requirement{"spawn.sigterm", "E11.1", Level::should,
                                "SIGTERM ends a server that serves nobody."};
  serve(1);
  (void)ends();
}

TEST_F(EchoSpawn, NothingIsLeft) {
  const Requirement requirement{"spawn.nothing-left", "E11.2", Level::should,
                                "After SIGTERM no process of it is left, and nobody listens where "
                                "it did."};
  serve(3);
  const auto all = children();
  if (!ends()) return;
  EXPECT_TRUE(poll_until([&] { return !any_alive(all); })) << "left:" << to_string(all);
  reap_orphans(all);
  EXPECT_THROW((void)server().connect(Deadline{milliseconds{1000}}), std::system_error);
}

TEST_F(EchoSpawn, PortCanBeHadAgain) {
  const Requirement requirement{"spawn.port-again", "E11.3", Level::should,
                                "It can be started again at once on the port that it had, though "
                                "connections that it closed itself are still remembered there."};
  constexpr milliseconds half_a_time_wait{30'000};
  EchoServer first{free_port()};  // one that nobody is given while it is free between the two
  for (int i = 0; i < 3; ++i) {
    auto stream = first.connect();
    (void)stream.exchange("line\n\n", false, Deadline{4 * glance});  // closed by the server first
  }
  ASSERT_TRUE(first.stop(SIGTERM)) << "SIGTERM did not end it";
  try {
    const auto start = Clock::now();
    const EchoServer second{first.at().port};
    EXPECT_LT(since(start), half_a_time_wait);
    EXPECT_EQ(what_ails(second), "");
  } catch (const HarnessError&) {
    throw;
  } catch (const std::runtime_error& error) {
    ADD_FAILURE() << error.what();
  }
}

TEST_F(EchoSpawn, NoDescriptorLeaks) {
  const Requirement requirement{"spawn.descriptors", "E11.4", Level::must,
                                "A connection leaves no descriptor behind, however it ended."};
  // Who answers nothing is waited for each time.
  const int rounds = known_of_target().healthy ? 40 : 10;
  auto before = descriptors();
  if (before == 0) GTEST_SKIP() << "machine: the server's descriptors can't be seen";
  // A pool may grow for a while; one that leaks grows every time, by at least one for each
  // connection of some kind.
  bool grows = true;
  for (int i = 0; i < 5 && grows; ++i) {
    serve(rounds);
    std::size_t after = 0;
    const auto is_back = [&] {
      after = descriptors();
      return after < before + static_cast<std::size_t>(rounds) / 2;
    };
    grows = !poll_until(is_back, Deadline{8 * glance});
    before = after;
  }
  EXPECT_FALSE(grows) << before << " after " << 5 * rounds * 3 << " connections";
}

TEST_F(EchoSpawn, LetsGoAtTheClientsFin) {
  const Requirement requirement{"echo.close.client-fin", "E6.3", Level::must,
                                "A closing server drains until the client's FIN, and lets go "
                                "then."};
  if (descriptors() == 0) GTEST_SKIP() << "machine: the server's descriptors can't be seen";
  constexpr milliseconds bound = linger_time / 2;
  const auto quickest = least_of_three(bound, [&] {
    const auto before = sockets();
    auto stream = open(server());
    stream.send("\n");
    expect_end(stream);
    auto held = sockets();
    std::erase_if(held, [&](const auto& name) { return before.contains(name); });
    stream.finish();
    const auto start = Clock::now();
    const auto has_let_go = [&] {
      const auto now = sockets();
      return std::ranges::none_of(held, [&](const auto& name) { return now.contains(name); });
    };
    (void)poll_until(has_let_go, Deadline{bound});
    return since(start);
  });
  EXPECT_LT(quickest, bound);
}

TEST_F(EchoSpawn, NoZombies) {
  const Requirement requirement{"spawn.zombies", "E11.5", Level::must,
                                "A connection leaves no zombie behind."};
  constexpr int rounds = 10;
  serve(rounds);
  // One or two may wait for the next connection before they are reaped.
  EXPECT_TRUE(poll_until([&] {
    return std::ranges::count(children(), 'Z', &Process::state) < rounds;
  })) << to_string(children());
}

}  // namespace
}  // namespace trivium::conformance
