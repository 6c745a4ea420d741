// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "shared/app/command_line.hpp"

namespace trivium::app {
namespace {

using testing::ElementsAre;

struct Parsed {
  std::optional<int> code;
  FetchOptions options;
  std::string err;
};

Parsed parsed(std::vector<std::string> words) {
  words.insert(words.begin(), "fetch");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  Parsed result;
  testing::internal::CaptureStderr();
  result.code = parse_fetch_options(static_cast<int>(argv.size()), argv.data(),
                                    {"per-url", "handoff"}, result.options);
  result.err = testing::internal::GetCapturedStderr();
  return result;
}

TEST(FetchOptions, UrlsStandInTheirOrderBetweenFlags) {
  const auto [code, options, err] =
      parsed({"http://a/", "--jobs", "3", "http://b/", "http://a/", "--", "-c"});
  EXPECT_EQ(code, std::nullopt) << err;
  EXPECT_THAT(options.urls, ElementsAre("http://a/", "http://b/", "http://a/", "-c"));
  EXPECT_EQ(options.jobs, 3U);
}

TEST(FetchOptions, ABracketIsPartOfTheUrl) {
  for (const std::string url : {"[a,b]", "[]", "[a]", "http://[::1]:80/[1,2]"}) {
    EXPECT_THAT(parsed({url}).options.urls, ElementsAre(url));
    EXPECT_THAT(parsed({url, "--jobs", "2", url}).options.urls, ElementsAre(url, url));
  }
}

TEST(FetchOptions, WrongUsageNamesTheFlagAndWhatIsLegal) {
  EXPECT_EQ(parsed({"http://a/", "--jobs", "2", "--jobs", "3"}).err,
            "fetch: --jobs: given more than once; takes one value\n");
  EXPECT_EQ(parsed({"http://a/", "--jobs"}).err,
            "fetch: --jobs: needs a value: a whole number from 1 to 16384\n");
  EXPECT_EQ(parsed({"http://a/", "--output"}).err, "fetch: --output: needs a value: DIR\n");
  EXPECT_EQ(parsed({"http://a/", "--zork"}).err,
            "fetch: --zork: no such flag; --help names them\n");
  EXPECT_EQ(parsed({}).code, exit_usage);
}

}  // namespace
}  // namespace trivium::app
