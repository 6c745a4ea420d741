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

TEST(LoadReport, ProgressFitsATerminal) {
  EXPECT_LT(progress_line(Options{}, -1, example()).size(), 80U);
  EXPECT_LT(progress_line(Options{}, 1.5, example()).size(), 80U);
}

TEST(LoadReport, AFaultIsOneLine) {
  EXPECT_EQ(fault_line({44, "\"0\\n\"", "end of stream"}),
            "load: wrong answer: at byte 44 of a connection, expected \"0\\n\", got end of stream");
}

}  // namespace
}  // namespace trivium::load
