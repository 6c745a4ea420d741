// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multithread/sleepers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace trivium::multithread {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point far_away() {
  return Clock::now() + std::chrono::seconds(60);
}

TEST(Sleepers, NeedWakingWhileTheyWaitAndNobodyWasWoken) {
  Sleepers sleepers;
  EXPECT_FALSE(sleepers.need_waking());
  const auto first = sleepers.announce();
  (void)sleepers.announce();
  EXPECT_TRUE(sleepers.need_waking());
  sleepers.wake_one();
  EXPECT_FALSE(sleepers.need_waking()) << "the one who was woken is still to look";
  sleepers.wake_one();
  EXPECT_TRUE(sleepers.sleep(first, far_away()));
  EXPECT_TRUE(sleepers.need_waking()) << "the other one still waits";
  EXPECT_TRUE(sleepers.withdraw());
  EXPECT_FALSE(sleepers.need_waking());
}

TEST(Sleepers, WakingNobodyLeavesNothing) {
  Sleepers sleepers;
  sleepers.wake_one();
  sleepers.wake_all();
  const auto ticket = sleepers.announce();
  EXPECT_FALSE(sleepers.sleep(ticket, Clock::now()));
  EXPECT_TRUE(sleepers.withdraw());
}

TEST(Sleepers, SleepUntilTheDeadlineAndNotLess) {
  Sleepers sleepers;
  const auto ticket = sleepers.announce();
  const auto deadline = Clock::now() + std::chrono::milliseconds(5);
  EXPECT_FALSE(sleepers.sleep(ticket, deadline));
  EXPECT_GE(Clock::now(), deadline);
  EXPECT_TRUE(sleepers.need_waking());
  sleepers.wake_one();
  EXPECT_FALSE(sleepers.withdraw()) << "it was woken, and takes the duty with it";
}

TEST(Sleepers, AllWake) {
  Sleepers sleepers;
  std::vector<std::jthread> threads;
  std::atomic<int> announced{0};
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&] {
      const auto ticket = sleepers.announce();
      ++announced;
      EXPECT_TRUE(sleepers.sleep(ticket, far_away()));
    });
  }
  while (announced < 5) std::this_thread::yield();
  sleepers.wake_all();
  threads.clear();
  EXPECT_FALSE(sleepers.need_waking());
}

// Whoever announced itself withdraws or sleeps, in every order with those who wake. A token that
// nobody took would keep everyone asleep, since one is on its way as long as it lies there.
TEST(Sleepers, TokensAreTaken) {
  constexpr int rounds = 400;
  constexpr int count = 4;
  Sleepers sleepers;
  std::atomic<int> running{count};
  std::vector<std::jthread> threads;
  for (int self = 0; self < count; ++self) {
    threads.emplace_back([&, self] {
      for (int round = self; round < rounds + self; ++round) {
        const auto ticket = sleepers.announce();
        if (round % 3 != 0) std::this_thread::yield();
        if (round % 2 == 0) {
          (void)sleepers.withdraw();
        } else if (!sleepers.sleep(ticket, far_away())) {
          ADD_FAILURE() << "nobody woke thread " << self;
          break;
        }
      }
      --running;
    });
  }
  while (running > 0) {
    if (sleepers.need_waking()) {
      sleepers.wake_one();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace
}  // namespace trivium::multithread
