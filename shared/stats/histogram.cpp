// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/stats/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace trivium::stats {

Histogram::Histogram(int sub_bucket_bits)
    : sub_bucket_bits_(sub_bucket_bits), counts_(index_of(highest) + 1) {}

// The lowest 2 x 2^bits buckets hold one value each; from there on 2^bits follow for each octave,
// known by the value's upper bits + 1 bits, of which the first is always 1.
std::size_t Histogram::index_of(std::uint64_t value) const noexcept {
  // How many low bits of the value its bucket does not tell apart.
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (sub_bucket_bits_ + 1));
  return (static_cast<std::size_t>(shift) << sub_bucket_bits_) +
         static_cast<std::size_t>(value >> shift);
}

Histogram::Bucket Histogram::bounds_of(std::size_t index) const noexcept {
  const std::size_t octave = index >> sub_bucket_bits_;
  const std::uint64_t shift = octave < 2 ? 0 : octave - 1;
  const std::uint64_t lowest = (index - (shift << sub_bucket_bits_)) << shift;
  return {lowest, lowest + ((std::uint64_t{1} << shift) - 1), 0};
}

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
