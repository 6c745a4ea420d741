// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Every answer is taken whole, byte by byte, at every split point and with trailing bytes: the
// result must be the same.
#include "shared/protocol/fetch_session.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "shared/protocol/response_head.hpp"

namespace trivium::protocol {

void PrintTo(const FetchResult& result, std::ostream* out) {
  *out << result.status << ' ' << result.why() << " [" << result.body << "] " << result.bytes;
}

namespace {

using Kind = FetchAction::Kind;

constexpr std::size_t max_body = 32;

// Plays the pieces, then the end of input if the session is still reading.
FetchResult play(const std::vector<std::string_view>& pieces, std::size_t limit = max_body) {
  FetchSession session("host", "/", limit);
  session.written(session.next().bytes.size());
  for (const auto piece : pieces) {
    if (session.next().kind != Kind::read) break;
    session.received(piece);
  }
  if (session.next().kind == Kind::read) session.end_of_input();
  EXPECT_EQ(session.next().kind, Kind::close);
  return session.take_result();
}

FetchResult fetched(int status, std::string body) {
  const auto size = body.size();
  return {.status = status, .body = std::move(body), .bytes = size};
}

struct Answer {
  const char* name;
  std::string bytes;
  FetchResult result;
  bool ends_itself = true;  // whatever comes after it, the result is the same
};

std::ostream& operator<<(std::ostream& out, const Answer& row) {
  return out << row.name;
}

std::string head(std::string_view fields, std::string_view status = "HTTP/1.0 200 OK") {
  return std::string(status) + "\r\n" + std::string(fields) + "\r\n";
}

FetchResult bad(const char* detail, int status = 0) {
  return {.status = status, .error = FetchError::bad_head, .detail = detail};
}

std::vector<Answer> answers() {
  const std::string interim = head("", "HTTP/1.1 100 Continue");
  return {
      {"Length", head("Content-Length: 3\r\n") + "abc", fetched(200, "abc")},
      {"NoLength", head("") + "abc", fetched(200, "abc"), false},
      {"Empty", head("Content-Length: 0\r\n"), fetched(200, "")},
      {"NotFound", head("Content-Length: 2\r\n", "HTTP/1.1 404 No") + "no", fetched(404, "no")},
      {"Moved", head("Content-Length: 0\r\nLocation: /x\r\n", "HTTP/1.0 301 "), fetched(301, "")},
      {"NoContent", head("Content-Length: 5\r\n", "HTTP/1.0 204 No"), fetched(204, "")},
      {"NotModified", head("", "HTTP/1.0 304 No"), fetched(304, "")},
      {"Interim", interim + interim + head("content-LENGTH:3\r\n") + "abc", fetched(200, "abc")},
      {"InterimLength", head("Content-Length: 9\r\n", "HTTP/1.1 103 Early") + head("") + "abc",
       fetched(200, "abc"), false},
      {"SameLengthTwice", head("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc",
       fetched(200, "abc")},
      {"BodyAtTheLimit", head("") + std::string(max_body, 'x'),
       fetched(200, std::string(max_body, 'x')), false},
      {"BodyAboveTheLimit",
       head("") + std::string(max_body + 1, 'x'),
       {.status = 200, .error = FetchError::too_large, .detail = "more than 32", .bytes = 32}},
      {"LengthAboveTheLimit",
       head("Content-Length: 33\r\n"),
       {.status = 200, .error = FetchError::too_large, .detail = "length 33 is above 32"}},
      {"LengthOverflow", head("Content-Length: 18446744073709551619\r\n"),
       bad("bad Content-Length")},
      {"Truncated",
       head("Content-Length: 9\r\n") + "abc",
       {.status = 200, .error = FetchError::truncated, .detail = "3 of 9 bytes came", .bytes = 3},
       false},
      {"NotUtf8",
       head("Content-Length: 3\r\n") + "a\xc0\x80",
       {.status = 200, .error = FetchError::not_utf8, .bytes = 3}},
      {"CutCharacter",
       head("") + "\xe2\x82",
       {.status = 200, .error = FetchError::not_utf8, .bytes = 2},
       false},
      {"ConflictingLengths", head("Content-Length: 3\r\nContent-Length: 4\r\n"),
       bad("multiple Content-Length")},
      {"Chunked", head("Transfer-Encoding: chunked\r\n"),
       bad("Transfer-Encoding in answer to HTTP/1.0")},
      {"Gzip", head("Transfer-Encoding: gzip\r\n"), bad("Transfer-Encoding in answer to HTTP/1.0")},
      {"ChunkedInterim", head("Transfer-Encoding: chunked\r\n", "HTTP/1.1 100 Continue"),
       bad("Transfer-Encoding in answer to HTTP/1.0")},
      {"BareLineFeed", "HTTP/1.0 200 OK\nContent-Length: 3\n\n", bad("bad reason")},
      {"NotHttp", "SSH-2.0", bad("not HTTP")},
      {"OtherVersion", "HTTP/2.0 200 OK\r\n\r\n", bad("not HTTP")},
      {"StatusOfTwoDigits", head("", "HTTP/1.0 99 Odd"), bad("bad status")},
      {"StatusZero", head("", "HTTP/1.0 000 Odd"), bad("bad status")},
      {"BadField", head("No colon\r\n"), bad("bad field")},
      {"BadFieldAndEnd",
       "HTTP/1.0 200 OK\r\nNo colon\r\n",
       {.error = FetchError::truncated, .detail = "the stream ended in the head"},
       false},
      {"Nothing",
       "",
       {.error = FetchError::truncated, .detail = "the stream ended before an answer"},
       false},
      {"HalfAHead",
       "HTTP/1.0 200 OK\r\n\r",
       {.error = FetchError::truncated, .detail = "the stream ended in the head"},
       false},
      {"InterimOnly",
       interim,
       {.error = FetchError::truncated, .detail = "the stream ended before an answer"},
       false},
  };
}

class FetchAnswer : public testing::TestWithParam<Answer> {};

TEST_P(FetchAnswer, Whole) {
  EXPECT_EQ(play({GetParam().bytes}), GetParam().result);
}

TEST_P(FetchAnswer, ByteByByte) {
  const std::string_view bytes = GetParam().bytes;
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  EXPECT_EQ(play(pieces), GetParam().result);
}

TEST_P(FetchAnswer, AtEverySplit) {
  const std::string_view bytes = GetParam().bytes;
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    for (std::size_t j = i; j <= bytes.size(); ++j) {
      ASSERT_EQ(play({bytes.substr(0, i), bytes.substr(i, j - i), bytes.substr(j)}),
                GetParam().result)
          << i << ' ' << j;
    }
  }
}

class FetchAnswerThatEndsItself : public FetchAnswer {};

TEST_P(FetchAnswerThatEndsItself, WithTrailingBytes) {
  const std::string bytes = GetParam().bytes + "\xff\r\n\r\nHTTP/1.0 500 No\r\n\r\n";
  EXPECT_EQ(play({bytes}), GetParam().result);
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    ASSERT_EQ(play({std::string_view(bytes).substr(0, i), std::string_view(bytes).substr(i)}),
              GetParam().result)
        << i;
  }
}

std::vector<Answer> answers_that_end_themselves() {
  std::vector<Answer> rows = answers();
  std::erase_if(rows, [](const Answer& row) { return !row.ends_itself; });
  return rows;
}

std::string name_of(const testing::TestParamInfo<Answer>& row) {
  return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(FetchSession, FetchAnswer, testing::ValuesIn(answers()), name_of);
INSTANTIATE_TEST_SUITE_P(FetchSession, FetchAnswerThatEndsItself,
                         testing::ValuesIn(answers_that_end_themselves()), name_of);

TEST(FetchSession, SendsTheRequestFirst) {
  FetchSession session("host:81", "/a?b", max_body);
  std::string sent;
  while (session.next().kind == Kind::write) {
    sent.push_back(session.next().bytes.front());
    session.written(1);
  }
  EXPECT_EQ(sent, "GET /a?b HTTP/1.0\r\nHost: host:81\r\nUser-Agent: trivium-fetch/" TRIVIUM_VERSION
                  "\r\n\r\n");
  EXPECT_EQ(session.next().kind, Kind::read);
}

TEST(FetchSession, ReadsTheAnswerToARequestThatWasRefused) {
  const std::string answer = head("Content-Length: 3\r\n") + "abc";
  FetchSession session("host", "/", max_body);
  session.write_failed();
  ASSERT_EQ(session.next().kind, Kind::read);
  session.received(answer);
  EXPECT_EQ(session.take_result(), fetched(200, "abc"));
}

TEST(FetchSession, CallsAnEndAfterAFailedWriteAReset) {
  FetchSession session("host", "/", max_body);
  session.write_failed();
  session.received(head("") + "abc");
  session.end_of_input();
  const FetchResult result = session.take_result();
  EXPECT_EQ(result.why(), "connection reset: reading the body");
  EXPECT_EQ(result.bytes, 3U);
  EXPECT_EQ(result.body, "");
}

TEST(FetchSession, NamesThePhase) {
  FetchSession session("host", "/", max_body);
  EXPECT_EQ(session.phase(), "sending the request");
  session.written(session.next().bytes.size());
  EXPECT_EQ(session.phase(), "reading the head");
  session.received(head("Content-Length: 3\r\n"));
  EXPECT_EQ(session.phase(), "reading the body");
  session.abort(FetchError::timed_out, session.phase());
  EXPECT_EQ(session.next().kind, Kind::close);
  const FetchResult result = session.take_result();
  EXPECT_EQ(result.why(), "timed out: reading the body");
  EXPECT_EQ(result.status, 200);
  EXPECT_FALSE(result.ok());
}

// The bound is on all heads together, to the byte, in whatever pieces they come.
TEST(FetchSession, BoundsTheHeads) {
  const std::string interim = head("", "HTTP/1.1 100 Continue");
  const std::string last = head("X: \r\nContent-Length: 1\r\n");
  for (const std::size_t over : {0, 1}) {
    const std::string filler(max_head - interim.size() - last.size() + over, 'x');
    const std::string bytes = interim + head("X: " + filler + "\r\nContent-Length: 1\r\n") + "a";
    for (const std::size_t step : {bytes.size(), std::size_t{1000}, std::size_t{1}}) {
      std::vector<std::string_view> pieces;
      for (std::size_t i = 0; i < bytes.size(); i += step) {
        pieces.push_back(std::string_view(bytes).substr(i, step));
      }
      EXPECT_EQ(play(pieces), over == 0 ? fetched(200, "a") : bad("longer than 64 KiB")) << step;
    }
  }
}

TEST(FetchSession, GivesUpOnEndlessInterimHeads) {
  FetchSession session("host", "/", max_body);
  session.written(session.next().bytes.size());
  const std::string interim = head("", "HTTP/1.1 100 Continue");
  std::size_t taken = 0;
  while (session.next().kind == Kind::read && taken <= 2 * max_head) {
    session.received(interim);
    taken += interim.size();
  }
  EXPECT_LE(taken, max_head + interim.size());
  EXPECT_EQ(session.take_result().error, FetchError::bad_head);
}

}  // namespace
}  // namespace trivium::protocol
