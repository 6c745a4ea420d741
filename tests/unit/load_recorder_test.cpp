// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/recorder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "shared/load/timeline.hpp"

namespace trivium::load {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ms = 1'000'000;

Options looped(double rate) {
  Options options;
  options.rate = rate;
  options.duration = 100ms;
  options.timeline = 10ms;
  options.late_after = 5ms;
  return options;
}

/// A recorder whose measured phase is from 1,000 ms to 1,100 ms.
struct Recorded {
  explicit Recorded(const Options& options) : recorder(options, results) {
    results.timeline = Timeline(options.timeline, options.duration);
    recorder.measure(1'000 * ms, 1'100 * ms);
  }

  void record(Outcome outcome, std::int64_t planned_ms, std::int64_t ended_ms, bool rare = false) {
    recorder.begin(planned_ms * ms);
    recorder.end({outcome, planned_ms * ms, ended_ms * ms, ended_ms * ms, rare});
  }

  Results results;
  Recorder recorder;
};

/// The sum over all stretches.
Tally sum_of(const Timeline& timeline) {
  Tally sum;
  for (const auto& stretch : timeline.stretches()) sum += stretch.tally;
  return sum;
}

void expect_same(const Tally& left, const Tally& right) {
  EXPECT_EQ(left.planned, right.planned);
  for (const Outcome outcome : all_outcomes) {
    EXPECT_EQ(left.of(outcome), right.of(outcome)) << name_of(outcome);
  }
  EXPECT_EQ(left.late, right.late);
  EXPECT_EQ(left.completed, right.completed);
}

TEST(LoadRecorder, AClosedLoopsOperationCountsWhereItEnds) {
  Recorded it(looped(0));
  it.record(Outcome::ok, 990, 999);
  it.record(Outcome::ok, 990, 1'000);
  it.record(Outcome::reset, 1'050, 1'099);
  it.record(Outcome::ok, 1'050, 1'100);
  EXPECT_EQ(it.results.measured.planned, 2U);
  EXPECT_EQ(it.results.measured.of(Outcome::ok), 1U);
  EXPECT_EQ(it.results.measured.of(Outcome::reset), 1U);
  EXPECT_EQ(it.results.measured.completed, 1U);
  EXPECT_EQ(it.results.outside.of(Outcome::ok), 2U);
  EXPECT_EQ(it.results.latency.count(), 1U);
  EXPECT_EQ(it.results.latency.max(), 10U * ms);
  EXPECT_TRUE(it.results.balanced());
}

TEST(LoadRecorder, WhatFailsAfterAClosedLoopsPhaseHasFailedInIt) {
  Recorded it(looped(0));
  it.record(Outcome::timed_out, 1'090, 6'090);
  it.record(Outcome::reset, 1'050, 1'100);
  it.record(Outcome::timed_out, 950, 5'950);  // hung since the warm-up, and all the phase long
  it.record(Outcome::timed_out, 900, 999);
  it.record(Outcome::ok, 1'090, 6'000);
  EXPECT_EQ(it.results.measured.of(Outcome::timed_out), 2U);
  EXPECT_EQ(it.results.measured.of(Outcome::reset), 1U);
  EXPECT_EQ(it.results.measured.completed, 0U);
  EXPECT_EQ(it.results.outside.of(Outcome::timed_out), 1U);
  EXPECT_EQ(it.results.outside.of(Outcome::ok), 1U);
  expect_same(sum_of(it.results.timeline), it.results.measured);
  EXPECT_EQ(it.results.timeline.stretches().back().tally.planned, 3U);
  EXPECT_TRUE(it.results.balanced());
}

TEST(LoadRecorder, AnOpenLoopsOperationCountsWhereItWasPlanned) {
  Recorded it(looped(100));
  it.record(Outcome::ok, 999, 1'050);
  it.record(Outcome::ok, 1'000, 1'002);
  it.record(Outcome::unsent, 1'050, 1'090);
  it.record(Outcome::ok, 1'099, 5'000);
  EXPECT_EQ(it.results.measured.planned, 3U);
  EXPECT_EQ(it.results.measured.sent(), 2U);
  EXPECT_EQ(it.results.measured.of(Outcome::unsent), 1U);
  EXPECT_EQ(it.results.outside.of(Outcome::ok), 1U);
  // Answers that came within the phase: one of them from before it.
  EXPECT_EQ(it.results.measured.completed, 2U);
  EXPECT_EQ(it.results.measured.late, 1U);
  EXPECT_EQ(it.results.latency.max(), 3'901U * ms);
  EXPECT_TRUE(it.results.balanced());
}

TEST(LoadRecorder, PlannedIsCountedBeforeItsEnd) {
  Recorded it(looped(100));
  it.recorder.begin(1'001 * ms);
  EXPECT_EQ(it.results.measured.planned, 1U);
  EXPECT_EQ(it.recorder.under_way(), 1U);
  EXPECT_FALSE(it.results.balanced());
  it.recorder.put(1'001 * ms, 1'004 * ms);
  EXPECT_EQ(it.results.lag.max(), 3U * ms);
  it.recorder.end({Outcome::timed_out, 1'001 * ms, 0, 2'000 * ms});
  EXPECT_EQ(it.recorder.under_way(), 0U);
  EXPECT_TRUE(it.results.balanced());
}

TEST(LoadRecorder, RareLinesHaveALatencyOfTheirOwnAndAreNeverLate) {
  Recorded it(looped(100));
  it.record(Outcome::ok, 1'000, 1'001);
  it.record(Outcome::ok, 1'000, 1'020, true);
  EXPECT_EQ(it.results.measured.of(Outcome::ok), 2U);
  EXPECT_EQ(it.results.latency.count(), 1U);
  EXPECT_EQ(it.results.rare_latency.count(), 1U);
  EXPECT_EQ(it.results.rare_latency.max(), 20U * ms);
  EXPECT_EQ(it.results.measured.late, 0U);
}

TEST(LoadRecorder, IdleConnectionsCountWheneverTheyEnd) {
  Options options = looped(0);
  options.mode = Mode::idle;
  options.timeline = 0ms;
  Recorded it(options);
  it.record(Outcome::refused, 10, 10);
  it.record(Outcome::drained, 1'050, 1'050);
  it.record(Outcome::ok, 1'100, 1'300);
  EXPECT_EQ(it.results.measured.planned, 3U);
  EXPECT_EQ(it.results.measured.sum(), 3U);
  EXPECT_EQ(it.results.outside.sum(), 0U);
}

TEST(LoadRecorder, BytesCountWhenTheyPass) {
  Recorded it(looped(0));
  it.recorder.received(1, 999 * ms);
  it.recorder.received(2, 1'000 * ms);
  it.recorder.sent(4, 1'099 * ms);
  it.recorder.sent(8, 1'100 * ms);
  EXPECT_EQ(it.results.outside.bytes_in, 1U);
  EXPECT_EQ(it.results.measured.bytes_in, 2U);
  EXPECT_EQ(it.results.measured.bytes_out, 4U);
  EXPECT_EQ(it.results.outside.bytes_out, 8U);
}

TEST(LoadTimeline, ItsSumIsTheMeasuredPhase) {
  for (const double rate : {0.0, 100.0}) {
    Recorded it(looped(rate));
    std::mt19937 random(5);
    for (int i = 0; i < 10'000; ++i) {
      const auto planned = static_cast<std::int64_t>(950 + random() % 200);
      const auto outcome = all_outcomes[random() % all_outcomes.size()];
      it.record(outcome, planned, planned + static_cast<std::int64_t>(random() % 20),
                random() % 50 == 0);
    }
    ASSERT_EQ(it.results.timeline.stretches().size(), 10U);
    expect_same(sum_of(it.results.timeline), it.results.measured);
    EXPECT_GT(it.results.measured.late, 0U);
    stats::Histogram all(Timeline::latency_bits);
    for (const auto& stretch : it.results.timeline.stretches()) all.merge(stretch.latency);
    EXPECT_EQ(all.count(), it.results.latency.count());
    EXPECT_EQ(all.sum(), it.results.latency.sum());
    EXPECT_TRUE(it.results.balanced());
  }
}

TEST(LoadTimeline, AnOperationStandsInItsStretch) {
  Recorded it(looped(100));
  it.record(Outcome::ok, 1'009, 1'031);
  it.record(Outcome::reset, 1'010, 1'011);
  const auto& stretches = it.results.timeline.stretches();
  EXPECT_EQ(stretches[0].tally.of(Outcome::ok), 1U);
  EXPECT_EQ(stretches[0].tally.late, 1U);
  EXPECT_EQ(stretches[0].latency.max(), 22U * ms);
  EXPECT_EQ(stretches[1].tally.of(Outcome::reset), 1U);
  EXPECT_EQ(stretches[3].tally.completed, 1U);
}

TEST(LoadTimeline, TheLastStretchMayBeShorter) {
  Timeline timeline(30ms, 100ms);
  EXPECT_EQ(timeline.stretches().size(), 4U);
  EXPECT_EQ(timeline.at(99 * ms), &timeline.stretches()[3]);
  EXPECT_EQ(timeline.at(-1), nullptr);
  EXPECT_EQ(timeline.at(120 * ms), nullptr);
  EXPECT_EQ(Timeline().at(0), nullptr);
}

TEST(LoadTimeline, ThreadsAddUp) {
  Recorded one(looped(100));
  Recorded two(looped(100));
  one.record(Outcome::ok, 1'005, 1'006);
  two.record(Outcome::ok, 1'005, 1'015);
  two.record(Outcome::refused, 1'095, 1'095);
  Results all;
  all.merge(one.results);
  all.merge(two.results);
  EXPECT_EQ(all.measured.planned, 3U);
  EXPECT_EQ(all.latency.count(), 2U);
  expect_same(sum_of(all.timeline), all.measured);
  EXPECT_EQ(all.timeline.stretches()[0].latency.max(), 10U * ms);
  EXPECT_TRUE(all.balanced());
}

}  // namespace
}  // namespace trivium::load
