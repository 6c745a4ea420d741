// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/stats/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace trivium::stats {
namespace {

constexpr int sub_bucket_bits = 7;
constexpr std::uint64_t sub_buckets = std::uint64_t{1} << sub_bucket_bits;

/// How many low bits of a value its bucket does not tell apart.
int shift_of(std::uint64_t value) noexcept {
  return std::max(0, static_cast<int>(std::bit_width(value)) - (sub_bucket_bits + 1));
}

// The first 256 buckets hold one value each; from there on 128 follow for each octave, known by the
// value's upper 8 bits, of which the first is always 1.
std::size_t index_of(std::uint64_t value) noexcept {
  const int shift = shift_of(value);
  return static_cast<std::size_t>(shift) * sub_buckets + static_cast<std::size_t>(value >> shift);
}

Histogram::Bucket bounds_of(std::size_t index) noexcept {
  const std::uint64_t shift = index < 2 * sub_buckets ? 0 : index / sub_buckets - 1;
  const std::uint64_t lowest = (index - shift * sub_buckets) << shift;
  return {lowest, lowest + ((std::uint64_t{1} << shift) - 1), 0};
}

}  // namespace

Histogram::Histogram() : counts_(index_of(highest) + 1) {}

void Histogram::record(std::uint64_t nanoseconds, std::uint64_t times) noexcept {
  if (times == 0) return;
  if (nanoseconds > highest) {
    nanoseconds = highest;
    clamped_ += times;
  }
  counts_[index_of(nanoseconds)] += times;
  count_ += times;
  sum_ += nanoseconds * times;
  min_ = std::min(min_, nanoseconds);
  max_ = std::max(max_, nanoseconds);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  clamped_ += other.clamped_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() noexcept {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = clamped_ = sum_ = max_ = 0;
  min_ = highest;
}

double Histogram::mean() const noexcept {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const noexcept {
  if (count_ == 0) return 0;
  // In whole millionths, so that 99.9 % of 1,000 is 999 and not a hair more, which would round up.
  const auto millionths =
      static_cast<long double>(std::llround(std::clamp(percent, 0.0, 100.0) * 1e6));
  const long double exact_rank = millionths * static_cast<long double>(count_) / 1e8L;
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact_rank)));
  if (rank == 1) return min_;
  if (rank >= count_) return max_;
  std::uint64_t seen = 0;
  std::size_t index = 0;
  while ((seen += counts_[index]) < rank) ++index;
  const Bucket bucket = bounds_of(index);
  return std::clamp(bucket.lowest + (bucket.highest - bucket.lowest) / 2, min_, max_);
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> filled;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    filled.push_back(bounds_of(i));
    filled.back().count = counts_[i];
  }
  return filled;
}

}  // namespace trivium::stats
