// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "shared/load/engine.hpp"
#include "shared/load/table.hpp"
#include "tests/unit/load_server.hpp"

namespace trivium::load {
namespace {

using namespace std::chrono_literals;
using namespace trivium::test;
using Serves = ScriptedServer::Serves;

Adjust at_rate(double rate, std::size_t connections = 4) {
  return [=](Options& options) {
    options.rate = rate;
    options.connections = connections;
    options.timeline = 50ms;
  };
}

std::uint64_t sum_of(const Tally& tally) {
  return tally.of(Outcome::ok) + tally.of(Outcome::refused) + tally.of(Outcome::reset) +
         tally.of(Outcome::timed_out) + tally.of(Outcome::wrong) + tally.of(Outcome::drained);
}

/// That nothing is lost: planned = sent + unsent, sent = the sum of what it came to, as a whole and
/// in each stretch of the timeline; and that this is as many as were due.
void expect_all_accounted_for(const Results& results, std::uint64_t due) {
  EXPECT_EQ(results.measured.planned, due);
  EXPECT_TRUE(results.balanced()) << to_table(Options{}, results);
  EXPECT_EQ(results.abandoned, 0U);
  Tally sum;
  for (const auto& stretch : results.timeline.stretches()) {
    const Tally& tally = stretch.tally;
    EXPECT_EQ(tally.planned, tally.sent() + tally.of(Outcome::unsent));
    EXPECT_EQ(tally.sent(), sum_of(tally));
    sum += tally;
  }
  EXPECT_EQ(results.measured.planned,
            results.measured.sent() + results.measured.of(Outcome::unsent));
  EXPECT_EQ(results.measured.sent(), sum_of(results.measured));
  EXPECT_EQ(sum.planned, results.measured.planned);
  EXPECT_EQ(sum.late, results.measured.late);
  EXPECT_EQ(sum.completed, results.measured.completed);
  EXPECT_EQ(sum.ended, results.measured.ended);
  EXPECT_EQ(results.latency.count(), results.measured.of(Outcome::ok));
}

TEST(LoadOpenLoop, PlansWhatTheRateSaysAndAwaitsAllOfIt) {
  for (const Mode mode : {Mode::lines, Mode::churn, Mode::first_byte}) {
    const ScriptedServer server(echo(), Serves::at_once);
    const Results results = run_once(server.address(), mode, 300ms, at_rate(200)).results;
    expect_all_accounted_for(results, 60);
    EXPECT_EQ(results.measured.of(Outcome::ok), 60U) << name_of(mode);
    EXPECT_EQ(results.lag.count(), 60U);
  }
}

TEST(LoadOpenLoop, TheWarmUpIsPlannedApart) {
  const ScriptedServer server(echo(), Serves::at_once);
  const Results results = run_once(server.address(), Mode::lines, 200ms, [](Options& options) {
                            at_rate(500)(options);
                            options.warmup = 100ms;
                          }).results;
  expect_all_accounted_for(results, 100);
  EXPECT_EQ(results.outside.planned, 50U);
  EXPECT_EQ(results.begun, 150U);
}

TEST(LoadOpenLoop, ThreadsShareTheRate) {
  const ScriptedServer server(echo(), Serves::at_once);
  const Results results = run_once(server.address(), Mode::lines, 300ms, [](Options& options) {
                            at_rate(300, 5)(options);
                            options.threads = 3;
                          }).results;
  expect_all_accounted_for(results, 90);
  EXPECT_EQ(results.measured.of(Outcome::ok), 90U);
  EXPECT_EQ(results.established, 5U);
  EXPECT_EQ(results.threads, 3U);
}

TEST(LoadOpenLoop, PoissonArrivalsFollowTheSeed) {
  const ScriptedServer server(echo(), Serves::at_once);
  const auto planned = [&](std::uint64_t seed) {
    const Results results = run_once(server.address(), Mode::lines, 200ms, [&](Options& options) {
                              at_rate(500)(options);
                              options.arrivals = Arrivals::poisson;
                              options.seed = seed;
                            }).results;
    EXPECT_TRUE(results.balanced());
    std::string counts;
    for (const auto& stretch : results.timeline.stretches()) {
      counts += std::to_string(stretch.tally.planned) + " ";
    }
    return counts;
  };
  EXPECT_EQ(planned(1), planned(1));
  EXPECT_NE(planned(1), planned(2));
}

// The lines that are planned while the server stalls are late by what is left of the stall, as
// their users would find. A closed loop would send one of them, and find one slow answer.
TEST(LoadOpenLoop, AStallShowsInThePercentiles) {
  for (const std::size_t depth : {1U, 4U}) {
    int lines = 0;
    const ScriptedServer server(echo([&](std::string line) {
      if (++lines == 20) std::this_thread::sleep_for(300ms);
      return line;
    }));
    const Results results = run_once(server.address(), Mode::lines, 1s, [&](Options& options) {
                              at_rate(200, 1)(options);
                              options.depth = depth;
                              options.late_after = 100ms;
                              options.timeout = 10s;
                            }).results;
    expect_all_accounted_for(results, 200);
    EXPECT_EQ(results.measured.of(Outcome::ok), 200U);
    // One each 5 ms, for the 200 ms in which there are 100 ms or more of the stall to come.
    EXPECT_GE(results.measured.late, 38U);
    EXPECT_GE(results.latency.max(), 290'000'000U);
    EXPECT_GE(results.latency.percentile(85), 100'000'000U);
    std::size_t stretches = 0;
    for (const auto& stretch : results.timeline.stretches()) {
      stretches += stretch.tally.late > 0 ? 1 : 0;
    }
    EXPECT_GE(stretches, 4U);
  }
}

TEST(LoadOpenLoop, WhatCouldNotBeSentIsCounted) {
  for (const Mode mode : {Mode::lines, Mode::churn}) {
    const ScriptedServer server([](int socket) {
      put(socket, Message::head);
      while (!take_line(socket).empty()) {
      }
    });
    const Results results = run_once(server.address(), mode, 300ms, [](Options& options) {
                              at_rate(200, 2)(options);
                              options.timeout = 100ms;
                            }).results;
    expect_all_accounted_for(results, 60);
    EXPECT_EQ(results.measured.of(Outcome::ok), 0U);
    EXPECT_GT(results.measured.of(Outcome::timed_out), 0U);
    EXPECT_GT(results.measured.of(Outcome::unsent), 0U);
    EXPECT_EQ(results.measured.of(Outcome::timed_out) + results.measured.of(Outcome::unsent), 60U);
  }
}

TEST(LoadOpenLoop, ADeadServerRefusesEveryOne) {
  for (const Mode mode : {Mode::lines, Mode::churn}) {
    const Results results = run_once(dead_address(), mode, 200ms, at_rate(1'000, 10)).results;
    expect_all_accounted_for(results, 200);
    EXPECT_EQ(results.measured.of(Outcome::refused), 200U) << to_table(Options{}, results);
    EXPECT_EQ(results.connected, 0U);
  }
}

TEST(LoadOpenLoop, ALostConnectionIsOpenedForTheNextLine) {
  std::atomic<int> accepted = 0;
  const ScriptedServer server(
      [&](int socket) {
        ++accepted;
        put(socket, Message::head);
        put(socket, take_line(socket));
        end(socket);
      },
      Serves::at_once);
  const Results results = run_once(server.address(), Mode::lines, 300ms, at_rate(100, 1)).results;
  expect_all_accounted_for(results, 30);
  EXPECT_GT(results.measured.of(Outcome::ok), 0U);
  EXPECT_EQ(results.measured.failed(), 0U);
  EXPECT_GT(results.lost, 0U);
  EXPECT_EQ(static_cast<int>(results.connected), accepted);
}

TEST(LoadOpenLoop, AConnectionThatHangsKeepsItsLinesToItself) {
  std::atomic<int> accepted = 0;
  const ScriptedServer server(
      [&](int socket) {
        const bool hangs = ++accepted == 1;
        put(socket, Message::head);
        for (std::string line; (line = take_line(socket)).size() > 1;) {
          if (!hangs) put(socket, line);
        }
      },
      Serves::at_once);
  const Results results = run_once(server.address(), Mode::lines, 400ms, [](Options& options) {
                            at_rate(100, 4)(options);
                            options.timeout = 1s;
                          }).results;
  // A quarter of the lines belong to the one that hangs, until it is given up and opened again.
  expect_all_accounted_for(results, 40);
  EXPECT_GE(results.measured.of(Outcome::ok), 30U);
  EXPECT_EQ(results.measured.of(Outcome::timed_out), 1U);
  EXPECT_EQ(results.measured.sum(), results.measured.of(Outcome::ok) +
                                        results.measured.of(Outcome::timed_out) +
                                        results.measured.of(Outcome::unsent));
  EXPECT_EQ(results.lost, 1U);
  // Those planned behind it waited until then, some of them in vain.
  EXPECT_GE(results.measured.late + results.measured.of(Outcome::unsent), 9U);
}

}  // namespace
}  // namespace trivium::load
