// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/supervisor.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace trivium::multiprocess {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = Supervisor::Clock;

TEST(Backoff, TheFirstReplacementDoesNotWait) {
  Backoff backoff(milliseconds(10));
  EXPECT_EQ(backoff.after(seconds(0)), seconds(0));
}

TEST(Backoff, DoublesUpToItsLongestWhileWorkersDieEarly) {
  Backoff backoff(milliseconds(10));
  (void)backoff.after(seconds(0));
  for (const int expected : {10, 20, 40, 80, 160, 320, 640, 1280, 2000, 2000, 2000}) {
    EXPECT_EQ(backoff.after(milliseconds(999)), milliseconds(expected));
  }
}

TEST(Backoff, ALongLifeIsForgiven) {
  Backoff backoff(milliseconds(10));
  for (int i = 0; i < 5; ++i) (void)backoff.after(seconds(0));
  EXPECT_EQ(backoff.after(seconds(1)), seconds(0));
  EXPECT_EQ(backoff.after(seconds(0)), milliseconds(10));
}

TEST(Backoff, BeginsWithWhatWasAskedFor) {
  Backoff quick(milliseconds(1)), slow(seconds(3));
  for (const int expected : {0, 1, 2, 4}) {
    EXPECT_EQ(quick.after(seconds(0)), milliseconds(expected));
  }
  for (const int expected : {0, 3, 3}) EXPECT_EQ(slow.after(seconds(0)), seconds(expected));
}

TEST(Backoff, OfZeroIsNone) {
  Backoff none(seconds(0));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(none.after(seconds(0)), seconds(0));
}

// Workers without processes: the supervisor knows them by their numbers only.
struct Workers {
  std::size_t start() {
    if (refuse || started == room) throw std::system_error(EAGAIN, std::generic_category(), "fork");
    return started++;
  }
  std::size_t started = 0;
  bool refuse = false;
  std::size_t room = SIZE_MAX;  // for what was ever started
};

Units::Ended ended(std::size_t unit, Clock::duration lived) {
  return {.unit = unit, .died = true, .accepted = 0, .closed = 0, .lived = lived};
}

TEST(Supervisor, StartsAllAndWaitsForNothing) {
  Workers workers;
  Supervisor supervisor(5, {}, [&] { return workers.start(); });
  EXPECT_EQ(workers.started, 5U);
  EXPECT_EQ(supervisor.due(), Clock::time_point::max());
  supervisor.replace();
  EXPECT_EQ(workers.started, 5U);
}

TEST(Supervisor, TellsWhyItCannotStart) {
  Workers workers{.refuse = true};
  EXPECT_THROW(Supervisor(5, {}, [&] { return workers.start(); }), std::system_error);
  EXPECT_THROW(Supervisor(
                   5, {}, [&] { return workers.start(); }, Supervisor::one),
               std::system_error);
  workers = {.room = 4};
  EXPECT_THROW(Supervisor(5, {}, [&] { return workers.start(); }), std::system_error);
}

TEST(Supervisor, WhereOneIsEnoughTheOthersAreStartedLater) {
  Workers workers{.room = 2};
  Supervisor supervisor(
      5, {}, [&] { return workers.start(); }, Supervisor::one);
  EXPECT_EQ(workers.started, 2U);
  workers.room = SIZE_MAX;
  std::this_thread::sleep_until(supervisor.due());
  supervisor.replace();
  EXPECT_EQ(workers.started, 5U);
  EXPECT_EQ(supervisor.due(), Clock::time_point::max());
}

TEST(Supervisor, ReplacesAtOnceWhoHadLivedLong) {
  Workers workers;
  Supervisor supervisor(2, {}, [&] { return workers.start(); });
  for (std::size_t unit = 0; unit < 10; ++unit) {
    supervisor.ended(ended(unit, seconds(10)));
    EXPECT_LE(supervisor.due(), Clock::now());
    supervisor.replace();
    EXPECT_EQ(workers.started, 3 + unit);
    EXPECT_EQ(supervisor.due(), Clock::time_point::max());
  }
}

TEST(Supervisor, BacksOffForTheWorkerThatKeepsDyingOnly) {
  Workers workers;
  Supervisor supervisor(2, {}, [&] { return workers.start(); });
  for (std::size_t unlucky = 0; workers.started < 6; unlucky = workers.started - 1) {
    supervisor.ended(ended(unlucky, seconds(0)));
    std::this_thread::sleep_until(supervisor.due());
    supervisor.replace();
  }
  supervisor.ended(ended(5, seconds(0)));
  EXPECT_GT(supervisor.due(), Clock::now()) << "after 0, 10, 20 and 40 ms, it waits for 80";
  const std::size_t started = workers.started;
  supervisor.replace();
  EXPECT_EQ(workers.started, started) << "it is not due yet";
  supervisor.ended(ended(1, seconds(0)));
  EXPECT_LE(supervisor.due(), Clock::now()) << "the other's first death";
  supervisor.replace();
  EXPECT_EQ(workers.started, started + 1);
}

TEST(Supervisor, WithoutABackoffWhoKeepsDyingIsReplacedAtOnce) {
  Workers workers;
  Supervisor supervisor(1, {.backoff = {}}, [&] { return workers.start(); });
  for (std::size_t unit = 0; unit < 10; ++unit) {
    supervisor.ended(ended(unit, seconds(0)));
    EXPECT_LE(supervisor.due(), Clock::now());
    supervisor.replace();
    EXPECT_EQ(workers.started, unit + 2);
  }
}

TEST(Supervisor, WhenTheSystemRefusesItTriesAgainLater) {
  Workers workers;
  Supervisor supervisor(3, {}, [&] { return workers.start(); });
  workers.refuse = true;
  for (std::size_t unit = 0; unit < 3; ++unit) supervisor.ended(ended(unit, seconds(5)));
  supervisor.replace();
  EXPECT_EQ(workers.started, 3U);
  EXPECT_GT(supervisor.due(), Clock::now() - seconds(1));
  EXPECT_NE(supervisor.due(), Clock::time_point::max());
  workers.refuse = false;
  while (supervisor.due() != Clock::time_point::max()) {
    std::this_thread::sleep_until(supervisor.due());
    supervisor.replace();
  }
  EXPECT_EQ(workers.started, 6U);
}

TEST(Supervisor, WhoWasDueToEndIsReplacedAtOnceHoweverShortItsLife) {
  Workers workers;
  Supervisor supervisor(1, {.max_restarts = 1}, [&] { return workers.start(); });
  for (std::size_t unit = 0; unit < 10; ++unit) {
    auto worker = ended(unit, seconds(0));
    worker.died = false;
    supervisor.ended(worker);
    EXPECT_LE(supervisor.due(), Clock::now());
    supervisor.replace();
    EXPECT_EQ(workers.started, unit + 2);
  }
  EXPECT_FALSE(supervisor.exhausted());
}

TEST(Supervisor, GivesUpAfterTooManyDeaths) {
  for (const std::size_t most : {0, 1, 3}) {
    Workers workers;
    Supervisor supervisor(8, {.max_restarts = most}, [&] { return workers.start(); });
    for (std::size_t unit = 0; unit < 8; ++unit) {
      EXPECT_EQ(supervisor.exhausted(), most > 0 && unit > most) << unit << " of " << most;
      supervisor.ended(ended(unit, seconds(5)));
    }
  }
}

TEST(Supervisor, ReplacesNobodyOnceItIsStopped) {
  Workers workers;
  Supervisor supervisor(3, {}, [&] { return workers.start(); });
  supervisor.ended(ended(0, seconds(5)));
  supervisor.stop();
  supervisor.ended(ended(1, seconds(5)));
  EXPECT_EQ(supervisor.due(), Clock::time_point::max());
  supervisor.replace();
  EXPECT_EQ(workers.started, 3U);
}

}  // namespace
}  // namespace trivium::multiprocess
