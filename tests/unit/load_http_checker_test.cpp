// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/http_checker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace trivium::load {
namespace {

using Verdict = Step::Verdict;

struct Judged {
  Verdict verdict;
  Fault fault;
};

/// Feeds one response in pieces of this size, and the end of stream where it is not complete by
/// then.
Judged judged(HttpReference& reference, std::string_view response, std::size_t most) {
  HttpChecker checker(reference);
  checker.start_stream();
  while (!response.empty()) {
    const Step step = checker.feed(response.substr(0, most));
    if (step.verdict == Verdict::wrong) return {step.verdict, checker.fault()};
    response.remove_prefix(step.used);
    if (step.verdict == Verdict::complete) {
      return {response.empty() ? Verdict::complete : Verdict::wrong, {}};
    }
  }
  const Verdict verdict = checker.end_of_stream();
  return {verdict, verdict == Verdict::wrong ? checker.fault() : Fault{}};
}

/// The same however it is cut; fails the test where the verdicts differ.
Judged judged(HttpReference& reference, std::string_view response) {
  const Judged whole = judged(reference, response, response.size() + 1);
  for (std::size_t most = 1; most <= response.size(); ++most) {
    EXPECT_EQ(judged(reference, response, most).verdict, whole.verdict) << most << response;
  }
  return whole;
}

Verdict verdict_of(std::string_view response) {
  HttpReference reference;
  return judged(reference, response).verdict;
}

TEST(LoadHttpChecker, AcceptsWhatServersSay) {
  for (const char* response : {
           "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nGET / HTTP/1.0\nHost: x\n",
           "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 02 Mar 2026 10:00:00 GMT\r\n"
           "Content-Length: 3\r\nConnection: close\r\nETag: \"a:b\"\r\n\r\nabc",
           "HTTP/1.1 200\r\ncontent-length:\t0\r\n\r\n",
           "HTTP/1.1 200 \r\nX: \r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n\n",
           "HTTP/1.1 204 No Content\r\n\r\n",
           "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
       }) {
    EXPECT_EQ(verdict_of(response), Verdict::complete) << response;
  }
}

TEST(LoadHttpChecker, RefusesEverythingElse) {
  for (const char* response : {
           "hello\n",
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 100 Continue\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1  200 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA name: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc",
           "HTTP/1.1 200 OK\r\nContent-Le",
       }) {
    EXPECT_EQ(verdict_of(response), Verdict::wrong) << response;
  }
}

TEST(LoadHttpChecker, NothingIsNotAResponseAndNotAFault) {
  EXPECT_EQ(verdict_of(""), Verdict::more);
}

TEST(LoadHttpChecker, EveryBodyIsTheFirstOnes) {
  HttpReference reference;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n";
  EXPECT_EQ(judged(reference, head + "12345678").verdict, Verdict::complete);
  ASSERT_NE(reference.get(), nullptr);
  EXPECT_EQ(*reference.get(), "12345678");
  EXPECT_EQ(judged(reference, head + "12345678").verdict, Verdict::complete);
  EXPECT_EQ(judged(reference, "HTTP/1.0 200 OK\r\n\r\n12345678").verdict, Verdict::complete);
  for (std::size_t at = 0; at < 8; ++at) {
    std::string body = "12345678";
    body[at] = 'x';
    const Judged found = judged(reference, head + body);
    EXPECT_EQ(found.verdict, Verdict::wrong);
    EXPECT_EQ(found.fault.offset, head.size() + at);
    EXPECT_EQ(found.fault.expected, escaped(std::string_view("12345678").substr(at)));
  }
  EXPECT_EQ(judged(reference, "HTTP/1.0 200 OK\r\n\r\n1234567").verdict, Verdict::wrong);
  EXPECT_EQ(judged(reference, "HTTP/1.0 200 OK\r\n\r\n123456789").verdict, Verdict::wrong);
  const Judged shorter = judged(reference, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n1234567");
  EXPECT_EQ(shorter.verdict, Verdict::wrong);
  EXPECT_EQ(shorter.fault.expected, "a body of 8 bytes");
}

TEST(LoadHttpChecker, OfTwoFirstResponsesOneIsTheReference) {
  HttpReference reference;
  HttpChecker quick(reference);
  HttpChecker slow(reference);
  quick.start_stream();
  slow.start_stream();
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
  EXPECT_EQ(slow.feed(head + "ab").verdict, Verdict::more);
  EXPECT_EQ(quick.feed(head + "abc").verdict, Verdict::complete);
  EXPECT_EQ(slow.feed("x").verdict, Verdict::wrong);
  EXPECT_EQ(slow.fault().expected, "\"abc\"");
}

TEST(LoadHttpChecker, KnowsWhetherTheConnectionGoesOn) {
  struct Case {
    const char* head;
    bool closes;
  };
  for (const auto& [head, closes] : {
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n", true},
           Case{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true},
           Case{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", false},
       }) {
    HttpReference reference;
    HttpChecker checker(reference);
    checker.start_stream();
    ASSERT_EQ(checker.feed(head).verdict, Verdict::complete) << head;
    EXPECT_EQ(checker.closes(), closes) << head;
  }
}

TEST(LoadHttpChecker, ResponsesFollowEachOtherOnOneStream) {
  HttpReference reference;
  HttpChecker checker(reference);
  checker.start_stream();
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  const std::string two = response + response;
  const Step first = checker.feed(two);
  ASSERT_EQ(first.verdict, Verdict::complete);
  ASSERT_EQ(first.used, response.size());
  checker.start_answer();
  EXPECT_EQ(checker.feed(std::string_view(two).substr(first.used)).verdict, Verdict::complete);
  EXPECT_EQ(checker.offset(), two.size());
}

TEST(LoadHttpChecker, AHeadWithoutAnEndIsNotKeptForEver) {
  HttpReference reference;
  HttpChecker checker(reference);
  checker.start_stream();
  ASSERT_EQ(checker.feed("HTTP/1.1 200 OK\r\nX: ").verdict, Verdict::more);
  const std::string piece(10'000, 'x');
  Verdict verdict = Verdict::more;
  int pieces = 0;
  while (verdict == Verdict::more && pieces < 100) {
    verdict = checker.feed(piece).verdict;
    ++pieces;
  }
  EXPECT_EQ(verdict, Verdict::wrong);
  EXPECT_LT(pieces, 8);
}

}  // namespace
}  // namespace trivium::load
