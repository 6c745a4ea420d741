// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/timeline.hpp"

namespace trivium::load {

Timeline::Timeline(std::chrono::nanoseconds width, std::chrono::nanoseconds duration)
    : width_(width) {
  if (width.count() == 0) return;
  stretches_.resize(static_cast<std::size_t>((duration + width).count() - 1) /
                    static_cast<std::size_t>(width.count()));
}

Timeline::Stretch* Timeline::at(std::int64_t since) noexcept {
  if (since < 0 || stretches_.empty()) return nullptr;
  const auto index = static_cast<std::size_t>(since / width_.count());
  return index < stretches_.size() ? &stretches_[index] : nullptr;
}

void Timeline::merge(const Timeline& other) {
  if (stretches_.empty()) {
    *this = other;
    return;
  }
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    stretches_[i].tally += other.stretches_[i].tally;
    stretches_[i].latency.merge(other.stretches_[i].latency);
  }
}

}  // namespace trivium::load
