// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Rejection: lines that are too long, judged at the first byte that makes legality impossible.
#include <string>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

class EchoReject : public EchoTest {
 protected:
  const std::string longest_ = std::string(default_max_line, 'm');
};

TEST_F(EchoReject, ExactlyTheLimitIsLegal) {
  const Requirement requirement{"echo.reject.limit-legal", "E4.1", Level::must,
                                "Content of exactly --max-line bytes is legal, with \\n, with "
                                "\\r\\n, and at end of input."};
  expect_answer(server(), longest_ + "\n\n", longest_ + "\n");
  expect_answer(server(), longest_ + "\r\n\n", longest_ + "\n");
  expect_answer(server(), longest_, longest_ + "\n", Finish::half_close);
}

TEST_F(EchoReject, OneMoreIsNot) {
  const Requirement requirement{"echo.reject.one-more", "E4.2", Level::must,
                                "One byte more is rejected; earlier lines are echoed, later input "
                                "is discarded."};
  expect_answer(server(), "a\nb\n" + longest_ + "x\nc\n\n", "a\nb\n");
}

TEST_F(EchoReject, WithoutWaitingForTheLineEnd) {
  const Requirement requirement{"echo.reject.at-once", "E4.2", Level::must,
                                "A line is rejected at the first byte that makes legality "
                                "impossible, without waiting for its \\n."};
  expect_at_once(server(), [this](Stream& stream) {
    take_head(stream);
    stream.send("a\n" + longest_);
    expect_bytes(stream, "a\n");
    expect_silence(stream);  // It may still become legal.
    const auto start = Clock::now();
    stream.send("x");
    expect_end(stream);
    return since(start);
  });
}

TEST_F(EchoReject, CrAfterTheLimitIsUndecided) {
  const Requirement requirement{"echo.reject.cr-undecided", "E4.2", Level::must,
                                "--max-line bytes and \\r are undecided: \\n makes them legal."};
  auto stream = open(server());
  stream.send(longest_ + "\r");
  expect_silence(stream);
  stream.send("\n");
  expect_bytes(stream, longest_ + "\n");
}

TEST_F(EchoReject, CrAfterTheLimitAndAnotherByte) {
  const Requirement requirement{"echo.reject.cr-then-other", "E4.2", Level::must,
                                "--max-line bytes, \\r and anything but \\n are rejected at that "
                                "byte."};
  for (const char* byte : {"x", "\r"}) {
    auto stream = open(server());
    stream.send(longest_ + "\r");
    expect_silence(stream);
    stream.send(byte);
    expect_end(stream);
  }
}

TEST_F(EchoReject, CrAfterTheLimitAtEndOfInput) {
  const Requirement requirement{"echo.reject.cr-at-end-of-input", "E4.3", Level::must,
                                "A final \\r at end of input is data, so it counts: --max-line "
                                "bytes and \\r are one too many, one byte less is legal."};
  expect_answer(server(), "a\n" + longest_ + "\r", "a\n", Finish::half_close);
  const auto shorter = longest_.substr(1) + "\r";
  expect_answer(server(), shorter, shorter + "\n", Finish::half_close);
}

TEST_F(EchoReject, CrCountsWhereItIsContent) {
  const Requirement requirement{"echo.reject.cr-counts", "E4.3", Level::must,
                                "A \\r that is data counts as content: --max-line less one, \\r "
                                "and \\r\\n are legal, --max-line, \\r and \\r\\n are not."};
  const auto shorter = longest_.substr(1) + "\r";
  expect_answer(server(), shorter + "\r\n\n", shorter + "\n");
  expect_answer(server(), "a\n" + longest_ + "\r\r\nb\n\n", "a\n");
}

TEST_F(EchoReject, HoweverItArrives) {
  const Requirement requirement{"echo.reject.any-cut", "E4.4", Level::must,
                                "The limit does not depend on how the input was cut."};
  const auto half = default_max_line / 2;
  expect_answer_to_pieces(server(), {longest_.substr(0, half), longest_.substr(half), "\n", "\n"},
                          longest_ + "\n");
  expect_answer_to_pieces(server(), {longest_.substr(0, half), longest_.substr(half), "\r", "\n\n"},
                          longest_ + "\n");
  expect_answer_to_pieces(server(),
                          {"a", "\n", longest_.substr(0, half), longest_.substr(half), "x"}, "a\n");
}

TEST_F(EchoReject, LimitCountsFromEachLine) {
  const Requirement requirement{"echo.reject.each-line", "E4.1", Level::must,
                                "The limit is one line's, not the connection's."};
  const auto line = longest_.substr(100) + "\n";
  expect_answer(server(), line + line + line + line + "\n", line + line + line + line);
}

TEST_F(EchoReject, EarlierLinesAreEchoedInFull) {
  const Requirement requirement{"echo.reject.earlier-lines", "E4.5", Level::must,
                                "On rejection all earlier lines are echoed, however many."};
  std::string lines;
  while (lines.size() < (std::size_t{1} << 20)) lines += std::string(777, 'e') + "\n";
  expect_answer(server(), lines + "\xff\n", lines);
  expect_answer(server(), lines + longest_ + "x", lines);
}

// With limits of our own choice, and the reason counted.
class EchoContractReject : public EchoTest {
 protected:
  void expect_counted(const std::string& reason, std::int64_t count) {
    const auto counters = server().settled_counters();
    EXPECT_EQ(counters.closed(reason), count) << reason;
    EXPECT_EQ(counters.closed_in_all(), count);
  }
};

TEST_F(EchoContractReject, SmallestLimit) {
  const Requirement requirement{"echo.reject.max-line-1", "E4.1", Level::must,
                                "--max-line 1: one byte is legal, two are not."};
  use({"--max-line", "1"});
  expect_answer(server(), "a\nb\r\n\r\r\n\n", "a\nb\n\r\n");
  expect_answer(server(), "a\nbb", "a\n");
  expect_answer(server(), "a\n\r\rx", "a\n");
  auto stream = open(server());
  stream.send("\r");
  stream.send("x");
  expect_end(stream);
  stream.close();
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.closed("end"), 1);
  EXPECT_EQ(counters.closed("rejected_too_long"), 3);
}

TEST_F(EchoContractReject, EveryCutAtTheLimit) {
  const Requirement requirement{"echo.reject.limit-any-cut", "E4.4", Level::must,
                                "At the limit, too, nothing depends on how the input was cut."};
  use({"--max-line", "8"});
  expect_answer_however_cut(server(), "12345678\r\n1234567\r\r\n\xe2\x82\xac\xe2\x82\xac..\n\n",
                            "12345678\n1234567\r\n\xe2\x82\xac\xe2\x82\xac..\n");
  expect_answer_however_cut(server(), "12345678\n12345678\rx\n\n", "12345678\n");
}

TEST_F(EchoContractReject, TooLongIsCounted) {
  const Requirement requirement{"echo.reject.counts-too-long", "E4.6", Level::must,
                                "A line that is too long is counted as rejected_too_long."};
  use({"--max-line", "16"});
  expect_answer(server(), "a\n" + std::string(17, 'x'), "a\n");
  expect_counted("rejected_too_long", 1);
}

TEST_F(EchoContractReject, InvalidIsCounted) {
  const Requirement requirement{"echo.reject.counts-utf8", "E4.6", Level::must,
                                "A line that is not UTF-8 is counted as rejected_utf8."};
  use({"--max-line", "16"});
  expect_answer(server(), "a\n\xff\n", "a\n");
  expect_answer(server(), "a\n\xe2\x82", "a\n", Finish::half_close);
  expect_counted("rejected_utf8", 2);
}

TEST_F(EchoContractReject, LengthBeforeUtf8HoweverCut) {
  const Requirement requirement{"echo.reject.length-first", "E4.4", Level::must,
                                "Length is judged before UTF-8, so the reason never depends on how "
                                "the input was cut."};
  use({"--max-line", "8"});
  const std::string bad = "\xff" + std::string(8, 'x') + "\n";
  expect_answer_however_cut(server(), bad, "");
  expect_answer(server(), "\xff" + std::string(8, 'x'), "", Finish::half_close);
  // Whole, byte by byte, a cut at each of the other points, and the last one.
  expect_counted("rejected_too_long", 2 + static_cast<std::int64_t>(bad.size() - 1) + 1);
}

}  // namespace
}  // namespace trivium::conformance
