// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/report.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "shared/load/table.hpp"

namespace trivium::load {
namespace {

namespace json = boost::json;

Results example() {
  Results results;
  results.measured.ended = {1'000, 1, 2, 3, 4, 5, 6};
  results.measured.planned = 1'021;
  results.measured.completed = 1'000;
  results.measured.late = 7;
  results.measured.bytes_in = 5 << 20;
  results.outside.ended[0] = 77;
  results.in_flight = 8;
  results.start_ns = 1'000'000'000;
  results.end_ns = 3'000'000'000;
  results.usage = {500'000'000, 1'000'000'000, 250'000'000};
  for (std::uint64_t i = 1; i <= 1'000; ++i) results.latency.record(i * 1'000);
  return results;
}

TEST(LoadReport, JsonHasEveryKeyOfTheContract) {
  const std::string text = to_json(Options{}, example());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const json::object found = json::parse(text).as_object();
  for (const char* key : {"schema",
                          "mode",
                          "target",
                          "connections",
                          "line_bytes",
                          "duration_s",
                          "planned",
                          "sent",
                          "ok",
                          "refused",
                          "reset",
                          "timed_out",
                          "wrong",
                          "unsent",
                          "drained",
                          "ops_per_s",
                          "bytes_in",
                          "bytes_out",
                          "cpu_user_s",
                          "cpu_system_s",
                          "client_cpu_share",
                          "saturated",
                          "latency_ns",
                          "histogram",
                          "start_monotonic_ns",
                          "end_monotonic_ns"}) {
    EXPECT_TRUE(found.contains(key)) << key;
  }
  EXPECT_EQ(found.at("planned").as_int64(), 1'021);
  EXPECT_EQ(found.at("drained").as_int64(), 6);
  EXPECT_DOUBLE_EQ(found.at("duration_s").as_double(), 2.0);
  EXPECT_DOUBLE_EQ(found.at("ops_per_s").as_double(), 500.0);
  EXPECT_DOUBLE_EQ(found.at("client_cpu_share").as_double(), 0.75);
  EXPECT_FALSE(found.at("saturated").as_bool());
  const auto& latency = found.at("latency_ns").as_object();
  EXPECT_EQ(latency.at("count").as_int64(), 1'000);
  EXPECT_EQ(latency.at("max").as_int64(), 1'000'000);
  EXPECT_NEAR(latency.at("p99.9").to_number<double>(), 999'000, 999'000 / 256.0);
}

TEST(LoadReport, JsonTellsTheLoopAndItsPlan) {
  Options options;
  const json::object closed = json::parse(to_json(options, example())).as_object();
  EXPECT_EQ(closed.at("loop").as_string(), "closed");
  for (const char* key : {"rate", "arrivals", "seed", "lag_ns", "timeline", "rare_latency_ns",
                          "established", "line"}) {
    EXPECT_TRUE(closed.at(key).is_null()) << key;
  }
  options.rate = 500;
  options.mode = Mode::lines;
  options.dialect = Dialect::echo;
  options.arrivals = Arrivals::poisson;
  options.seed = 77;
  options.rare_line = "x";
  Results results = example();
  results.established = 60;
  results.establish_ns = 1'500'000'000;
  results.lag.record(5'000);
  results.time_wait_at_end = 9;
  const json::object open = json::parse(to_json(options, results)).as_object();
  EXPECT_EQ(open.at("loop").as_string(), "open");
  EXPECT_EQ(open.at("mode").as_string(), "lines");
  EXPECT_EQ(open.at("dialect").as_string(), "echo");
  EXPECT_EQ(open.at("arrivals").as_string(), "poisson");
  EXPECT_EQ(open.at("rate").to_number<double>(), 500);
  EXPECT_EQ(open.at("seed").as_int64(), 77);
  EXPECT_EQ(open.at("sent").as_int64(), 1'016);
  EXPECT_EQ(open.at("late").as_int64(), 7);
  EXPECT_EQ(open.at("lag_ns").at("max").as_int64(), 5'000);
  EXPECT_EQ(open.at("rare_latency_ns").at("count").as_int64(), 0);
  EXPECT_EQ(open.at("established").as_int64(), 60);
  EXPECT_DOUBLE_EQ(open.at("establish_s").as_double(), 1.5);
  EXPECT_TRUE(open.at("time_wait").at("start").is_null());
  EXPECT_EQ(open.at("time_wait").at("end").as_int64(), 9);
}

TEST(LoadReport, TheTimelineHasAnElementForEachStretchInEveryArray) {
  using namespace std::chrono_literals;
  Results results = example();
  results.timeline = Timeline(100ms, 300ms);
  auto* const second = results.timeline.at(150'000'000);
  second->tally.planned = 3;
  second->tally.ended[0] = 2;
  second->tally.ended[5] = 1;
  second->tally.late = 1;
  second->latency.record(1'000'000);
  second->latency.record(9'000'000);
  const json::object found = json::parse(to_json(Options{}, results)).at("timeline").as_object();
  EXPECT_DOUBLE_EQ(found.at("width_s").as_double(), 0.1);
  for (const auto& [key, values] : found) {
    if (key == "width_s") continue;
    EXPECT_EQ(values.as_array().size(), 3U) << key;
  }
  EXPECT_EQ(json::serialize(found.at("planned")), "[0,3,0]");
  EXPECT_EQ(json::serialize(found.at("ok")), "[0,2,0]");
  EXPECT_EQ(json::serialize(found.at("unsent")), "[0,1,0]");
  EXPECT_EQ(json::serialize(found.at("late")), "[0,1,0]");
  EXPECT_EQ(json::serialize(found.at("max_ns")), "[null,9000000,null]");
  EXPECT_NEAR(found.at("p50_ns").at(1).to_number<double>(), 1e6, 1e6 / 64);
}

TEST(LoadReport, TheHistogramInJsonRebuildsTheOneMeasured) {
  const Results results = example();
  const json::object found = json::parse(to_json(Options{}, results)).as_object();
  stats::Histogram rebuilt;
  for (const auto& bucket : found.at("histogram").at("buckets").as_array()) {
    rebuilt.record(bucket.at(0).to_number<std::uint64_t>(),
                   bucket.at(1).to_number<std::uint64_t>());
  }
  ASSERT_EQ(rebuilt.count(), results.latency.count());
  const auto left = rebuilt.buckets();
  const auto right = results.latency.buckets();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i].count, right[i].count);
}

TEST(LoadReport, WhatWasNotMeasuredIsNullNotZero) {
  Results results;
  results.start_ns = results.end_ns = 5;
  const json::object found = json::parse(to_json(Options{}, results)).as_object();
  EXPECT_TRUE(found.at("latency_ns").at("p50").is_null());
  EXPECT_TRUE(found.at("client_run_delay_s").is_null());
  EXPECT_EQ(to_table(Options{}, results).find("p50"), std::string::npos);
}

TEST(LoadReport, TheTargetReadsAsItWasGiven) {
  Options options;
  options.target = {"::1", "80"};
  EXPECT_EQ(json::parse(to_json(options, example())).at("target").as_string(), "[::1]:80");
  EXPECT_NE(to_table(options, example()).find("to [::1]:80,"), std::string::npos);
}

TEST(LoadReport, SaturatedMeansNearlyAllOfTheTime) {
  Results results = example();
  results.usage.system = 1'390'000'000;
  EXPECT_FALSE(results.saturated());
  results.usage.system = 1'410'000'000;
  EXPECT_TRUE(results.saturated());
  EXPECT_NE(to_table(Options{}, results).find("busy all the time"), std::string::npos);
}

TEST(LoadReport, TableIsAligned) {
  std::istringstream table(to_table(Options{}, example()));
  std::set<std::size_t> ends;
  std::size_t rows = 0;
  for (std::string line; std::getline(table, line);) {
    EXPECT_LE(line.size(), 80U) << line;
    if (line.rfind("  ", 0) != 0) continue;
    // A name, a value that ends in column 30, two blanks, a remark.
    ASSERT_GE(line.size(), 30U) << line;
    EXPECT_NE(line[29], ' ') << line;
    EXPECT_TRUE(line.size() == 30 || line.substr(30, 2) == "  ") << line;
    ++rows;
  }
  EXPECT_GT(rows, 15U);
}

TEST(LoadReport, TheTableOfAnOpenLoopIsAlignedToo) {
  Options options;
  options.mode = Mode::lines;
  options.rate = 12'345.5;
  options.depth = 16;
  Results results = example();
  results.established = 10'000;
  results.lost = 3;
  results.lag.record(1'000);
  const std::string table = to_table(options, results);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_NE(table.find("open loop, 12345.5/s, constant arrivals\n"), std::string::npos);
  EXPECT_NE(table.find("16 in flight on each connection\n"), std::string::npos);
  EXPECT_NE(table.find("latency, from the planned start\n"), std::string::npos);
  EXPECT_NE(table.find("unsent"), std::string::npos);
}

TEST(LoadReport, ProgressFitsATerminal) {
  EXPECT_LT(progress_line(Options{}, -1, example()).size(), 80U);
  EXPECT_LT(progress_line(Options{}, 1.5, example()).size(), 80U);
  EXPECT_EQ(progress_line(Options{}, 5.1, example()),
            "measured, awaiting what is under way, 1,000 ok, 15 failed");
}

TEST(LoadReport, AFaultIsOneLine) {
  EXPECT_EQ(fault_line({44, "\"0\\n\"", "end of stream"}),
            "load: wrong answer: at byte 44 of a connection, expected \"0\\n\", got end of stream");
}

}  // namespace
}  // namespace trivium::load
