// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/reply_checker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "shared/load/message.hpp"

namespace trivium::load {
namespace {

using Verdict = Step::Verdict;
using End = ReplyChecker::End;

std::string head_and_line(std::size_t line_bytes, std::uint32_t connection, std::uint64_t number) {
  Message message(line_bytes);
  message.stamp(connection, number);
  return std::string(message.head_and_line());
}

/// Feeds a stream in pieces, as a connection in churn does, and says whether it passed: complete at
/// its end, and nowhere wrong.
bool passes(std::string_view answer, const std::vector<std::string_view>& pieces) {
  ReplyChecker checker;
  checker.start_stream();
  for (const auto piece : pieces) {
    const Step step = checker.feed(answer, piece);
    // What is over after the answer is surplus here.
    if (step.verdict == Verdict::wrong || step.used != piece.size()) return false;
  }
  return checker.position(answer.size()) == End::after;
}

/// The same for the stream as a whole, byte by byte, and in two pieces cut everywhere. Fails the
/// test where the answers differ.
bool passes_however_cut(std::string_view answer, std::string_view stream) {
  const bool whole = passes(answer, {stream});
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
  EXPECT_EQ(passes(answer, bytes), whole);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EXPECT_EQ(passes(answer, {stream.substr(0, cut), stream.substr(cut)}), whole) << cut;
  }
  return whole;
}

TEST(LoadReplyChecker, AcceptsTheRightBytesAtEveryCut) {
  for (const std::size_t line_bytes : {1U, 15U, 16U, 64U}) {
    const std::string answer = head_and_line(line_bytes, 3, 70);
    EXPECT_TRUE(passes_however_cut(answer, answer));
  }
}

TEST(LoadReplyChecker, AcceptsEveryCutInThreePieces) {
  const std::string answer = head_and_line(16, 3, 70);
  const std::string_view all = answer;
  for (std::size_t a = 0; a <= all.size(); ++a) {
    for (std::size_t b = a; b <= all.size(); ++b) {
      ASSERT_TRUE(passes(all, {all.substr(0, a), all.substr(a, b - a), all.substr(b)}));
    }
  }
}

TEST(LoadReplyChecker, CatchesEveryFlippedBit) {
  const std::string answer = head_and_line(20, 1, 2);
  for (std::size_t at = 0; at < answer.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = answer;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      ASSERT_FALSE(passes(answer, {flipped})) << at << " " << bit;
    }
    std::string flipped = answer;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    EXPECT_FALSE(passes_however_cut(answer, flipped));
  }
}

TEST(LoadReplyChecker, CatchesEveryMissingByte) {
  const std::string answer = head_and_line(80, 1, 2);
  for (std::size_t at = 0; at < answer.size(); ++at) {
    std::string missing = answer;
    missing.erase(at, 1);
    EXPECT_FALSE(passes_however_cut(answer, missing)) << at;
  }
}

TEST(LoadReplyChecker, CatchesEverySurplusByte) {
  const std::string answer = head_and_line(20, 1, 2);
  for (std::size_t at = 0; at <= answer.size(); ++at) {
    for (const char byte : {'\n', 'x', '\0', answer[std::min(at, answer.size() - 1)]}) {
      std::string surplus = answer;
      surplus.insert(at, 1, byte);
      EXPECT_FALSE(passes_however_cut(answer, surplus)) << at;
    }
  }
}

TEST(LoadReplyChecker, CatchesEveryPairOfNeighboursInTheWrongOrder) {
  const std::string answer = head_and_line(200, 1, 2);
  for (std::size_t at = 0; at + 1 < answer.size(); ++at) {
    if (answer[at] == answer[at + 1]) continue;
    std::string swapped = answer;
    std::swap(swapped[at], swapped[at + 1]);
    ASSERT_FALSE(passes(answer, {swapped})) << at;
  }
}

TEST(LoadReplyChecker, CatchesAnotherConnectionsAndAnotherNumbersAnswer) {
  for (const std::size_t line_bytes : {2U, 16U, 64U}) {
    const std::string answer = head_and_line(line_bytes, 5, 9);
    EXPECT_FALSE(passes(answer, {head_and_line(line_bytes, 6, 9)}));
    EXPECT_FALSE(passes(answer, {head_and_line(line_bytes, 5, 10)}));
    EXPECT_FALSE(passes(answer, {head_and_line(line_bytes, 9, 5)}));
  }
}

TEST(LoadReplyChecker, ChecksOneAnswerAfterTheOtherInOrder) {
  Message message(64);
  ReplyChecker checker;
  checker.start_stream();
  ASSERT_EQ(checker.feed(Message::head, Message::head).verdict, Verdict::complete);
  for (std::uint64_t number = 0; number < 100; ++number) {
    checker.start_answer();
    message.stamp(1, number);
    EXPECT_EQ(checker.position(message.line().size()), End::before);
    EXPECT_EQ(checker.feed(message.line(), message.line().substr(0, 5)).verdict, Verdict::more);
    EXPECT_EQ(checker.position(message.line().size()), End::inside);
    EXPECT_EQ(checker.feed(message.line(), message.line().substr(5)).verdict, Verdict::complete);
    EXPECT_EQ(checker.position(message.line().size()), End::after);
  }
  // The answer after next instead of the next.
  checker.start_answer();
  message.stamp(1, 101);
  const std::string early(message.line());
  message.stamp(1, 100);
  EXPECT_EQ(checker.feed(message.line(), early).verdict, Verdict::wrong);
}

TEST(LoadReplyChecker, LeavesWhatFollowsAnAnswerToTheNext) {
  ReplyChecker checker;
  checker.start_stream();
  const Step first = checker.feed("abc\n", "abc\ndef\n");
  EXPECT_EQ(first.verdict, Verdict::complete);
  EXPECT_EQ(first.used, 4U);
  checker.start_answer();
  EXPECT_EQ(checker.feed("def\n", "def\n").verdict, Verdict::complete);
  EXPECT_EQ(checker.offset(), 8U);
}

TEST(LoadReplyChecker, TellsWhereAStreamEnded) {
  ReplyChecker checker;
  checker.start_stream();
  EXPECT_EQ(checker.position(4), End::before);
  ASSERT_EQ(checker.feed("abc\n", "abc").verdict, Verdict::more);
  EXPECT_EQ(checker.position(4), End::inside);
  ASSERT_EQ(checker.feed("abc\n", "\n").verdict, Verdict::complete);
  EXPECT_EQ(checker.position(4), End::after);
}

TEST(LoadReplyChecker, DescribesTheFirstByteThatDiffers) {
  ReplyChecker checker;
  checker.start_stream();
  ASSERT_EQ(checker.feed("abc\n", "abc\n").verdict, Verdict::complete);
  checker.start_answer();
  ASSERT_EQ(checker.feed("def\n", "d").verdict, Verdict::more);
  ASSERT_EQ(checker.feed("def\n", "e\r\n").verdict, Verdict::wrong);
  const Fault fault = checker.describe("def\n", "e\r\n");
  EXPECT_EQ(fault.offset, 6U);
  EXPECT_EQ(fault.expected, "\"f\\n\"");
  EXPECT_EQ(fault.got, "\"\\r\\n\"");
  const Fault ended = checker.describe("def\n", {});
  EXPECT_EQ(ended.offset, 5U);
  EXPECT_EQ(ended.expected, "\"ef\\n\"");
  EXPECT_EQ(ended.got, "end of stream");
}

TEST(LoadReplyChecker, QuotesForATerminal) {
  EXPECT_EQ(escaped(std::string("a\t\"\\\0\x1b\xff", 7)), R"("a\t\"\\\x00\x1b\xff")");
  EXPECT_EQ(escaped(std::string(33, 'x')), "\"" + std::string(32, 'x') + "\"...");
}

}  // namespace
}  // namespace trivium::load
