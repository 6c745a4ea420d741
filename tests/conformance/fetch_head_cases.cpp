// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Response heads: those that are right, those that may be taken either way, and those that are not.
#include "tests/conformance/fetch_runner.hpp"

namespace trivium::conformance {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t endless = 64 * mebibyte;
// What the kernel's buffers hold on both sides, and the head that a client may keep.
constexpr std::uint64_t bounded = 16 * mebibyte;

const char* const bad = "bad head";
// Before the head is complete nobody can say what the stream lacks: both words serve.
const std::vector<std::string> cut_short = {"bad head", "truncated"};

std::string head(std::string_view fields, std::string_view status = "HTTP/1.0 200 OK") {
  return std::string(status) + "\r\n" + std::string(fields) + "\r\n";
}

std::string many_fields(int count) {
  std::string fields;
  for (int i = 0; i < count; ++i) fields += "X-Field-" + std::to_string(i) + ": value\r\n";
  return fields;
}

Script bytes(std::string text) {
  return Script(std::move(text));
}

Script held(std::string text) {
  return Script(std::move(text)).stall();
}

std::vector<AnswerCase> right_heads() {
  const std::string ok = "Content-Length: 3\r\n";
  return {
      {"fetch.head.no-fields", "F3.1; RFC 9112, section 2", "A head may have no field at all.",
       bytes(head("") + "abc"), fetched("abc")},
      {"fetch.head.version-1-1", "F3.1; RFC 9112, section 2", "An HTTP/1.1 answer is taken.",
       held(head(ok + "Connection: keep-alive\r\n", "HTTP/1.1 200 OK") + "abc"), fetched("abc")},
      {"fetch.head.empty-reason", "F3.1; RFC 9112, section 2", "The reason may be empty.",
       bytes(head(ok, "HTTP/1.0 200 ") + "abc"), fetched("abc")},
      {"fetch.head.reason-words", "F3.1; RFC 9112, section 2", "The reason may be several words.",
       bytes(head(ok, "HTTP/1.0 200 All is well (really)") + "abc"), fetched("abc")},
      {"fetch.head.name-case", "F3.1; RFC 9112, section 2",
       "Names of fields are the same in any case.", held(head("cOnTeNt-LeNgTh: 3\r\n") + "abc"),
       fetched("abc")},
      {"fetch.head.blanks", "F3.1; RFC 9112, section 2",
       "Blanks around a value do not belong to it.",
       held(head("Content-Length: \t 3 \t \r\n") + "abc"), fetched("abc")},
      {"fetch.head.no-blanks", "F3.1; RFC 9112, section 2", "No blank is needed after the colon.",
       held(head("Content-Length:3\r\n") + "abc"), fetched("abc")},
      {"fetch.head.leading-zeros", "F3.1; RFC 9112, section 2", "A length may have leading zeros.",
       held(head("Content-Length: 0003\r\n") + "abc"), fetched("abc")},
      {"fetch.head.many-fields", "F3.1; RFC 9112, section 2", "A hundred fields are a legal head.",
       held(head(many_fields(100) + ok) + "abc"), fetched("abc")},
      {"fetch.head.long-field", "F3.1; RFC 9112, section 2", "A field of 4 KiB is legal.",
       held(head("X-Long: " + std::string(4096, 'x') + "\r\n" + ok) + "abc"), fetched("abc")},
      {"fetch.head.bytes-above-127", "F3.1; RFC 9112, section 2",
       "A value may hold bytes above 127.", held(head("X-Name: caf\xe9\r\n" + ok) + "abc"),
       fetched("abc")},
      {"fetch.head.early-fin", "F3.6",
       "A complete answer whose end of stream comes at once is fetched.", bytes(head(ok) + "abc"),
       fetched("abc")},
      {"fetch.head.dribbled", "F3.1; RFC 9112, section 2",
       "An answer that comes byte by byte is the same answer.",
       Script().dribble(head(ok) + "abc", milliseconds{1}).stall(), fetched("abc")},
      {"fetch.head.status-201", "F3.2; RFC 9110, section 15.3", "Any 2xx is success.",
       bytes(response("made\n", "201 Created")), fetched("made\n")},
      {"fetch.head.status-299", "F3.2; RFC 9110, section 15.3",
       "Any 2xx is success, an unknown one too.", bytes(response("odd\n", "299 Odd")),
       fetched("odd\n")},
      {"fetch.head.status-400", "F3.2; RFC 9110, section 15.5",
       "A 4xx is an answer, not an error; the exit code tells.",
       bytes(response("no\n", "400 Bad Request")), reported(400)},
      {"fetch.head.status-404", "F3.2; RFC 9110, section 15.5",
       "A 404 is an answer, not an error; the exit code tells.",
       bytes(response("no\n", "404 Not Found")), reported(404)},
      {"fetch.head.status-500", "F3.2; RFC 9110, section 15.6",
       "A 5xx is an answer, not an error; the exit code tells.",
       bytes(response("no\n", "500 Internal Server Error")), reported(500)},
      {"fetch.head.1xx", "F3.3; RFC 9110, section 15.2", "A 1xx head is skipped.",
       held(head("", "HTTP/1.1 100 Continue") + head(ok) + "abc"), fetched("abc")},
      {"fetch.head.1xx-several", "F3.3; RFC 9110, section 15.2",
       "Several 1xx heads, with fields, are skipped.",
       held(head("", "HTTP/1.1 100 Continue") + head("X: 1\r\n", "HTTP/1.1 102 Processing") +
            head("Link: </a>\r\nLink: </b>\r\n", "HTTP/1.1 103 Early Hints") + head(ok) + "abc"),
       fetched("abc")},
      {"fetch.head.1xx-length", "F3.3; RFC 9110, section 15.2",
       "A length in a 1xx head is not the answer's.",
       held(head("Content-Length: 9\r\n", "HTTP/1.1 103 Early Hints") + head(ok) + "abc"),
       fetched("abc")},
      {"fetch.head.1xx-dribbled", "F3.3; RFC 9110, section 15.2",
       "A 1xx head that comes byte by byte is skipped.",
       Script()
           .dribble(head("", "HTTP/1.1 100 Continue") + head(ok) + "abc", milliseconds{1})
           .stall(),
       fetched("abc")},
      {"fetch.head.204", "F3.4; RFC 9112, section 6.3",
       "A 204 has no body: it ends with its head, even if the peer stays.",
       held(head("", "HTTP/1.0 204 No Content")), fetched("")},
      {"fetch.head.204-length", "F3.4; RFC 9112, section 6.3",
       "A 204 has no body, whatever length it claims.",
       held(head("Content-Length: 5\r\n", "HTTP/1.0 204 No Content")), fetched("")},
      {"fetch.head.204-bytes", "F3.4; RFC 9112, section 6.3", "Bytes after a 204 are ignored.",
       bytes(head("", "HTTP/1.0 204 No Content") + "\xff junk"), fetched("")},
      {"fetch.head.304", "F3.4; RFC 9112, section 6.3",
       "A 304 has no body: it ends with its head, even if the peer stays.",
       held(head("", "HTTP/1.0 304 Not Modified")), reported(304)},
      {"fetch.head.304-length", "F3.4; RFC 9112, section 6.3",
       "A 304 has no body, whatever length it claims.",
       held(head("Content-Length: 5\r\n", "HTTP/1.0 304 Not Modified")), reported(304)},
  };
}

// Legal to refuse, legal to understand; never legal to understand wrongly or to hang.
std::vector<AnswerCase> open_heads() {
  return {
      {"fetch.head.length-twice", "F3.9; RFC 9112, section 6.3",
       "The same length twice is that length, or a bad head.",
       held(head("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc"),
       fetched_or_failed("abc", {bad})},
      {"fetch.head.length-list", "F3.9; RFC 9112, section 6.3",
       "The same length twice in one field is it, or a bad head.",
       held(head("Content-Length: 3, 3\r\n") + "abc"), fetched_or_failed("abc", {bad})},
      {"fetch.head.bare-lf", "F3.9; RFC 9112, section 2.2",
       "Lines that end in LF alone are taken, or a bad head.",
       bytes("HTTP/1.0 200 OK\nContent-Length: 3\n\nabc"), fetched_or_failed("abc", cut_short)},
      {"fetch.head.folded", "F3.9; RFC 9112, section 5.2",
       "A folded field is taken, or a bad head.",
       held(head("X-Folded: one\r\n two\r\nContent-Length: 3\r\n") + "abc"),
       fetched_or_failed("abc", {bad})},
      {"fetch.head.no-reason", "F3.9; RFC 9112, section 4",
       "A status line that ends after the code is taken, or a bad head.",
       held(head("Content-Length: 3\r\n", "HTTP/1.0 200") + "abc"),
       fetched_or_failed("abc", {bad})},
      {"fetch.head.reset-after-body", "F3.9", "A reset after the last byte may be seen or not.",
       Script(head("Content-Length: 3\r\n") + "abc").reset(), fetched_or_failed("abc", {"reset"})},
  };
}

std::vector<AnswerCase> bad_heads() {
  const auto row = [](const char* id, const char* source, const char* sentence, std::string text) {
    return AnswerCase{id, source, sentence, Script(std::move(text)), failed({bad})};
  };
  const auto length = [&](const char* id, const char* source, const std::string& value) {
    return AnswerCase{id, source, "A length that is no number of bytes is a bad head.",
                      held(head("Content-Length: " + value + "\r\n") + "abc"), failed({bad})};
  };
  return {
      row("fetch.head.conflicting-lengths", "F3.7; RFC 9112, section 6.3",
          "Two different lengths are a bad head.",
          head("Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd"),
      row("fetch.head.conflicting-list", "F3.7; RFC 9112, section 6.3",
          "Two different lengths in one field are a bad head.",
          head("Content-Length: 3, 4\r\n") + "abcd"),
      row("fetch.head.conflicting-apart", "F3.7; RFC 9112, section 6.3",
          "Two different lengths, far apart, are a bad head.",
          head("Content-Length: 3\r\n" + many_fields(20) + "content-length: 2\r\n") + "abc"),
      row("fetch.head.chunked", "F3.8; RFC 9112, section 6.1", "A Transfer-Encoding is a bad head.",
          head("Transfer-Encoding: chunked\r\n", "HTTP/1.1 200 OK") + "3\r\nabc\r\n0\r\n\r\n"),
      row("fetch.head.chunked-and-length", "F3.8; RFC 9112, section 6.1",
          "A Transfer-Encoding is a bad head, also with a length.",
          head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "abc"),
      row("fetch.head.transfer-encoding", "F3.8; RFC 9112, section 6.1",
          "Any Transfer-Encoding is a bad head.", head("Transfer-Encoding: gzip\r\n") + "abc"),
      length("fetch.head.length-negative", "F3.7; RFC 9110, section 8.6", "-3"),
      length("fetch.head.length-sign", "F3.7; RFC 9110, section 8.6", "+3"),
      length("fetch.head.length-hex", "F3.7; RFC 9110, section 8.6", "0x3"),
      length("fetch.head.length-unit", "F3.7; RFC 9110, section 8.6", "3 bytes"),
      length("fetch.head.length-empty", "F3.7; RFC 9110, section 8.6", ""),
      length("fetch.head.length-point", "F3.7; RFC 9110, section 8.6", "3.0"),
      {"fetch.head.length-overflow", "F3.7; RFC 9110, section 8.6",
       "A length beyond any counter is no small one.",
       held(head("Content-Length: 18446744073709551619\r\n") + "abc"), failed({bad, "too large"})},
      row("fetch.head.junk", "F3.10; RFC 9112, section 4", "Text that is no head is a bad head.",
          "hello, who is there?\r\n\r\n"),
      {"fetch.head.http-0-9", "F3.10; RFC 9112, section 4",
       "An HTTP/0.9 answer, a body alone, is a failure.",
       bytes("<html>\n<p>Ninety-one.</p>\n</html>\n"), failed(cut_short)},
      row("fetch.head.binary", "F3.10; RFC 9112, section 4",
          "Bytes that are no head are a bad head.",
          std::string("\x16\x03\x01\x02\x00\x01\x00\xff\xfe\r\n\r\n", 13)),
      row("fetch.head.other-protocol", "F3.10; RFC 9112, section 4",
          "Another protocol's status line is a bad head.",
          head("Content-Length: 3\r\n", "ICY 200 OK") + "abc"),
      row("fetch.head.lower-case-protocol", "F3.10; RFC 9112, section 2.3",
          "`http/1.0` is no HTTP version.",
          head("Content-Length: 3\r\n", "http/1.0 200 OK") + "abc"),
      row("fetch.head.version-garbled", "F3.10; RFC 9112, section 2.3",
          "A version that is no number is a bad head.",
          head("Content-Length: 3\r\n", "HTTP/x.y 200 OK") + "abc"),
      row("fetch.head.status-short", "F3.10; RFC 9112, section 4",
          "A status of two digits is a bad head.",
          head("Content-Length: 3\r\n", "HTTP/1.0 20 OK") + "abc"),
      row("fetch.head.status-long", "F3.10; RFC 9112, section 4",
          "A status of four digits is a bad head.",
          head("Content-Length: 3\r\n", "HTTP/1.0 2000 OK") + "abc"),
      row("fetch.head.status-word", "F3.10; RFC 9112, section 4",
          "A status that is no number is a bad head.",
          head("Content-Length: 3\r\n", "HTTP/1.0 two OK") + "abc"),
      row("fetch.head.status-missing", "F3.10; RFC 9112, section 4",
          "A status line without a status is a bad head.",
          head("Content-Length: 3\r\n", "HTTP/1.0") + "abc"),
      row("fetch.head.no-colon", "F3.10; RFC 9112, section 5",
          "A field without a colon is a bad head.", head("Content-Length 3\r\n") + "abc"),
      row("fetch.head.blank-in-name", "F3.10; RFC 9112, section 5.1",
          "A blank in a field's name is a bad head.", head("Content Length: 3\r\n") + "abc"),
      row("fetch.head.empty-name", "F3.10; RFC 9112, section 5",
          "A field without a name is a bad head.", head(": 3\r\n") + "abc"),
      row("fetch.head.nul", "F3.10; RFC 9110, section 5.5", "A NUL in a field is a bad head.",
          head(std::string("X-Nul: a\0b\r\n", 12)) + "abc"),
      row("fetch.head.request", "F3.10; RFC 9112, section 4", "A request is no answer.",
          "GET / HTTP/1.0\r\n\r\n"),
  };
}

std::vector<AnswerCase> broken_heads() {
  const auto row = [](const char* id, const char* source, const char* sentence, std::string text) {
    return AnswerCase{id, source, sentence, Script(std::move(text)), failed(cut_short)};
  };
  return {
      row("fetch.head.nothing", "F3.11; RFC 9112, section 8",
          "An end of stream before any byte is a failure.", ""),
      row("fetch.head.half-status", "F3.11; RFC 9112, section 8",
          "An end of stream in the status line is a failure.", "HTTP/1.0"),
      row("fetch.head.status-only", "F3.11; RFC 9112, section 8",
          "An end of stream after the status line is a failure.", "HTTP/1.0 200 OK\r\n"),
      row("fetch.head.half-field", "F3.11; RFC 9112, section 8",
          "An end of stream in a field is a failure.", "HTTP/1.0 200 OK\r\nContent-Le"),
      row("fetch.head.one-byte-short", "F3.11; RFC 9112, section 8",
          "An end of stream before a head's last byte is a failure.",
          "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r"),
      row("fetch.head.1xx-only", "F3.3; RFC 9110, section 15.2", "A 1xx head is not an answer.",
          head("", "HTTP/1.1 100 Continue")),
      {"fetch.head.reset-at-once", "F3.11", "A reset before any byte is a failure that says so.",
       Script().reset(), failed({"reset"})},
      {"fetch.head.reset", "F3.11", "A reset in the head is a failure that says so.",
       Script("HTTP/1.0 200 OK\r\nContent-Le").reset(), failed({"reset"})},
      {"fetch.head.endless-fields",
       "F3.12",
       "A head without end is refused, with bounded memory.",
       Script("HTTP/1.0 200 OK\r\n").endless(many_fields(100), endless),
       failed({bad}),
       {},
       false,
       bounded},
      {"fetch.head.endless-field",
       "F3.12",
       "A field without end is refused, with bounded memory.",
       Script("HTTP/1.0 200 OK\r\nX-Long: ").endless(std::string(4096, 'x'), endless),
       failed({bad}),
       {},
       false,
       bounded},
      {"fetch.head.endless-status",
       "F3.12",
       "A status line without end is refused, with bounded memory.",
       Script("HTTP/1.0 200 ").endless(std::string(4096, 'x'), endless),
       failed({bad}),
       {},
       false,
       bounded},
      {"fetch.head.endless-name",
       "F3.12",
       "A name without end is refused, with bounded memory.",
       Script("HTTP/1.0 200 OK\r\n").endless(std::string(4096, 'x'), endless),
       failed({bad}),
       {},
       false,
       bounded},
      {"fetch.head.endless-junk",
       "F3.12",
       "Junk without end is refused, with bounded memory.",
       Script().endless(std::string(4096, '\0'), endless),
       failed({bad}),
       {},
       false,
       bounded},
      {"fetch.head.endless-1xx",
       "F7.4",
       "1xx heads without end are no reason to wait beyond the timeout.",
       Script().endless(head("", "HTTP/1.1 100 Continue"), std::size_t{1} << 40),
       failed({bad, "timed out", "too large"}),
       {"--timeout", "2s"},
       true},
  };
}

INSTANTIATE_TEST_SUITE_P(FetchHead, Answer, testing::ValuesIn(right_heads()), row_name<AnswerCase>);
INSTANTIATE_TEST_SUITE_P(FetchOpenHead, Answer, testing::ValuesIn(open_heads()),
                         row_name<AnswerCase>);
INSTANTIATE_TEST_SUITE_P(FetchBadHead, Answer, testing::ValuesIn(bad_heads()),
                         row_name<AnswerCase>);
INSTANTIATE_TEST_SUITE_P(FetchBrokenHead, Answer, testing::ValuesIn(broken_heads()),
                         row_name<AnswerCase>);

TEST(FetchRedirect, is_not_followed) {
  const Requirement requirement{"fetch.head.redirect", "F3.5", Level::must,
                                "A 3xx is reported, with its own body, and not followed."};
  for (const int status : {301, 302, 303, 307, 308}) {
    Origin origin;
    origin.on("/from", Script("HTTP/1.0 " + std::to_string(status) + " Moved\r\nLocation: " +
                              origin.url("/to") + "\r\nContent-Length: 4\r\n\r\nover"));
    origin.on("/to", response("the other page\n"));
    expect_outcome(reported(status), origin.url("/from"));
    EXPECT_TRUE(origin.visits("/to").empty()) << status;
  }
}

TEST(FetchHead, bare_lf_understood) {
  const Requirement requirement{"fetch.head.bare-lf-understood", "F3.13; RFC 9112, section 2.2",
                                Level::info, "Lines that end in LF alone are understood."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\nContent-Length: 3\n\nabc"));
  expect_outcome(fetched("abc"), origin.url("/"));
}

TEST(FetchHead, early_answer) {
  const Requirement requirement{"fetch.head.early-answer", "F3.6", Level::must,
                                "An answer that begins before the request was read is taken."};
  Origin origin;
  origin.on_accept(Script(response("early\n")));
  expect_outcome(fetched("early\n"), origin.url("/"));
}

}  // namespace
}  // namespace trivium::conformance
