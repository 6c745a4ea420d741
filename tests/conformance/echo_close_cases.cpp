// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Closing: the server's FIN comes at once, and no reset may overtake the answer.
#include <algorithm>
#include <string>
#include <thread>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

constexpr std::size_t tail_size = 1000 * 1024;  // below the 1 MiB that a closing server drains

class EchoClose : public EchoTest {
 protected:
  // The window is small and the tail is on its way, so that a part of the answer is still unsent
  // when the server closes: without a lingering close its reset would destroy that part.
  void expect_answer_in_spite_of_tail(const std::string& input, const std::string& body,
                                      Finish finish) {
    const auto due = std::string{head} + body;
    for (int round = 0; round < 5 && !HasFailure(); ++round) {
      judge_a_quick_attempt([&] {
        auto stream = server().connect(Deadline{}, 4096);
        const auto start = Clock::now();
        const auto got =
            stream.exchange(input + std::string(tail_size, 't'), finish == Finish::half_close);
        // After 2 s, which begin after `start`, a reset is right.
        if (got.end == End::reset && since(start) >= linger_time) return false;
        judge_data(got.data, due, "");
        judge_close(to_string(got.end), to_string(End::fin));
        return true;
      });
    }
  }

  std::string answer() const {
    std::string lines;
    while (lines.size() < 48 * 1024) lines += "an answer that must not be overtaken\n";
    return lines;
  }
};

TEST_F(EchoClose, TailAfterTheEmptyLine) {
  const Requirement requirement{"echo.close.tail-after-end", "E6.2", Level::must,
                                "Within 1 MiB of later input no reset overtakes the answer."};
  expect_answer_in_spite_of_tail(answer() + "\n", answer(), Finish::no);
  expect_answer_in_spite_of_tail(answer() + "\n", answer(), Finish::half_close);
}

TEST_F(EchoClose, TailAfterARejection) {
  const Requirement requirement{"echo.close.tail-after-rejection", "E6.2", Level::must,
                                "The same holds where the server closes for a rejection."};
  expect_answer_in_spite_of_tail(answer() + "\xff\n", answer(), Finish::no);
  expect_answer_in_spite_of_tail(answer() + std::string(default_max_line + 1, 'l'), answer(),
                                 Finish::half_close);
}

TEST_F(EchoClose, FinComesAtOnce) {
  const Requirement requirement{"echo.close.fin-first", "E6.1", Level::must,
                                "A lingering close sends FIN first, and drains after that."};
  constexpr milliseconds bound = linger_time * 3 / 4;
  const auto quickest = least_of_three(bound, [&] {
    auto stream = open(server());
    const auto start = Clock::now();
    stream.send("\n");
    expect_end(stream);
    return since(start);
  });
  EXPECT_LT(quickest, bound);
}

TEST_F(EchoClose, LateInputIsNotReset) {
  const Requirement requirement{"echo.close.late-input", "E6.2", Level::must,
                                "Input that comes after the server's FIN is drained, not reset."};
  judge_a_quick_attempt([&] {
    auto stream = open(server());
    const auto start = Clock::now();
    stream.send("\n");
    expect_end(stream);
    bool taken = true;
    for (int i = 0; i < 10; ++i) {
      taken = stream.send(std::string(tail_size / 10, 'l')) && taken;
      std::this_thread::sleep_for(milliseconds{5});
    }
    const auto end = stream.receive(1).end;
    // After 2 s, which begin after `start`, a reset is right.
    if (since(start) >= linger_time) return false;
    EXPECT_TRUE(taken);
    judge_close(to_string(end), to_string(End::fin));
    return true;
  });
}

TEST_F(EchoClose, DrainsForTwoSeconds) {
  const Requirement requirement{"echo.close.two-seconds", "E6.3", Level::must,
                                "A closing server drains for 2 s, however the client dribbles, "
                                "and then lets go."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  constexpr milliseconds bound = 2 * linger_time;
  const auto quickest = least_of_three(bound, [&] {
    auto stream = open(server());
    const auto start = Clock::now();
    stream.send("\n");
    expect_end(stream);
    const auto is_reset = [&] {
      std::this_thread::sleep_for(milliseconds{20});
      return stream.send_some("d") < 0;
    };
    EXPECT_TRUE(poll_until(is_reset, Deadline{linger_time + patience}))
        << "the connection is still there";
    const auto lasted = since(start);
    EXPECT_GT(lasted, linger_time - milliseconds{100});
    return lasted;
  });
  EXPECT_LT(quickest, bound);
}

TEST_F(EchoClose, DrainsNoMoreThanItsBound) {
  const Requirement requirement{"echo.close.one-mebibyte", "E6.3", Level::must,
                                "A closing server drains 1 MiB at most: who goes on sending is "
                                "let go."};
  // Far more than that; what the kernels hold beside it grows only while it is read.
  constexpr std::size_t far_more = std::size_t{16} << 20;
  auto stream = open(server());
  stream.send("\n");
  expect_end(stream);
  const std::string block(std::size_t{64} << 10, 'm');
  std::size_t sent = 0;
  bool let_go = false;
  for (const Deadline deadline; sent < far_more && !let_go && !deadline.expired();) {
    const long count = stream.send_some(block);
    let_go = count < 0;
    if (count > 0) sent += static_cast<std::size_t>(count);
    if (count == 0) std::this_thread::sleep_for(milliseconds{1});
  }
  EXPECT_TRUE(let_go) << "it took " << sent << " bytes";
}

}  // namespace
}  // namespace trivium::conformance
