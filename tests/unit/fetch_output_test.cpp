// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>

#include "shared/app/fetch_options.hpp"
#include "shared/app/fetch_progress.hpp"

namespace trivium::app {
namespace {

using protocol::FetchError;

TEST(FetchOutput, PrintableIsOneLine) {
  EXPECT_EQ(printable("plain"), "plain");
  EXPECT_EQ(printable("a\nb\tc\x7f\x1b[0m"), "a?b?c??[0m");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(printable("caf\xe9\xff"), "caf??");
}

TEST(FetchOutput, JsonOfWhatWasFetched) {
  const Finished finished{
      2, {.status = 404, .body = "no", .bytes = 2, .elapsed = std::chrono::microseconds(1500)}};
  EXPECT_EQ(json_line(finished, "http://h/"),
            R"({"index":3,"url":"http://h/","status":404,"bytes":2,"ms":1.500,"error":null})");
}

TEST(FetchOutput, JsonOfWhatFailed) {
  const Finished finished{0, {.error = FetchError::bad_url, .detail = "\"quoted\\\""}};
  const auto value = boost::json::parse(json_line(finished, "bad \"url\"\n\xff"));
  EXPECT_TRUE(value.at("status").is_null());
  EXPECT_EQ(value.at("url").as_string(), "bad \"url\"??");
  EXPECT_EQ(value.at("error").as_string(), "bad URL: \"quoted\\\"");
}

TEST(FetchProgress, ShowsHowFarItIs) {
  const FetchTally tally{.total = 1000, .done = 250, .failed = 3, .bytes = 3 * 1024 * 1024};
  EXPECT_EQ(progress_line(tally, std::chrono::seconds(30)),
            "[#####---------------] 250/1000  3.0 MiB  102.4 KiB/s  3 failed  1:30 left");
  EXPECT_EQ(progress_line({.total = 4}, std::chrono::seconds(1)),
            "[--------------------] 0/4  0 B  0 B/s  0 failed");
}

TEST(FetchProgress, SumsUp) {
  EXPECT_EQ(summary_line({.total = 4, .done = 4, .failed = 1, .bytes = 2048},
                         std::chrono::milliseconds(500)),
            "fetched 3 of 4 URLs, 1 failed: 2.0 KiB in 0.500 s (8.0 URLs/s)");
  EXPECT_THAT(summary_line({.total = 4, .done = 1}, std::chrono::seconds(1)),
              testing::HasSubstr(", 3 not finished:"));
}

std::optional<int> parsed(std::vector<std::string> words, FetchOptions& options) {
  words.insert(words.begin(), "fetch");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  return parse_fetch_options(static_cast<int>(argv.size()), argv.data(), {"handoff", "per-url"},
                             options);
}

TEST(FetchOptions, HaveTheContractsDefaults) {
  FetchOptions options;
  ASSERT_EQ(parsed({"http://h/"}, options), std::nullopt);
  EXPECT_THAT(options.urls, testing::ElementsAre("http://h/"));
  EXPECT_EQ(options.strategy, "handoff");
  EXPECT_EQ(options.jobs, 16U);
  EXPECT_EQ(options.limits.timeout, std::chrono::seconds(30));
  EXPECT_EQ(options.limits.connect_timeout, std::chrono::seconds(10));
  EXPECT_EQ(options.limits.max_body, 16U * 1024 * 1024);
  EXPECT_EQ(options.format, "text");
  EXPECT_EQ(options.progress, "auto");
}

TEST(FetchOptions, ReadTheInputAfterTheArguments) {
  const std::string path = testing::TempDir() + "fetch_options_test.txt";
  std::ofstream(path) << "# a comment\n\n  http://h/2  \r\n\t\nhttp://h/3#part";
  FetchOptions options;
  ASSERT_EQ(parsed({"--input", path, "http://h/1"}, options), std::nullopt);
  EXPECT_THAT(options.urls, testing::ElementsAre("http://h/1", "http://h/2", "http://h/3#part"));
}

TEST(FetchOptions, RefuseWhatIsNotLegal) {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"--input", "/nonexistent"},
                                                    {"--input", "/"},
                                                    {"http://h/", "--jobs", "0"},
                                                    {"http://h/", "--format", "xml"},
                                                    {"http://h/", "--progress", "sometimes"},
                                                    {"http://h/", "--strategy", "per-connection"},
                                                    {"http://h/", "--timeout", "0s"},
                                                    {"http://h/", "--no-such-flag"}};
  for (const auto& words : wrong) {
    FetchOptions options;
    EXPECT_EQ(parsed(words, options), 2) << testing::PrintToString(words);
  }
}

}  // namespace
}  // namespace trivium::app
