// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/results.hpp"

namespace trivium::load {

void Results::merge(const Results& other) {
  measured += other.measured;
  outside += other.outside;
  latency.merge(other.latency);
  rare_latency.merge(other.rare_latency);
  lag.merge(other.lag);
  timeline.merge(other.timeline);
  begun += other.begun;
  in_flight += other.in_flight;
  abandoned += other.abandoned;
  connected += other.connected;
  lost += other.lost;
  established += other.established;
  if (!first_fault) first_fault = other.first_fault;
}

bool Results::balanced() const noexcept {
  return measured.planned == measured.sum() && begun == measured.sum() + outside.sum() + abandoned;
}

double Results::cpu_share() const noexcept {
  if (end_ns <= start_ns) return 0;
  return static_cast<double>(usage.user + usage.system) /
         (static_cast<double>(end_ns - start_ns) * static_cast<double>(threads));
}

}  // namespace trivium::load
