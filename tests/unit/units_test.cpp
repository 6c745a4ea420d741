// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multithread/units.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <latch>

#include "multithread/shepherd.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::multithread {
namespace {

using protocol::CloseReason;

bool readable(int descriptor) {
  return net::wait_readable(descriptor, -1, std::chrono::nanoseconds::zero()).first;
}

bool wait_for_end(const Units& units) {
  return net::wait_readable(units.ended(), -1, test::patience).first;
}

TEST(Units, AreCountedWhileTheyRunAndAfterTheyAreReaped) {
  Units units;
  constexpr int count = 16;
  std::latch working(count);
  std::latch go_on(1);
  for (int i = 0; i < count; ++i) {
    units.start([&](net::CounterSlot& counters) {
      net::CounterSlot::add(counters.accepted, 1);
      working.count_down();
      go_on.wait();
      counters.close(CloseReason::end);
    });
  }
  working.wait();
  EXPECT_EQ(units.running(), 16U);
  EXPECT_FALSE(readable(units.ended()));
  EXPECT_EQ(units.totals().accepted, 16U);
  EXPECT_EQ(units.totals().active(), 16U);
  go_on.count_down();
  while (units.running() > 0) {
    ASSERT_TRUE(wait_for_end(units));
    units.reap();
  }
  units.reap();
  EXPECT_FALSE(readable(units.ended()));
  EXPECT_EQ(units.totals().accepted, 16U);
  EXPECT_EQ(units.totals().active(), 0U);
  EXPECT_EQ(units.totals().units_started, 16U);
  EXPECT_EQ(units.totals().units_died, 0U);
}

// per-connection's pattern: one unit starts others and reaps, while the main thread reads totals.
TEST(Units, MayStartAndReapOthers) {
  Units units;
  constexpr std::uint64_t count = 500;
  units.start([&](net::CounterSlot& counters) {
    for (std::uint64_t i = 0; i < count; ++i) {
      net::CounterSlot::add(counters.accepted, 1);
      units.start([](net::CounterSlot& slot) { slot.close(CloseReason::eof); });
      units.reap();
    }
  });
  while (units.running() > 0) {
    const auto totals = units.totals();
    ASSERT_LE(totals.accepted, count);
    ASSERT_LE(totals.units_started, count + 1);
    (void)net::wait_readable(units.ended(), -1, std::chrono::milliseconds(10));
    units.reap();
  }
  units.reap();
  const auto totals = units.totals();
  EXPECT_EQ(totals.units_started, count + 1);
  EXPECT_EQ(totals.accepted, count);
  EXPECT_EQ(totals.closed[static_cast<std::size_t>(CloseReason::eof)], count);
}

TEST(Units, AKickEndsTheCallThatEachBlocksIn) {
  Units units;
  const auto listener = test::listen_on_loopback();
  const auto client = test::connect_to(listener.get());
  std::atomic<bool> expired = false;
  std::atomic<int> interrupted = 0;
  for (int i = 0; i < 4; ++i) {
    units.start([&](net::CounterSlot&) {
      char byte = 0;
      while (!expired) {
        if (::recv(client.get(), &byte, 1, 0) < 0 && errno == EINTR) ++interrupted;
      }
    });
  }
  EXPECT_EQ(units.running(), 4U);
  expired = true;
  EXPECT_TRUE(test::eventually([&] {
    units.kick();
    return units.running() == 0;
  }));
  EXPECT_LE(interrupted, 4);
  units.reap();
}

// ---- What the system refuses.

void make_threads_impossible() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{1} << 46);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

TEST(UnitsDeathTest, APoolThatCannotBeStartedIsOneLineAndNoAbort) {
  const auto start_some = [] {
    app::EchoOptions options;
    options.listen = {"127.0.0.1", "0"};
    const app::EchoServer server(options, "multithread/test");
    Units units;
    std::latch running(3);
    const auto body = [&](net::CounterSlot&) {
      running.count_down();
      for (;;) ::pause();
    };
    const auto start = [&] { units.start(body); };
    start_pool(server, units, 3, start);
    running.wait();
    make_threads_impossible();
    start_pool(server, units, 1, start);
  };
  EXPECT_EXIT(start_some(), testing::ExitedWithCode(1), "^echo: [^\n]+\n$");
}

}  // namespace
}  // namespace trivium::multithread
