// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The end of an exchange: the empty line, and the end of input.
#include <string>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

class EchoEnd : public EchoTest {};

TEST_F(EchoEnd, EmptyLine) {
  const Requirement requirement{"echo.end.empty-line", "E3.1", Level::must,
                                "A line without content ends the exchange."};
  expect_answer(server(), "\n", "");
  expect_answer(server(), "a\n\n", "a\n");
}

TEST_F(EchoEnd, EmptyCrlfLine) {
  const Requirement requirement{"echo.end.empty-crlf", "E3.1", Level::must,
                                "\\r\\n alone is a line without content."};
  expect_answer(server(), "\r\n", "");
  expect_answer(server(), "a\r\n\r\n", "a\n");
}

TEST_F(EchoEnd, TheServerClosesFirst) {
  const Requirement requirement{"echo.end.server-closes", "E3.2", Level::must,
                                "After the empty line the server closes, at once; it does not "
                                "wait for the client to do so."};
  expect_at_once(server(), [](Stream& stream) {
    take_head(stream);
    expect_echo(stream, "a");
    const auto start = Clock::now();
    stream.send("\n");
    expect_end(stream);
    return since(start);
  });
}

TEST_F(EchoEnd, LaterInputIsIgnored) {
  const Requirement requirement{"echo.end.later-input", "E3.3", Level::must,
                                "Input after the empty line is ignored, legal or not."};
  expect_answer(server(), "a\n\nb\n\nc\n", "a\n");
  expect_answer(server(), "a\n\n\xff\n", "a\n");
  expect_answer(server(), "a\n\nb", "a\n", Finish::half_close);
}

TEST_F(EchoEnd, EverythingOwedIsSent) {
  const Requirement requirement{"echo.end.owed", "E3.2", Level::must,
                                "At the empty line everything owed is sent, then the server "
                                "closes."};
  std::string lines;
  while (lines.size() < (std::size_t{2} << 20)) lines += std::string(999, 'o') + "\n";
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoEnd, EndOfInputAfterALine) {
  const Requirement requirement{"echo.end.eof", "E3.4", Level::must,
                                "At end of input with nothing left over the server closes."};
  expect_answer(server(), "a\nb\r\n", "a\nb\n", Finish::half_close);
}

TEST_F(EchoEnd, LeftOverBytesAreALine) {
  const Requirement requirement{"echo.end.left-over", "E3.4", Level::must,
                                "At end of input the bytes left over are a line as they stand."};
  expect_answer(server(), "abc", "abc\n", Finish::half_close);
  expect_answer(server(), "a\nbc", "a\nbc\n", Finish::half_close);
}

TEST_F(EchoEnd, LeftOverCrIsData) {
  const Requirement requirement{"echo.end.left-over-cr", "E3.4", Level::must,
                                "A final \\r at end of input is data: abc\\r gives abc\\r\\n."};
  expect_answer(server(), "abc\r", "abc\r\n", Finish::half_close);
  expect_answer(server(), "\r", "\r\n", Finish::half_close);
  expect_answer(server(), "abc\r\r", "abc\r\r\n", Finish::half_close);
}

TEST_F(EchoEnd, HalfCloseGetsEverything) {
  const Requirement requirement{"echo.end.half-close", "E3.5", Level::must,
                                "A client that closes its sending half still gets all that it is "
                                "owed."};
  std::string lines;
  while (lines.size() < (std::size_t{2} << 20)) lines += std::string(1000, 'h') + "\n";
  expect_answer(server(), lines + "tail", lines + "tail\n", Finish::half_close);
}

TEST_F(EchoEnd, HalfCloseReadLater) {
  const Requirement requirement{"echo.end.half-close-late", "E3.5", Level::must,
                                "The same where the client reads only after its half-close."};
  std::string lines;
  while (lines.size() < 50'000) lines += "a line that is read late\n";
  auto stream = server().connect();
  ASSERT_TRUE(stream.send(lines));
  stream.finish();
  expect_end(stream, std::string{head} + lines);
}

}  // namespace
}  // namespace trivium::conformance
