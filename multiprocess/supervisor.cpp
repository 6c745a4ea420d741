// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "supervisor.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace trivium::multiprocess {

Backoff::Duration Backoff::after(Duration lived) noexcept {
  if (lived >= long_life) next_ = {};
  return std::exchange(next_, std::clamp(next_ * 2, first_, std::max(first_, longest)));
}

Supervisor::Supervisor(std::size_t workers, Policy policy, Start start, Required required)
    : policy_(policy), start_(std::move(start)) {
  const Backoff backoff(policy_.backoff);
  try {
    while (running_.size() < workers) running_.emplace(start_(), backoff);
  } catch (const std::system_error&) {
    if (required == all || running_.empty()) throw;
    const Vacancy later{Clock::now() + retry_after, backoff};
    vacancies_.resize(workers - running_.size(), later);
  }
}

void Supervisor::ended(const Units::Ended& worker) {
  const auto post = running_.extract(worker.unit);
  if (stopped_ || post.empty()) return;
  Backoff backoff = post.mapped();
  const auto now = Clock::now();
  if (!worker.died) return vacancies_.push_back({now, backoff});  // it was due to be replaced
  if (policy_.max_restarts != any_number) {
    deaths_.push_back(now);
    while (deaths_.front() < now - app::restart_window) deaths_.pop_front();
  }
  vacancies_.push_back({now + backoff.after(worker.lived), backoff});
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
      vacancy.due = now + std::max(vacancy.backoff.after({}), retry_after);
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
