// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trivium::stats {

/// Counts durations in nanoseconds in buckets whose width grows with the value.
///
/// The layout is HdrHistogram's (hdrhistogram.org): values up to 255 have a bucket each, and every
/// octave above is cut into 128 buckets of the same width. So a quantile is off by at most
/// `max_relative_error` of its value, whatever the distribution, and histograms add up bucket by
/// bucket without losing anything. Recording costs a few instructions and never allocates.
/// Not thread-safe.
///
/// Where there are many of them, coarser ones save memory: with `bits`, an octave has 2^bits
/// buckets, and a quantile is off by at most half of 2^-bits.
class Histogram {
 public:
  /// Durations above this, 18 minutes, are counted as this and as clamped.
  static constexpr std::uint64_t highest = (std::uint64_t{1} << 40) - 1;
  /// How far `percentile` may be from the exact quantile, as a share of it: half a bucket.
  static constexpr double max_relative_error = 1.0 / 256;

  /// Values from `lowest` to `highest`, both inclusive, and how many were recorded.
  struct Bucket {
    std::uint64_t lowest;
    std::uint64_t highest;
    std::uint64_t count;
  };

  static constexpr int default_bits = 7;

  /// Takes 34 KiB, and half of that for each bit less. Requires: 1 <= `sub_bucket_bits` <= 16.
  explicit Histogram(int sub_bucket_bits = default_bits);

  void record(std::uint64_t nanoseconds) noexcept { record(nanoseconds, 1); }
  void record(std::uint64_t nanoseconds, std::uint64_t times) noexcept;

  /// Adds everything that the other one holds, exactly. Requires: it has as many buckets.
  void merge(const Histogram& other) noexcept;

  /// Forgets everything.
  void clear() noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// How many of `count` were above `highest`.
  [[nodiscard]] std::uint64_t clamped() const noexcept { return clamped_; }
  /// The sum of all values, exact (but for clamped ones).
  [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }
  /// The smallest value, exact; 0 where nothing was recorded.
  [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  /// The largest value, exact (but for clamped ones); 0 where nothing was recorded.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  /// The arithmetic mean; 0 where nothing was recorded.
  [[nodiscard]] double mean() const noexcept;

  /// The value that at least `percent` of 100 of all values are at or below: the middle of the
  /// bucket of the exact quantile, within `min` and `max`. 0 gives the minimum, 100 the maximum.
  /// 0 where nothing was recorded. The percentage counts to 6 decimals.
  [[nodiscard]] std::uint64_t percentile(double percent) const noexcept;

  /// The buckets that are not empty, in ascending order. `record(lowest, count)` for each of them
  /// rebuilds the buckets, in this class or outside of it: this is what goes to a file.
  [[nodiscard]] std::vector<Bucket> buckets() const;

 private:
  [[nodiscard]] std::size_t index_of(std::uint64_t value) const noexcept;
  [[nodiscard]] Bucket bounds_of(std::size_t index) const noexcept;

  int sub_bucket_bits_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t clamped_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = highest;
  std::uint64_t max_ = 0;
};

}  // namespace trivium::stats
