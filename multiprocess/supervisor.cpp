// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "supervisor.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace trivium::multiprocess {

Backoff::Duration Backoff::after(Duration lived) noexcept {
  if (lived >= long_life) next_ = {};
  return std::exchange(next_, std::clamp(next_ * 2, shortest, longest));
}

Supervisor::Supervisor(std::size_t workers, Start start) : start_(std::move(start)) {
  for (std::size_t i = 0; i < workers; ++i) running_.emplace(start_(), Backoff());
}

void Supervisor::ended(const Units::Ended& worker) {
  const auto post = running_.extract(worker.unit);
  if (stopped_ || post.empty()) return;
  Backoff backoff = post.mapped();
  const auto wait = backoff.after(worker.lived);
  vacancies_.push_back({Clock::now() + wait, backoff});
}

void Supervisor::replace() {
  const auto now = Clock::now();
  for (auto& vacancy : std::exchange(vacancies_, {})) {
    try {
      if (vacancy.due <= now) {
        running_.emplace(start_(), vacancy.backoff);
        continue;
      }
    } catch (const std::system_error&) {
      vacancy.due = now + std::max(vacancy.backoff.after({}), Backoff::shortest);
    }
    vacancies_.push_back(vacancy);
  }
}

Supervisor::Clock::time_point Supervisor::due() const noexcept {
  auto first = Clock::time_point::max();
  for (const auto& vacancy : vacancies_) first = std::min(first, vacancy.due);
  return first;
}

void Supervisor::stop() noexcept {
  stopped_ = true;
  vacancies_.clear();
}

}  // namespace trivium::multiprocess
