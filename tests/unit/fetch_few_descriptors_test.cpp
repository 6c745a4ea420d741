// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Where the process may not open many descriptors, fewer URLs are fetched at a time, and all of
// them. Runs the program itself, against an origin that answers late, so that as many are in flight
// as can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <deque>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/conformance/child.hpp"
#include "tests/unit/fetch_strategies.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium {
namespace {

using Clock = std::chrono::steady_clock;

// Answers every request after the same time.
class LateOrigin {
 public:
  explicit LateOrigin(Clock::duration late) : late_(late), thread_([this] { serve(); }) {}
  LateOrigin(const LateOrigin&) = delete;
  LateOrigin& operator=(const LateOrigin&) = delete;
  ~LateOrigin() {
    net::ring(over_.get());
    thread_.join();
  }

  [[nodiscard]] std::string url() const {
    return "http://" + net::to_string(net::local_address(listener_.get())) + "/";
  }

 private:
  struct Waiting {
    net::Descriptor connection;
    Clock::time_point due;
  };

  void serve() {
    std::deque<Waiting> all;
    for (;;) {
      const auto left = all.empty() ? net::forever : all.front().due - Clock::now();
      const auto events = net::wait_readable(listener_.get(), over_.get(), left);
      if (events.second) return;
      if (events.first) {
        net::Descriptor connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        all.push_back({std::move(connection), Clock::now() + late_});
      }
      for (; !all.empty() && all.front().due <= Clock::now(); all.pop_front()) {
        answer(all.front().connection.get());
      }
    }
  }

  static void answer(int connection) {
    net::set_receive_timeout(connection, test::patience);
    char byte = 0;
    std::string head;
    while (!head.ends_with("\r\n\r\n") && ::recv(connection, &byte, 1, 0) == 1) head += byte;
    constexpr std::string_view text = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  }

  const Clock::duration late_;
  net::Descriptor listener_ = test::listen_on_loopback(1024);
  net::Descriptor over_ = net::make_event();
  std::thread thread_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

struct Outcome {
  int code = -1;
  std::vector<std::string> results;
  std::vector<std::string> errors;
};

Outcome fetch(int descriptors, const std::vector<std::string>& arguments) {
  const std::string limited = "ulimit -n " + std::to_string(descriptors) + " && exec \"$@\"";
  std::vector<std::string> words{"/bin/sh", "-c", limited, "sh", TRIVIUM_FETCH, "--format", "json"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto ended = conformance::run(words);
  return {.code = ended.status ? ended.status->code : -1,
          .results = lines_of(ended.out),
          .errors = lines_of(ended.err)};
}

using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

class FetchFewDescriptors : public testing::TestWithParam<std::tuple<const char*, int>> {};

// The first number of jobs has lanes for all of them and too little beside, the second has not.
TEST_P(FetchFewDescriptors, AllIsFetchedFewerAtATime) {
  const auto [strategy, jobs] = GetParam();
  const LateOrigin origin(std::chrono::milliseconds(100));
  std::vector<std::string> arguments{"--strategy", strategy, "--jobs", std::to_string(jobs)};
  arguments.insert(arguments.end(), 250, origin.url());
  const Outcome run = fetch(256, arguments);
  EXPECT_EQ(run.code, 0) << testing::PrintToString(run.errors);
  EXPECT_THAT(run.results, SizeIs(250));
  EXPECT_THAT(run.results, Each(HasSubstr(R"("error":null)")));
  // How many, and the summary.
  ASSERT_THAT(run.errors, SizeIs(2));
  EXPECT_THAT(run.errors.front(), HasSubstr(" instead of " + std::to_string(jobs)));
}

INSTANTIATE_TEST_SUITE_P(Strategies, FetchFewDescriptors,
                         testing::Combine(test::fetch_strategies(), testing::Values(100, 200)),
                         [](const auto& row) {
                           return test::plain_name(std::get<0>(row.param)) +
                                  std::to_string(std::get<1>(row.param));
                         });

class FetchNoDescriptors : public testing::TestWithParam<const char*> {};

// Up to where it goes well: a line and the end, or every URL with its result.
TEST_P(FetchNoDescriptors, IsToldAndNoReasonToHang) {
  const LateOrigin origin(Clock::duration::zero());
  bool ended_early = false;
  for (int descriptors = 8;; ++descriptors) {
    ASSERT_LT(descriptors, 64);
    const Outcome run = fetch(descriptors, {"--strategy", GetParam(), "--jobs", "1", "--timeout",
                                            "500ms", origin.url(), origin.url(), origin.url()});
    SCOPED_TRACE(std::to_string(descriptors) + ": " + testing::PrintToString(run.errors));
    if (run.code == 0) break;
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.errors, SizeIs(1));
    EXPECT_THAT(run.results, testing::AnyOf(SizeIs(0), SizeIs(3)));
    ended_early |= run.results.empty();
  }
  EXPECT_TRUE(ended_early);
}

INSTANTIATE_TEST_SUITE_P(Strategies, FetchNoDescriptors, test::fetch_strategies(),
                         [](const auto& row) { return test::plain_name(row.param); });

}  // namespace
}  // namespace trivium
