// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "shared/load/backlog.hpp"

namespace trivium::load {
namespace {

Options rated(double rate, Arrivals arrivals, std::size_t threads = 1, std::uint64_t seed = 1) {
  Options options;
  options.rate = rate;
  options.arrivals = arrivals;
  options.threads = threads;
  options.seed = seed;
  return options;
}

/// The arrivals of all threads before a time, in order.
std::vector<std::int64_t> arrivals(const Options& options, std::int64_t until,
                                   std::int64_t start = 0) {
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < options.threads; ++i) {
    for (Schedule schedule(options, i, start); schedule.next() < until; schedule.advance()) {
      all.push_back(schedule.next());
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(LoadSchedule, ConstantArrivalsLieAtEqualDistances) {
  const auto all = arrivals(rated(1'000, Arrivals::constant), 1'000'000'500, 500);
  ASSERT_EQ(all.size(), 1'000U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], 500 + static_cast<std::int64_t>(i) * 1'000'000);
  }
}

TEST(LoadSchedule, RoundingDoesNotAddUp) {
  // A third of a microsecond is lost in each distance, if it is added up.
  const auto all = arrivals(rated(3'000'000, Arrivals::constant), 1'000'000'000);
  EXPECT_EQ(all.size(), 3'000'000U);
}

TEST(LoadSchedule, ARateMayBeLessThanOne) {
  const auto all = arrivals(rated(0.5, Arrivals::constant), 10'000'000'000);
  EXPECT_EQ(all.size(), 5U);
}

TEST(LoadSchedule, ThreadsShareConstantArrivalsEvenly) {
  const auto one = arrivals(rated(999, Arrivals::constant, 1), 3'000'000'000);
  const auto three = arrivals(rated(999, Arrivals::constant, 3), 3'000'000'000);
  ASSERT_EQ(one.size(), three.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], three[i], 1.0);
}

TEST(LoadSchedule, PoissonArrivalsHaveTheRateAndMemorylessDistances) {
  for (const std::size_t threads : {1U, 4U}) {
    const auto all = arrivals(rated(10'000, Arrivals::poisson, threads), 10'000'000'000);
    // 100,000 expected, with a deviation of 316.
    EXPECT_NEAR(static_cast<double>(all.size()), 100'000, 5 * 316);
    double sum = 0;
    double squares = 0;
    std::size_t above_mean = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
      const auto distance = static_cast<double>(all[i] - all[i - 1]);
      sum += distance;
      squares += distance * distance;
      above_mean += distance > 100'000 ? 1 : 0;
    }
    const auto count = static_cast<double>(all.size() - 1);
    const double mean = sum / count;
    // An exponential distribution's deviation is its mean, and 1 in e is longer than that.
    EXPECT_NEAR(std::sqrt(squares / count - mean * mean) / mean, 1, 0.02);
    EXPECT_NEAR(static_cast<double>(above_mean) / count, std::exp(-1.0), 0.01);
  }
}

TEST(LoadSchedule, ASeedGivesTheSameArrivalsAndAnotherOneOthers) {
  const auto one = arrivals(rated(1'000, Arrivals::poisson, 2, 7), 1'000'000'000);
  EXPECT_EQ(one, arrivals(rated(1'000, Arrivals::poisson, 2, 7), 1'000'000'000));
  EXPECT_NE(one, arrivals(rated(1'000, Arrivals::poisson, 2, 8), 1'000'000'000));
  EXPECT_NE(one, arrivals(rated(1'000, Arrivals::poisson, 2, 7 + (1ULL << 32)), 1'000'000'000));
}

TEST(LoadSchedule, ThreadsHaveArrivalsOfTheirOwn) {
  const auto options = rated(1'000, Arrivals::poisson, 2);
  Schedule first(options, 0, 0);
  Schedule second(options, 1, 0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(first.next(), second.next());
    first.advance();
    second.advance();
  }
}

TEST(LoadBacklog, QueuesAreFirstInFirstOutEachForItself) {
  Backlog backlog(3);
  EXPECT_EQ(backlog.size(), 0U);
  EXPECT_TRUE(backlog.empty(2));
  for (std::int64_t i = 0; i < 300; ++i) backlog.push(static_cast<std::size_t>(i % 3), i);
  EXPECT_EQ(backlog.size(), 300U);
  for (std::int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(backlog.front(1), 3 * i + 1);
    EXPECT_EQ(backlog.pop(1), 3 * i + 1);
  }
  EXPECT_TRUE(backlog.empty(1));
  // What was given back is used again, in whatever queue.
  for (std::int64_t i = 0; i < 150; ++i) backlog.push(2, 1'000 + i);
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(backlog.pop(2), 3 * i + 2);
  for (std::int64_t i = 0; i < 150; ++i) EXPECT_EQ(backlog.pop(2), 1'000 + i);
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(backlog.pop(0), 3 * i);
  EXPECT_EQ(backlog.size(), 0U);
}

TEST(LoadBacklog, AQueueThatWasEmptiedFillsAgain) {
  Backlog backlog(1);
  for (std::int64_t i = 0; i < 10; ++i) {
    backlog.push(0, i);
    EXPECT_EQ(backlog.pop(0), i);
    EXPECT_TRUE(backlog.empty(0));
  }
}

}  // namespace
}  // namespace trivium::load
