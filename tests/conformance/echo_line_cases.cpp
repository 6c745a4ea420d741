// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Lines: where they end, what their content is, and when they come back.
#include <algorithm>
#include <string>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

class EchoLine : public EchoTest {};

TEST_F(EchoLine, Lf) {
  const Requirement requirement{"echo.line.lf", "E2.1", Level::must,
                                "A line ends in \\n; its content comes back with one \\n."};
  expect_answer(server(), "abc\n\n", "abc\n");
}

TEST_F(EchoLine, CrLf) {
  const Requirement requirement{"echo.line.crlf", "E2.2", Level::must,
                                "One \\r straight before the \\n is not content."};
  expect_answer(server(), "abc\r\nd\n\r\n", "abc\nd\n");
}

TEST_F(EchoLine, CrlfSplitAcrossReads) {
  const Requirement requirement{"echo.line.crlf-split", "E2.2", Level::must,
                                "A \\r\\n that is cut in two ends the line all the same."};
  auto stream = open(server());
  stream.send("abc\r");
  expect_silence(stream);
  stream.send("\n");
  expect_bytes(stream, "abc\n");
  stream.send("\r");
  expect_silence(stream);
  stream.send("\n");
  expect_end(stream);
}

TEST_F(EchoLine, OnlyTheLastCrIsStripped) {
  const Requirement requirement{"echo.line.last-cr", "E2.3", Level::must,
                                "Less one \\r straight before the \\n; any other \\r is data."};
  expect_answer(server(), "a\r\r\nb\r\r\r\n\n", "a\r\nb\r\r\n");
}

TEST_F(EchoLine, CrElsewhereIsData) {
  const Requirement requirement{"echo.line.cr-data", "E2.3", Level::must,
                                "A \\r that does not stand before the \\n is data."};
  expect_answer(server(), "a\rb\n\rc\n\r\rd\r\n\n", "a\rb\n\rc\n\r\rd\n");
}

TEST_F(EchoLine, CrCrLfIsALineOfOneCr) {
  const Requirement requirement{"echo.line.cr-cr-lf", "E2.3", Level::must,
                                "\\r\\r\\n is a line of one \\r, not an empty one."};
  expect_answer(server(), "\r\r\nx\n\n", "\r\nx\n");
}

TEST_F(EchoLine, EchoedAsSoonAsComplete) {
  const Requirement requirement{"echo.line.at-once", "E2.4", Level::must,
                                "The answer is sent as soon as the line is complete."};
  expect_at_once(server(), [](Stream& stream) {
    take_head(stream);
    milliseconds slowest{0};
    for (int i = 0; i < 50 && !HasFailure(); ++i) {
      const auto start = Clock::now();
      expect_echo(stream, "line " + std::to_string(i));
      slowest = std::max(slowest, since(start));
    }
    return slowest;
  });
}

TEST_F(EchoLine, PartialLineWaits) {
  const Requirement requirement{"echo.line.partial", "E2.4", Level::must,
                                "Bytes without their \\n are not answered until the line is "
                                "complete."};
  auto stream = open(server());
  stream.send("ab");
  expect_silence(stream);
  stream.send("c");
  expect_silence(stream);
  stream.send("\n");
  expect_bytes(stream, "abc\n");
}

TEST_F(EchoLine, CompleteLinesDoNotWaitForAPartialOne) {
  const Requirement requirement{"echo.line.partial-behind", "E2.4", Level::must,
                                "Complete lines are answered while a later one is still partial."};
  expect_at_once(server(), [](Stream& stream) {
    take_head(stream);
    const auto start = Clock::now();
    stream.send("one\ntwo\nthr");
    expect_bytes(stream, "one\ntwo\n");
    const auto took = since(start);
    expect_silence(stream);
    stream.send("ee\n");
    expect_bytes(stream, "three\n");
    return took;
  });
}

TEST_F(EchoLine, PipelinedInOrder) {
  const Requirement requirement{"echo.line.pipelined", "E2.5", Level::must,
                                "Every line with content is answered, in order."};
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += "line number " + std::to_string(i) + "\n";
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoLine, BlanksAndControlsAreContent) {
  const Requirement requirement{"echo.line.blanks", "E2.1", Level::must,
                                "A line of blanks or control bytes has content, and comes back "
                                "unchanged."};
  const std::string lines{" \n\t\n  a  \n\x01\x1b\x7f\n\v\f\n@\n#\n%s%n\n"};
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoLine, HoweverTheInputIsCut) {
  const Requirement requirement{"echo.line.any-cut", "E2.6", Level::must,
                                "The answer does not depend on how the input was cut: whole, byte "
                                "by byte, and at every point."};
  expect_answer_however_cut(server(), "ab\r\n\r\r\nc\rd\n\xc3\xa9\xe2\x82\xac\n\r\nlate\n",
                            "ab\n\r\nc\rd\n\xc3\xa9\xe2\x82\xac\n");
}

TEST_F(EchoLine, HoweverTheInputIsCutBeforeItsEnd) {
  const Requirement requirement{"echo.line.any-cut-eof", "E2.6", Level::must,
                                "The same where the input ends without an empty line."};
  expect_answer_however_cut(server(), "a\r\nb\nlast\r", "a\nb\nlast\r\n", Finish::half_close);
}

TEST_F(EchoLine, EveryLength) {
  const Requirement requirement{"echo.line.lengths", "E2.1", Level::must,
                                "Lines of every legal length come back unchanged."};
  std::string lines;
  for (std::size_t power = 1; power <= default_max_line; power *= 2) {
    for (const std::size_t length : {power - 1, power, power + 1}) {
      if (length == 0 || length > default_max_line) continue;
      std::string line;
      while (line.size() < length) line += std::to_string(line.size()) + '.';
      lines += line.substr(0, length) + "\n";
    }
  }
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoLine, ALongExchange) {
  const Requirement requirement{"echo.line.long-exchange", "E2.5", Level::must,
                                "An exchange of many megabytes comes back whole and in order."};
  std::string lines;
  for (int i = 0; lines.size() < (std::size_t{8} << 20); ++i) {
    lines += std::to_string(i) + std::string(static_cast<std::size_t>(i % 997), 'x') + "\n";
  }
  expect_answer(server(), lines + "\n", lines);
}

}  // namespace
}  // namespace trivium::conformance
