// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/schedule.hpp"

#include <cmath>

namespace trivium::load {

Schedule::Schedule(const Options& options, std::size_t index, std::int64_t start)
    : arrivals_(options.arrivals),
      start_(start),
      gap_(1e9 / options.rate * static_cast<double>(options.threads)),
      phase_(1e9 / options.rate * static_cast<double>(index)) {
  std::seed_seq seed{options.seed & 0xffffffff, options.seed >> 32, std::uint64_t{index}};
  random_.seed(seed);
  if (arrivals_ == Arrivals::constant) {
    next_ = start_ + std::llround(phase_);
  } else {
    at_ = distance();
    next_ = start_ + std::llround(at_);
  }
}

// A constant arrival is computed from its number, so that rounding does not add up.
void Schedule::advance() noexcept {
  ++count_;
  at_ = arrivals_ == Arrivals::constant ? phase_ + gap_ * static_cast<double>(count_)
                                        : at_ + distance();
  next_ = start_ + std::llround(at_);
}

// By inversion, and not by the library's distribution, whose numbers no standard fixes.
double Schedule::distance() noexcept {
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  return -std::log1p(-uniform) * gap_;
}

}  // namespace trivium::load
