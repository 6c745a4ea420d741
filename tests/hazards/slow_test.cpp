// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Clients that dribble, do not read, or say nothing: they hold a unit each, and so hold up others
// where units are few; until their time is up.
#include <functional>
#include <string>
#include <vector>

#include "tests/hazards/hazard_test.hpp"

namespace trivium::hazards {
namespace {

class Slow : public HazardTest {
 protected:
  // How many such clients are in nobody's way; one more than what this says waits.
  [[nodiscard]] static std::size_t room() {
    return contender().sequential() ? 1 : contender().blocking_pool() ? 2 : 0;
  }

  // Opens as many slow clients as hold a pool of 2; then expects of one more what its model
  // promises: that it is served, or that it waits until `end_it` has ended the slow ones.
  void expect_what_the_model_promises(const std::function<void(Stream&)>& be_slow,
                                      const std::function<void(Stream&)>& end_it) {
    std::vector<Stream> slow;
    const std::size_t count = room() == 0 ? 2 : room();
    for (std::size_t i = 0; i < count; ++i) {
      slow.push_back(open());
      be_slow(slow.back());
    }
    auto healthy = connect();
    if (room() == 0) {
      expect_bytes(healthy, conformance::head);
      expect_echo(healthy, "served");
      healthy.close();
      for (auto& one : slow) end_it(one);
    } else {
      expect_to_wait_until(healthy, [&] {
        for (auto& one : slow) end_it(one);
      });
      expect_echo(healthy, "served");
      healthy.close();
    }
    slow.clear();
    closed_ = static_cast<std::int64_t>(count);
  }

  std::int64_t closed_ = 0;
};

TEST_P(Slow, ASenderIsEndedByItsLinesDeadlineHoweverSteadyItIs) {
  serve({"--workers", "2", "--line-timeout", "1s"});
  expect_what_the_model_promises(
      [](Stream& stream) {
        expect_echo(stream, "a quick line");
        stream.send("and a");
      },
      [](Stream& stream) {
        // A byte now and then: it is never idle.
        while (!stream.readable(milliseconds{20}) && stream.send("a")) {
        }
        expect_end(stream);
      });
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.closed("line_timeout"), closed_);
  EXPECT_EQ(counters.closed("eof"), 1);
  EXPECT_TRUE(counters.balanced());
}

TEST_P(Slow, ALineInTimeIsNotTheDeadlines) {
  serve({"--workers", "2", "--line-timeout", "400ms"});
  auto stream = open();
  const auto begin = Clock::now();
  // Together they take far longer than one of them may, and between them is silence.
  while (conformance::since(begin) < milliseconds{1200}) {
    stream.send("in two ");
    EXPECT_FALSE(stream.readable(milliseconds{10}));
    stream.send("pieces\n");
    expect_bytes(stream, "in two pieces\n");
    expect_echo(stream, "@sleep 150ms");
  }
  stream.send("left over");
  stream.finish();
  expect_end(stream, "left over\n");
  EXPECT_EQ(server().settled_counters().closed("line_timeout"), 0);
}

TEST_P(Slow, AReaderIsEndedByTheIdleTimeout) {
  serve({"--workers", "2", "--idle-timeout", room() == 0 ? "1500ms" : "3s"});
  expect_what_the_model_promises(
      [](Stream& stream) {
        (void)conformance::send_until_blocked(stream, std::string(8191, 'w') + "\n",
                                              std::size_t{96} << 20);
      },
      [](Stream& stream) { EXPECT_NE(stream.receive_to_end().end, End::timeout); });
  EXPECT_EQ(server().settled_counters().closed("idle"), closed_);
}

TEST_P(Slow, AHoarderIsEndedByTheIdleTimeout) {
  if (contender().connection == "split") GTEST_SKIP() << "as in loop: nothing is written";
  serve({"--workers", "2", "--idle-timeout", "1500ms"});
  expect_what_the_model_promises([](Stream&) {}, [](Stream& stream) { expect_end(stream); });
  EXPECT_EQ(server().settled_counters().closed("idle"), closed_);
}

INSTANTIATE_TEST_SUITE_P(All, Slow, testing::ValuesIn(all_contenders()), test_name);

}  // namespace
}  // namespace trivium::hazards
