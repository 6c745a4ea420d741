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

std::uint64_t Tally::planned() const noexcept {
  return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
}

std::uint64_t Tally::failed() const noexcept {
  return planned() - of(Outcome::ok) - of(Outcome::drained);
}

double Results::cpu_share() const noexcept {
  if (end_ns <= start_ns) return 0;
  return static_cast<double>(usage.user + usage.system) / static_cast<double>(end_ns - start_ns);
}

}  // namespace trivium::load
