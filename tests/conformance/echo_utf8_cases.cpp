// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// UTF-8: what a line may hold (RFC 3629, section 4), and when it is judged.
#include <string>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

using namespace std::string_literals;

class EchoUtf8 : public EchoTest {
 protected:
  // The line before is echoed, the bad one and what follows is not.
  void expect_rejected(const std::vector<std::string>& bad) {
    for (const auto& content : bad) {
      SCOPED_TRACE("content: " + escaped(content));
      expect_answer(server(), "before\n" + content + "\nafter\n\n", "before\n");
      if (HasFailure()) return;
    }
  }
};

TEST_F(EchoUtf8, TheWholeLegalRange) {
  const Requirement requirement{"echo.utf8.legal", "E5.1; RFC 3629, section 4", Level::must,
                                "Well-formed UTF-8 is legal up to each limit of each form."};
  const std::string lines{
      "\x01\n\x7f\n"                          // one byte
      "\xc2\x80\n\xdf\xbf\n"                  // two: U+0080, U+07FF
      "\xe0\xa0\x80\n\xef\xbf\xbf\n"          // three: U+0800, U+FFFF
      "\xed\x9f\xbf\n\xee\x80\x80\n"          // around the surrogates
      "\xf0\x90\x80\x80\n\xf4\x8f\xbf\xbf\n"  // four: U+10000, U+10FFFF
      "a\xc3\xa9z\xe2\x82\xac\xf0\x9f\x98\x80\n"};
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoUtf8, NulAndBomAreData) {
  const Requirement requirement{"echo.utf8.nul-bom", "E5.2", Level::must, "NUL and BOM are data."};
  const auto lines = "\0\na\0b\n\xef\xbb\xbf\n\xef\xbb\xbfx\n"s;
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoUtf8, SequenceCutAcrossReads) {
  const Requirement requirement{"echo.utf8.cut", "E5.1; RFC 3629, section 4", Level::must,
                                "A sequence that is cut across reads is as legal as a whole one."};
  expect_answer_however_cut(server(), "\xe2\x82\xac\xf0\x9f\x98\x80\n\n",
                            "\xe2\x82\xac\xf0\x9f\x98\x80\n");
}

TEST_F(EchoUtf8, OverlongForms) {
  const Requirement requirement{"echo.utf8.overlong", "E5.3; RFC 3629, section 3", Level::must,
                                "No overlong form is legal."};
  expect_rejected({"\xc0\x80", "\xc1\xbf", "\xc0\xaf", "\xe0\x80\x80", "\xe0\x9f\xbf",
                   "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf"});
}

TEST_F(EchoUtf8, Surrogates) {
  const Requirement requirement{"echo.utf8.surrogate", "E5.3; RFC 3629, section 3", Level::must,
                                "No surrogate is legal."};
  expect_rejected(
      {"\xed\xa0\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80"});
}

TEST_F(EchoUtf8, BeyondTheRange) {
  const Requirement requirement{"echo.utf8.range", "E5.3; RFC 3629, section 3", Level::must,
                                "Nothing above U+10FFFF is legal."};
  expect_rejected({"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf7\xbf\xbf\xbf",
                   "\xf8\x88\x80\x80\x80", "\xfe", "\xff"});
}

TEST_F(EchoUtf8, BrokenSequences) {
  const Requirement requirement{"echo.utf8.broken", "E5.3; RFC 3629, section 4", Level::must,
                                "A lone continuation byte or a truncated sequence is not legal."};
  expect_rejected({"\x80", "\xbf", "a\x80z", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3z",
                   "\xe2\x82z", "\xf0\x9f\x98z", "\xc3\xc3\xa9", "\xc3\xa9\xa9"});
}

TEST_F(EchoUtf8, TruncatedByTheLineEnd) {
  const Requirement requirement{"echo.utf8.truncated-crlf", "E5.3; RFC 3629, section 4",
                                Level::must, "A sequence does not go on over the end of its line."};
  expect_answer(server(), "ok\n\xe2\x82\r\n\xac\n\n", "ok\n");
  expect_answer(server(), "ok\n\xe2\x82\n\xac\n\n", "ok\n");
}

TEST_F(EchoUtf8, JudgedOnTheCompleteLine) {
  const Requirement requirement{"echo.utf8.complete-line", "E5.4", Level::must,
                                "UTF-8 is judged on the complete line, so a partial one is not "
                                "rejected for it."};
  auto stream = open(server());
  stream.send("ok\n\xff\xfe");
  expect_bytes(stream, "ok\n");
  expect_silence(stream);
  stream.send("\n");
  expect_end(stream);
}

TEST_F(EchoUtf8, InvalidLastLineWithoutItsEnd) {
  const Requirement requirement{"echo.utf8.at-end-of-input", "E5.4", Level::must,
                                "Bytes left over at end of input are a line, and are judged as "
                                "one."};
  expect_answer(server(), "ok\n\xe2\x82", "ok\n", Finish::half_close);
}

TEST_F(EchoUtf8, RejectedHoweverCut) {
  const Requirement requirement{"echo.utf8.reject-any-cut", "E5.4", Level::must,
                                "What is echoed before a rejection does not depend on how the "
                                "input was cut."};
  expect_answer_however_cut(server(), "a\nb\r\n\xe2\x28\xa1\nc\n\n", "a\nb\n");
}

}  // namespace
}  // namespace trivium::conformance
