// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/tally.hpp"

#include <numeric>

namespace trivium::load {

const char* name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::refused:
      return "refused";
    case Outcome::reset:
      return "reset";
    case Outcome::timed_out:
      return "timed_out";
    case Outcome::wrong:
      return "wrong";
    case Outcome::unsent:
      return "unsent";
    case Outcome::drained:
      return "drained";
  }
  return "?";
}

std::uint64_t Tally::sum() const noexcept {
  return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
}

Tally& Tally::operator+=(const Tally& other) noexcept {
  planned += other.planned;
  for (std::size_t i = 0; i < ended.size(); ++i) ended[i] += other.ended[i];
  late += other.late;
  completed += other.completed;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  return *this;
}

}  // namespace trivium::load
