// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The head: what a server says before it has heard anything.
#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

class EchoHead : public EchoTest {};

TEST_F(EchoHead, SentBeforeAnyByte) {
  const Requirement requirement{"echo.head.before-input", "E1.1", Level::must,
                                "On accept, before it has read a byte, the server sends the head."};
  expect_at_once(server(), [](Stream& stream) {
    const auto start = Clock::now();
    expect_bytes(stream, head);
    return since(start);
  });
}

TEST_F(EchoHead, NothingFollowsUntilALine) {
  const Requirement requirement{"echo.head.exact", "E1.2", Level::must,
                                "The head is exactly the status line, Content-Type, and an empty "
                                "line; after it the server waits."};
  auto stream = open(server());
  expect_silence(stream);
}

TEST_F(EchoHead, SentToAClientThatEndsAtOnce) {
  const Requirement requirement{
      "echo.head.at-end-of-input", "E1.1", Level::must,
      "A client that sends nothing but its end gets the head and an end."};
  expect_answer(server(), "", "", Finish::half_close);
}

TEST_F(EchoHead, HttpClientGetsItsOwnRequestHead) {
  const Requirement requirement{"echo.head.http-client", "E1.3", Level::must,
                                "An HTTP client's answer is the head, and its own request head as "
                                "the body, up to the empty line."};
  expect_answer(server(), "GET /x HTTP/1.0\r\nHost: a\r\nAccept: */*\r\n\r\n",
                "GET /x HTTP/1.0\nHost: a\nAccept: */*\n");
}

}  // namespace
}  // namespace trivium::conformance
