// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/recorder.hpp"

#include <algorithm>

namespace trivium::load {
namespace {

// Where a loop plans, an operation is counted as planned before it has ended.
void count(Tally& tally, const Ended& ended, bool late, bool planned_before) noexcept {
  if (!planned_before) ++tally.planned;
  ++tally.ended[static_cast<std::size_t>(ended.outcome)];
  if (late) ++tally.late;
}

}  // namespace

Recorder::Recorder(const Options& options, Results& results) noexcept
    : results_(&results),
      open_loop_(options.open_loop()),
      idle_(options.mode == Mode::idle),
      late_after_(options.late_after.count()) {}

void Recorder::measure(std::int64_t start, std::int64_t end) noexcept {
  start_ = start;
  end_ = end;
}

void Recorder::begin(std::int64_t planned) noexcept {
  ++results_->begun;
  if (!open_loop_) return;
  if (!in_phase(planned)) {
    ++results_->outside.planned;
    return;
  }
  ++results_->measured.planned;
  if (auto* const stretch = results_->timeline.at(planned - start_)) ++stretch->tally.planned;
}

void Recorder::put(std::int64_t planned, std::int64_t now) noexcept {
  if (!open_loop_ || !in_phase(planned)) return;
  results_->lag.record(static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - planned)));
}

// What was under way when the phase ended, and then failed, had been waiting in the phase's last
// moment: a server that stops answering shortly before the end has failed within it. What was
// answered after the end does not belong to the phase, or it would raise the rate.
std::int64_t Recorder::moment_of(const Ended& ended) const noexcept {
  if (open_loop_) return ended.planned;
  const bool failed_after = !idle_ && ended.outcome != Outcome::ok && ended.now >= end_;
  return failed_after ? end_ - 1 : ended.now;
}

void Recorder::end(const Ended& ended) noexcept {
  ++ended_;
  const bool ok = ended.outcome == Outcome::ok;
  if (ok && in_phase(ended.now)) {
    ++results_->measured.completed;
    if (auto* const stretch = results_->timeline.at(ended.now - start_)) {
      ++stretch->tally.completed;
    }
  }
  const std::int64_t moment = moment_of(ended);
  if (!idle_ && !in_phase(moment)) {
    count(results_->outside, ended, false, open_loop_);
    return;
  }
  const std::int64_t latency = std::max<std::int64_t>(0, ended.answered - ended.planned);
  const bool late = ok && !ended.rare && !idle_ && latency > late_after_;
  count(results_->measured, ended, late, open_loop_);
  auto* const stretch = results_->timeline.at(moment - start_);
  if (stretch != nullptr) count(stretch->tally, ended, late, open_loop_);
  if (!ok) return;
  const auto nanoseconds = static_cast<std::uint64_t>(latency);
  (ended.rare ? results_->rare_latency : results_->latency).record(nanoseconds);
  if (stretch != nullptr && !ended.rare) stretch->latency.record(nanoseconds);
}

}  // namespace trivium::load
