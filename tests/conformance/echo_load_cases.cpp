// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Many clients: each gets its own answer, and no fault of one reaches another.
#include <string>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

class EchoLoad : public EchoTest {
 protected:
  // A healthy client exchanges lines while the faulty ones do their worst.
  template <typename Fault>
  void expect_no_harm(Fault fault) {
    auto healthy = open(server());
    for (int i = 0; i < 10 && !HasFailure(); ++i) {
      auto faulty = open(server());
      expect_echo(healthy, "before " + std::to_string(i));
      fault(faulty);
      expect_echo(healthy, "after " + std::to_string(i));
    }
    const auto end = exchange_to_end(healthy, {});
    judge_data(end.data, {}, "");
    judge_close(to_string(end.end), to_string(End::fin));
  }
};

TEST_F(EchoLoad, OneAfterAnother) {
  const Requirement requirement{"echo.load.one-after-another", "E8.1", Level::must,
                                "Connections one after another are all served."};
  for (int i = 0; i < 200 && !HasFailure(); ++i) {
    const auto line = "connection " + std::to_string(i) + "\n";
    expect_answer(server(), line + "\n", line);
  }
}

TEST_F(EchoLoad, AllThatAreQueuedAreServed) {
  const Requirement requirement{"echo.load.queued", "E8.1", Level::must,
                                "Where more connect at once than are served at once, the kernel "
                                "queues the rest, and none is lost."};
  constexpr int count = 100;
  std::vector<Stream> streams;
  for (int i = 0; i < count; ++i) {
    streams.push_back(server().connect());
    EXPECT_TRUE(streams.back().send("client " + std::to_string(i) + "\n"));
  }
  // Each ends its input, so whoever is served, ends, whether we read here or not.
  for (int i = 0; i < count; ++i) {
    auto& stream = streams[static_cast<std::size_t>(i)];
    stream.finish();
  }
  for (int i = 0; i < count && !HasFailure(); ++i) {
    auto& stream = streams[static_cast<std::size_t>(i)];
    expect_end(stream, std::string{head} + "client " + std::to_string(i) + "\n");
  }
}

TEST_F(EchoLoad, NoCrossTalk) {
  const Requirement requirement{"echo.load.no-cross-talk", "E8.2", Level::must,
                                "Connections that are open at once each get their own lines."};
  constexpr int count = 16;
  if (const auto why = unmet({.capacity = count}); !why.empty()) GTEST_SKIP() << why;
  std::vector<Stream> streams;
  for (int i = 0; i < count; ++i) streams.push_back(open(server()));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < count; ++i) {
      streams[static_cast<std::size_t>(i)].send("part " + std::to_string(i));
    }
    for (int i = count - 1; i >= 0; --i) {
      streams[static_cast<std::size_t>(i)].send(" round " + std::to_string(round) + "\n");
    }
    for (int i = 0; i < count && !HasFailure(); ++i) {
      expect_bytes(streams[static_cast<std::size_t>(i)],
                   "part " + std::to_string(i) + " round " + std::to_string(round) + "\n");
    }
  }
}

TEST_F(EchoLoad, HoldsFiveHundred) {
  const Requirement requirement{"echo.load.holds-500", "E10.3", Level::info,
                                "Five hundred connections can be held open at once."};
  constexpr std::size_t count = 500;
  if (const auto why = unmet({.capacity = count, .slow = true}); !why.empty()) GTEST_SKIP() << why;
  std::vector<Stream> streams;
  for (const Deadline opening{patience * 2}; streams.size() < count && !opening.expired();) {
    streams.push_back(server().connect());
  }
  ASSERT_EQ(streams.size(), count) << "all that could be connected in time";
  std::size_t served = 0;
  for (const Deadline deadline; served < count && !deadline.expired(); ++served) {
    if (streams[served].receive(head.size(), deadline).data != head) break;
  }
  EXPECT_EQ(served, count);
}

TEST_F(EchoLoad, SilentClientsHarmNobody) {
  const Requirement requirement{"echo.load.silent", "E8.3", Level::must,
                                "Clients that say nothing do not keep another from being served."};
  constexpr int silent = 8;
  if (const auto why = unmet({.capacity = silent + 1}); !why.empty()) GTEST_SKIP() << why;
  std::vector<Stream> streams;
  for (int i = 0; i < silent; ++i) streams.push_back(server().connect());
  auto other = open(server());
  for (int i = 0; i < 20; ++i) expect_echo(other, "line " + std::to_string(i));
}

TEST_F(EchoLoad, ResetInALineHarmsNobody) {
  const Requirement requirement{"echo.load.reset", "E8.3", Level::must,
                                "One client's reset never reaches another client."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  expect_no_harm([](Stream& faulty) {
    faulty.send("half a li");
    faulty.abort();
  });
}

TEST_F(EchoLoad, ResetWithAnAnswerUnderWayHarmsNobody) {
  const Requirement requirement{
      "echo.load.reset-unread", "E8.3", Level::must,
      "The same where the answer to the client that resets is under way."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  const std::string lines = std::string(60'000, 'u') + "\n";
  expect_no_harm([&](Stream& faulty) {
    for (int i = 0; i < 20; ++i) (void)faulty.send_some(lines);
    faulty.abort();
  });
}

TEST_F(EchoLoad, RejectionHarmsNobody) {
  const Requirement requirement{"echo.load.rejection", "E8.3", Level::must,
                                "One client's rejection never reaches another client."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  expect_no_harm([](Stream& faulty) {
    faulty.send("\xff\xff\n");
    expect_end(faulty);
  });
}

TEST_F(EchoLoad, ResetsAmongMany) {
  const Requirement requirement{"echo.load.tenth-reset", "E8.3", Level::must,
                                "Of many connections a tenth reset: the others are all served."};
  const int count = config().quick ? 100 : 1000;
  for (int i = 0; i < count && !HasFailure(); ++i) {
    if (i % 10 != 0) {
      expect_answer(server(), "line\n\n", "line\n");
      continue;
    }
    auto stream = server().connect();
    if (i % 20 == 0) stream.send("line\nhal");
    stream.abort();
  }
}

}  // namespace
}  // namespace trivium::conformance
