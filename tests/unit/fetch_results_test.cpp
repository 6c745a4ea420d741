// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_results.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <system_error>
#include <vector>

namespace trivium::app {
namespace {

Finished finished(std::size_t index, std::string body) {
  const auto size = body.size();
  return {index, {.status = 200, .body = std::move(body), .bytes = size}};
}

// A body that tells its index, of 100 to 1099 bytes.
std::string body_of(std::size_t index) {
  return std::string(100 + index * 37 % 1000, static_cast<char>('a' + index % 26));
}

TEST(FetchResults, ComeInOrder) {
  FetchResults results;
  EXPECT_FALSE(results.take_next());
  results.add(finished(2, "c"));
  results.add(finished(0, "a"));
  EXPECT_EQ(results.take_next().value().result.body, "a");
  EXPECT_FALSE(results.take_next());
  results.add(finished(1, "b"));
  EXPECT_EQ(results.take_next().value().index, 1U);
  EXPECT_EQ(results.take_next().value().result.body, "c");
  EXPECT_FALSE(results.take_next());
}

TEST(FetchResults, KeepWhatBelongsToThem) {
  FetchResults results(0);
  protocol::FetchResult failed{.status = 200,
                               .error = protocol::FetchError::truncated,
                               .detail = "3 of 9",
                               .bytes = 3,
                               .elapsed = std::chrono::milliseconds(5)};
  results.add({1, failed});
  results.add(finished(0, ""));
  EXPECT_EQ(results.take_next().value().result, finished(0, "").result);
  EXPECT_EQ(results.take_next().value().result, failed);
}

// In any order, with any part of them in the file, every result comes out as it went in.
TEST(FetchResults, ComeInOrderWhereverTheyWaited) {
  for (const std::size_t limit : {0, 1000, 20'000, 1 << 20}) {
    std::vector<std::size_t> order(200);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937(limit));
    FetchResults results(limit);
    std::size_t next = 0;
    for (const std::size_t index : order) {
      const bool is_next = index == next;
      results.add(finished(index, body_of(index)));
      if (!is_next) {
        EXPECT_LE(results.in_memory(), limit);
      }
      while (const auto taken = results.take_next()) {
        ASSERT_EQ(taken->index, next);
        ASSERT_EQ(taken->result.body, body_of(next)) << next;
        ++next;
      }
    }
    EXPECT_EQ(next, order.size());
    EXPECT_EQ(results.in_memory(), 0U);
    EXPECT_EQ(results.in_file(), 0U);
  }
}

TEST(FetchResults, GoToTheFileBeyondTheLimit) {
  FetchResults results(10);
  results.add(finished(1, std::string(10, 'x')));
  EXPECT_EQ(results.in_memory(), 10U);
  EXPECT_EQ(results.in_file(), 0U);
  results.add(finished(2, std::string(5, 'y')));
  EXPECT_EQ(results.in_memory(), 10U);
  EXPECT_EQ(results.in_file(), 5U);
  results.add(finished(0, std::string(50, 'z')));  // is next, and does not wait
  EXPECT_EQ(results.in_file(), 5U);
  for (const char c : {'z', 'x', 'y'}) {
    EXPECT_EQ(results.take_next().value().result.body.front(), c);
  }
  EXPECT_EQ(results.in_file(), 0U);
}

TEST(FetchResults, AreTakenWithGapsWhenTheRunStops) {
  FetchResults results(0);
  results.add(finished(4, "e"));
  results.add(finished(2, "c"));
  EXPECT_FALSE(results.take_next());
  EXPECT_EQ(results.take_first().value().index, 2U);
  EXPECT_EQ(results.take_first().value().result.body, "e");
  EXPECT_FALSE(results.take_first());
}

TEST(FetchResults, SayWhenThereIsNoPlaceForTheFile) {
  ASSERT_EQ(::setenv("TMPDIR", "/nonexistent", 1), 0);
  FetchResults results(0);
  EXPECT_THROW(results.add(finished(1, "body")), std::system_error);
  ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace trivium::app
