// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Response bodies: where they end, how long they may be, and what text is.
#include <random>

#include "tests/conformance/fetch_runner.hpp"

namespace trivium::conformance {
namespace {

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = kibibyte * kibibyte;
// The limit of the case, and what the kernel's buffers hold on both sides.
constexpr std::uint64_t buffers = 16 * mebibyte;

std::string until_end(std::string_view body) {
  return "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + std::string(body);
}

std::string with_length(std::size_t length, std::string_view body) {
  return "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
         std::string(body);
}

std::string exactly(std::string_view body) {
  return with_length(body.size(), body);
}

// Lines of text in which a byte that is lost, doubled or moved shows.
std::string text_of(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string text;
  text.reserve(size + 16);
  while (text.size() < size) text += std::to_string(random()) + "\xc3\xa9\n";
  text.resize(size - 1);
  // The cut may have gone through the character of two bytes.
  if (text.back() == '\xc3') text.back() = '.';
  return text + '\n';
}

std::vector<AnswerCase> ends() {
  return {
      {"fetch.body.length", "F4.1; RFC 9112, section 6.2",
       "A body ends after Content-Length bytes.", Script(exactly("abc\n")), fetched("abc\n")},
      {"fetch.body.length-open", "F4.1; RFC 9112, section 6.2",
       "A body ends at its length even if the peer stays open.", Script(exactly("abc\n")).stall(),
       fetched("abc\n")},
      {"fetch.body.length-zero-open", "F4.1; RFC 9112, section 6.2",
       "A body of no bytes ends with its head.", Script(exactly("")).stall(), fetched("")},
      {"fetch.body.surplus", "F4.2", "Bytes beyond the length are ignored.",
       Script(with_length(4, "abc\nsurplus")), fetched("abc\n")},
      {"fetch.body.surplus-open", "F4.2",
       "Bytes beyond the length are ignored, the peer staying open.",
       Script(with_length(4, "abc\nsurplus")).stall(), fetched("abc\n")},
      {"fetch.body.surplus-later", "F4.2",
       "Bytes beyond the length are ignored when they come later too.",
       Script(with_length(4, "abc\n")).pause(milliseconds{20}).send("surplus"), fetched("abc\n")},
      {"fetch.body.surplus-no-text", "F4.2", "Bytes beyond the length need not be text.",
       Script(with_length(4, "abc\n\xff\xfe")), fetched("abc\n")},
      {"fetch.body.surplus-cuts-character", "F4.2", "A character cut by the length is not UTF-8.",
       Script(with_length(4, "abc\xc3\xa9")), failed({"UTF-8"})},
      {"fetch.body.surplus-endless",
       "F4.2",
       "A surplus without end is not read to its end.",
       Script(with_length(4, "abc\n")).endless(std::string(4096, 'x'), 64 * mebibyte),
       fetched("abc\n"),
       {},
       false,
       buffers},
      {"fetch.body.stream", "F4.3; RFC 9112, section 6.3",
       "A body without a length ends at the end of the stream.", Script(until_end("abc\ndef\n")),
       fetched("abc\ndef\n")},
      {"fetch.body.stream-empty", "F4.3; RFC 9112, section 6.3",
       "A body without a length may be empty.", Script(until_end("")), fetched("")},
      {"fetch.body.stream-pieces", "F4.3; RFC 9112, section 6.3", "A body may come in pieces.",
       Script(until_end("one\n"))
           .pause(milliseconds{20})
           .send("two\n")
           .pause(milliseconds{20})
           .send("three\n"),
       fetched("one\ntwo\nthree\n")},
      {"fetch.body.no-newline", "F4.6",
       "A body is printed as it is, without a line end of its own.", Script(exactly("abc")),
       fetched("abc")},
      {"fetch.body.bytes-kept", "F4.6", "CR, NUL, BOM and tabs are data.",
       Script(exactly(std::string("\xef\xbb\xbf"
                                  "a\r\n\0\tb\r\rc\n\n",
                                  14))),
       fetched(std::string("\xef\xbb\xbf"
                           "a\r\n\0\tb\r\rc\n\n",
                           14))},
      {"fetch.body.like-a-head", "F4.6", "What looks like a head in a body is body.",
       Script(exactly("HTTP/1.0 200 OK\r\n\r\nx\r\n\r\n")),
       fetched("HTTP/1.0 200 OK\r\n\r\nx\r\n\r\n")},
      {"fetch.body.dribbled", "F4.6", "A body that comes byte by byte is the same body.",
       Script().dribble(until_end("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n"), milliseconds{1}),
       fetched("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n")},
      {"fetch.body.truncated", "F4.4; RFC 9112, section 8",
       "A body shorter than its length is truncated.", Script(with_length(10, "abc\n")),
       failed({"truncated"})},
      {"fetch.body.truncated-by-one", "F4.4; RFC 9112, section 8",
       "A body one byte short is truncated.", Script(with_length(5, "abc\n")),
       failed({"truncated"})},
      {"fetch.body.truncated-to-nothing", "F4.4; RFC 9112, section 8",
       "A body of which nothing comes is truncated.", Script(with_length(5, "")),
       failed({"truncated"})},
      {"fetch.body.reset", "F4.5", "A reset in a body with a length is a failure that says so.",
       Script(with_length(10, "abc\n")).reset(), failed({"reset"})},
      {"fetch.body.reset-stream", "F4.5", "A reset is no end of a body without a length.",
       Script(until_end("abc\n")).reset(), failed({"reset"})},
      {"fetch.body.reset-late", "F4.5", "A reset after a part was read is a failure that says so.",
       Script(until_end("abc\n")).pause(milliseconds{100}).reset(), failed({"reset"})},
  };
}

std::vector<AnswerCase> texts() {
  const auto good = [](const char* id, const char* source, std::string body) {
    return AnswerCase{id, source, "Well-formed UTF-8 is text.", Script(exactly(body)),
                      fetched(body)};
  };
  const auto wrong = [](const char* id, const char* source, std::string body) {
    return AnswerCase{id, source, "A body that is not well-formed UTF-8 is refused.",
                      Script(exactly(body)), failed({"UTF-8"})};
  };
  return {
      good("fetch.text.lengths", "F5.1; RFC 3629, section 4",
           "a \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xf0\x90\x80\x80\n"),
      good("fetch.text.last", "F5.1; RFC 3629, section 4", "\xf4\x8f\xbf\xbf \xef\xbf\xbf\n"),
      good("fetch.text.around-surrogates", "F5.1; RFC 3629, section 4",
           "\xed\x9f\xbf \xee\x80\x80\n"),
      wrong("fetch.text.latin-1", "F5.1; RFC 3629, section 4", "caf\xe9\n"),
      wrong("fetch.text.byte-ff", "F5.1; RFC 3629, section 4", "a\xff\n"),
      wrong("fetch.text.lone-continuation", "F5.1; RFC 3629, section 4", "a\x80\n"),
      wrong("fetch.text.overlong-2", "F5.1; RFC 3629, section 4", "\xc0\xaf\n"),
      wrong("fetch.text.overlong-3", "F5.1; RFC 3629, section 4", "\xe0\x80\xaf\n"),
      wrong("fetch.text.overlong-4", "F5.1; RFC 3629, section 4", "\xf0\x80\x80\xaf\n"),
      wrong("fetch.text.surrogate", "F5.1; RFC 3629, section 4", "\xed\xa0\x80\n"),
      wrong("fetch.text.beyond-10ffff", "F5.1; RFC 3629, section 4", "\xf4\x90\x80\x80\n"),
      wrong("fetch.text.cut-at-end", "F5.1; RFC 3629, section 4", "abc\xe2\x82"),
      wrong("fetch.text.late", "F5.1; RFC 3629, section 4", text_of(256 * kibibyte) + "\xff\n"),
      {"fetch.text.stream-cut-at-end", "F5.1; RFC 3629, section 4",
       "A character cut by the end of the stream is not UTF-8.", Script(until_end("abc\xe2\x82")),
       failed({"UTF-8"})},
      {"fetch.text.truncated-first", "F5.1; RFC 3629, section 4",
       "A body that is both short and cut is truncated first of all.",
       Script(with_length(10, "abc\xe2\x82")), failed({"truncated"})},
  };
}

std::vector<AnswerCase> sizes() {
  const std::vector<std::string> limit = {"--max-body", "4KiB"};
  const std::string fits = text_of(4 * kibibyte);
  const std::string over = fits + 'x';
  return {
      {"fetch.size.length-fits", "F6.1", "A body of exactly --max-body bytes is legal.",
       Script(exactly(fits)), fetched(fits), limit},
      {"fetch.size.stream-fits", "F6.1",
       "A body of exactly --max-body bytes is legal without a length.", Script(until_end(fits)),
       fetched(fits), limit},
      {"fetch.size.length-over", "F6.1", "One byte more is too large.", Script(exactly(over)),
       failed({"too large"}), limit},
      {"fetch.size.stream-over", "F6.1", "One byte more is too large without a length.",
       Script(until_end(over)), failed({"too large"}), limit},
      {"fetch.size.declared", "F6.1",
       "A length beyond the limit is too large before the body comes.",
       Script(with_length(4 * kibibyte + 1, "")).stall(), failed({"too large"}), limit},
      {"fetch.size.declared-huge", "F6.1",
       "A length of terabytes is too large, and costs no memory.",
       Script(with_length(std::size_t{1} << 44, "")).stall(), failed({"too large"})},
      {"fetch.size.default-declared",
       "F6.1",
       "16 MiB is the default limit.",
       Script(with_length(16 * mebibyte + 1, "")).stall(),
       failed({"too large"}),
       {"--progress", "never"}},
      {"fetch.size.endless",
       "F6.1",
       "A body without end is too large, and no more of it is read.",
       Script(until_end("")).endless(text_of(16 * kibibyte), 128 * mebibyte),
       failed({"too large"}),
       {"--max-body", "64KiB"},
       false,
       buffers},
      {"fetch.size.endless-default",
       "F6.1",
       "A body without end is too large by default.",
       Script(until_end("")).endless(text_of(64 * kibibyte), 256 * mebibyte),
       failed({"too large"}),
       {"--timeout", "20s"},
       false,
       2 * buffers},
      {"fetch.size.surplus", "F6.1", "A surplus beyond the length does not count.",
       Script(with_length(4, "abc\n") + std::string(8 * kibibyte, 'x')), fetched("abc\n"), limit},
      {"fetch.size.mebibytes",
       "F6.1",
       "--max-body takes MiB.",
       Script(with_length(mebibyte + 1, "")).stall(),
       failed({"too large"}),
       {"--max-body", "1MiB"}},
  };
}

INSTANTIATE_TEST_SUITE_P(FetchBody, Answer, testing::ValuesIn(ends()), row_name<AnswerCase>);
INSTANTIATE_TEST_SUITE_P(FetchText, Answer, testing::ValuesIn(texts()), row_name<AnswerCase>);
INSTANTIATE_TEST_SUITE_P(FetchContractSize, Answer, testing::ValuesIn(sizes()),
                         row_name<AnswerCase>);

// A body that is too big to stand in a table.
void expect_large(bool has_length, std::size_t size) {
  const std::string body = text_of(size);
  Origin origin;
  origin.on("/large", Script(has_length ? exactly(body) : until_end(body)));
  const Finished run = fetch({.urls = {origin.url("/large")}});
  EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err);
  EXPECT_EQ(run.out.size(), body.size());
  EXPECT_TRUE(run.out == body) << "the bytes differ";
}

TEST(FetchBody, large_length) {
  const Requirement requirement{"fetch.body.large-length", "F4.1; RFC 9112, section 6.2",
                                Level::must,
                                "A body of 4 MiB with a length arrives byte for byte."};
  expect_large(true, 4 * mebibyte);
}

TEST(FetchBody, large_stream) {
  const Requirement requirement{"fetch.body.large-stream", "F4.3; RFC 9112, section 6.3",
                                Level::must,
                                "A body of 4 MiB without a length arrives byte for byte."};
  expect_large(false, 4 * mebibyte);
}

TEST(FetchContractBody, default_limit_fits) {
  const Requirement requirement{"fetch.size.default-fits", "F6.1", Level::must,
                                "16 MiB fit into the default --max-body."};
  expect_large(false, 16 * mebibyte);
}

TEST(FetchContractBody, every_cut) {
  const Requirement requirement{"fetch.body.every-cut", "F4.6", Level::must,
                                "An answer cut in two at any byte is the same answer."};
  const std::string answer = "HTTP/1.1 100 Continue\r\n\r\n" +
                             with_length(13, "\xc3\xa9\xf0\x9f\x98\x80 cut\r\n\nsurplus");
  const std::string body = "\xc3\xa9\xf0\x9f\x98\x80 cut\r\n\n";
  Origin origin;
  Call call;
  call.flags = {"--format", "json"};
  for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
    const std::string target = "/" + std::to_string(cut);
    origin.on(target,
              Script(answer.substr(0, cut)).pause(milliseconds{5}).send(answer.substr(cut)));
    call.urls.push_back(origin.url(target));
  }
  const Finished told = fetch(call);
  EXPECT_EQ(told.status->shell_code(), 0) << escaped(told.err);
  const auto lines = json_lines(told.out);
  ASSERT_EQ(lines.size(), call.urls.size());
  for (std::size_t cut = 0; cut < lines.size(); ++cut) {
    EXPECT_TRUE(lines[cut].at("error").is_null()) << cut << ": " << lines[cut].at("error").text;
    EXPECT_EQ(lines[cut].at("status").number, 200) << cut;
    EXPECT_EQ(lines[cut].at("bytes").number, static_cast<double>(body.size())) << cut;
  }

  call.flags = {"--format", "text"};
  std::string expected;
  for (const auto& url : call.urls) expected.append("==> ").append(url).append(" <==\n") += body;
  EXPECT_EQ(fetch(call).out, expected);
}

}  // namespace
}  // namespace trivium::conformance
