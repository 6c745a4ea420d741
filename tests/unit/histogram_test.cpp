// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/stats/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace trivium::stats {
namespace {

using Random = std::mt19937_64;

struct Distribution {
  std::string name;
  std::function<double(Random&)> draw;
};

const std::vector<Distribution>& distributions() {
  static const std::vector<Distribution> all = {
      {"constant", [](Random&) { return 123'456.0; }},
      {"zero_or_one", [](Random& r) { return static_cast<double>(r() & 1); }},
      {"small_uniform", [](Random& r) { return std::uniform_real_distribution(0.0, 300.0)(r); }},
      {"uniform", [](Random& r) { return std::uniform_real_distribution(1e3, 1e7)(r); }},
      {"exponential", [](Random& r) { return std::exponential_distribution(1e-5)(r); }},
      {"normal", [](Random& r) { return std::abs(std::normal_distribution(5e6, 1e6)(r)); }},
      {"log_normal", [](Random& r) { return std::lognormal_distribution(11.0, 1.5)(r); }},
      {"log_uniform",
       [](Random& r) { return std::exp2(std::uniform_real_distribution(0.0, 39.9)(r)); }},
      {"heavy_tail",
       [](Random& r) {
         return 2e4 / std::pow(std::uniform_real_distribution(1e-7, 1.0)(r), 1 / 1.1);
       }},
      {"two_modes", [](Random& r) { return r() % 100 == 0 ? 4e10 : 3e4 + double(r() % 1000); }},
  };
  return all;
}

std::vector<std::uint64_t> sample(const Distribution& from, std::size_t size, Random& random) {
  std::vector<std::uint64_t> values(size);
  for (auto& value : values) {
    value = static_cast<std::uint64_t>(std::min(from.draw(random), double(Histogram::highest)));
  }
  return values;
}

/// The smallest value that at least `millionths` of 100,000,000 of the sorted values are at or
/// below.
std::uint64_t exact_quantile(const std::vector<std::uint64_t>& sorted, std::uint64_t millionths) {
  const std::uint64_t rank = (sorted.size() * millionths + 99'999'999) / 100'000'000;
  return sorted[std::max<std::uint64_t>(rank, 1) - 1];
}

void expect_same(const Histogram& a, const Histogram& b) {
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.clamped(), b.clamped());
  EXPECT_EQ(a.sum(), b.sum());
  EXPECT_EQ(a.min(), b.min());
  EXPECT_EQ(a.max(), b.max());
  const auto left = a.buckets();
  const auto right = b.buckets();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].lowest, right[i].lowest);
    EXPECT_EQ(left[i].highest, right[i].highest);
    EXPECT_EQ(left[i].count, right[i].count);
  }
}

TEST(Histogram, QuantilesStayWithinTheErrorBound) {
  Random random(20'261);
  for (const auto& distribution : distributions()) {
    for (const std::size_t size : {1U, 2U, 3U, 10U, 999U, 1'000U, 200'000U}) {
      auto values = sample(distribution, size, random);
      Histogram histogram;
      for (const auto value : values) histogram.record(value);
      std::sort(values.begin(), values.end());
      for (const std::uint64_t millionths :
           {0U, 1U, 1'000'000U, 25'000'000U, 50'000'000U, 75'000'000U, 90'000'000U, 99'000'000U,
            99'900'000U, 99'990'000U, 99'999'000U, 100'000'000U}) {
        const auto exact = static_cast<double>(exact_quantile(values, millionths));
        const auto told =
            static_cast<double>(histogram.percentile(static_cast<double>(millionths) / 1e6));
        EXPECT_LE(std::abs(told - exact), exact * Histogram::max_relative_error)
            << distribution.name << ", " << size << " values, millionths of 100: " << millionths;
      }
    }
  }
}

TEST(Histogram, MinMaxMeanAndCountAreExact) {
  Random random(7);
  for (const auto& distribution : distributions()) {
    const auto values = sample(distribution, 10'000, random);
    Histogram histogram;
    std::uint64_t sum = 0;
    for (const auto value : values) {
      histogram.record(value);
      sum += value;
    }
    EXPECT_EQ(histogram.count(), values.size());
    EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.sum(), sum);
    EXPECT_DOUBLE_EQ(histogram.mean(),
                     static_cast<double>(sum) / static_cast<double>(values.size()));
  }
}

TEST(Histogram, MergingEqualsRecordingAllInOne) {
  Random random(99);
  Histogram whole;
  Histogram merged;
  for (const auto& distribution : distributions()) {
    Histogram part;
    for (const auto value : sample(distribution, 5'000, random)) {
      whole.record(value);
      part.record(value);
    }
    merged.merge(part);
  }
  whole.record(Histogram::highest + 5);
  Histogram over;
  over.record(Histogram::highest + 5);
  merged.merge(over);
  merged.merge(Histogram{});
  expect_same(merged, whole);
}

TEST(Histogram, ExportedBucketsRebuildIt) {
  Random random(4);
  Histogram original;
  for (const auto value : sample(distributions()[7], 50'000, random)) original.record(value);
  Histogram rebuilt;
  std::uint64_t exported = 0;
  for (const auto& bucket : original.buckets()) {
    rebuilt.record(bucket.lowest, bucket.count);
    exported += bucket.count;
    EXPECT_GT(bucket.count, 0U);
  }
  EXPECT_EQ(exported, original.count());
  const auto left = original.buckets();
  const auto right = rebuilt.buckets();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].lowest, right[i].lowest);
    EXPECT_EQ(left[i].count, right[i].count);
  }
}

TEST(Histogram, BucketsCoverTheRangeWithoutGapOrOverlap) {
  // Both sides of every bucket's edge, found by walking from edge to edge through the whole range.
  std::uint64_t lowest = 0;
  std::size_t buckets = 0;
  while (lowest <= Histogram::highest) {
    Histogram histogram;
    histogram.record(lowest);
    const auto bucket = histogram.buckets().at(0);
    ASSERT_EQ(bucket.lowest, lowest);
    histogram.record(bucket.highest);
    ASSERT_EQ(histogram.buckets().size(), 1U) << lowest;
    ASSERT_LE(bucket.highest, Histogram::highest);
    const std::uint64_t width = bucket.highest - bucket.lowest + 1;
    ASSERT_TRUE(width == 1 || bucket.lowest >= 128 * width) << lowest;
    lowest = bucket.highest + 1;
    ++buckets;
  }
  EXPECT_EQ(buckets, 256U + 32U * 128U);
}

TEST(Histogram, FewerBitsAreCoarserByAsMuch) {
  Random random(77);
  for (const int bits : {1, 5, 9}) {
    auto values = sample(distributions()[7], 20'000, random);
    Histogram histogram(bits);
    for (const auto value : values) histogram.record(value);
    std::sort(values.begin(), values.end());
    for (const std::uint64_t percent : {1U, 50U, 99U}) {
      const auto exact = static_cast<double>(exact_quantile(values, percent * 1'000'000));
      const auto found = static_cast<double>(histogram.percentile(static_cast<double>(percent)));
      EXPECT_LE(std::abs(found - exact), exact / std::exp2(bits + 1) + 1) << bits;
    }
    Histogram twice(bits);
    twice.merge(histogram);
    twice.merge(histogram);
    EXPECT_EQ(twice.count(), 40'000U);
    EXPECT_EQ(twice.percentile(50), histogram.percentile(50));
  }
}

TEST(Histogram, EdgeValues) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, Histogram::highest}) {
    Histogram histogram;
    histogram.record(value);
    for (const double percent : {0.0, 50.0, 99.99, 100.0}) {
      EXPECT_EQ(histogram.percentile(percent), value);
    }
    EXPECT_EQ(histogram.min(), value);
    EXPECT_EQ(histogram.max(), value);
    EXPECT_EQ(histogram.clamped(), 0U);
  }
}

TEST(Histogram, OverTheRangeIsClampedAndCounted) {
  Histogram histogram;
  histogram.record(Histogram::highest + 1);
  histogram.record(~std::uint64_t{0}, 2);
  histogram.record(5);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_EQ(histogram.clamped(), 3U);
  EXPECT_EQ(histogram.max(), Histogram::highest);
  EXPECT_EQ(histogram.percentile(100), Histogram::highest);
  EXPECT_EQ(histogram.percentile(25), 5U);
}

TEST(Histogram, EmptyAndCleared) {
  Histogram histogram;
  expect_same(histogram, Histogram{});
  EXPECT_EQ(histogram.percentile(50), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
  histogram.record(77, 3);
  histogram.record(77, 0);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.min(), 77U);
  histogram.clear();
  expect_same(histogram, Histogram{});
}

}  // namespace
}  // namespace trivium::stats
