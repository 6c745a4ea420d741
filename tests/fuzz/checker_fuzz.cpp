// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The load client's checkers, which say of a server that its answers are right: held to a plain
// comparison, to the second reading of a right head, and to themselves however the stream was cut.
#include <algorithm>
#include <string>
#include <vector>

#include "shared/load/http_checker.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/response_head_reference.hpp"

namespace {

using trivium::fuzz::must_be_equal;
using trivium::load::HttpChecker;
using trivium::load::HttpReference;
using trivium::load::ReplyChecker;
using trivium::load::Step;
using Verdict = trivium::load::Step::Verdict;
using Pieces = std::vector<std::string_view>;

int number_of(Verdict verdict) {
  return static_cast<int>(verdict);
}

// `bytes` are right up to the first that differs from `answer`.
void check_reply(std::string_view answer, std::string_view bytes, const Pieces& pieces) {
  const auto differs = std::ranges::mismatch(answer, bytes);
  const auto same = static_cast<std::size_t>(differs.in1 - answer.begin());
  const auto due = same == answer.size()  ? Verdict::complete
                   : same == bytes.size() ? Verdict::more
                                          : Verdict::wrong;
  ReplyChecker checker;
  checker.start_stream();
  auto verdict = Verdict::more;
  for (const auto piece : pieces) {
    const Step step = checker.feed(answer, piece);
    verdict = step.verdict;
    if (verdict == Verdict::wrong) {
      must_be_equal(checker.describe(answer, piece).offset, std::uint64_t{same},
                    "where it differs");
    }
    if (verdict != Verdict::more) break;
  }
  if (pieces.empty() && answer.empty()) return;
  must_be_equal(number_of(verdict), number_of(due), "an answer's verdict");
  if (verdict != Verdict::complete) return;
  must_be_equal(checker.offset(), std::uint64_t{answer.size()}, "an answer's bytes");
  checker.start_answer();
  const Step next = checker.feed(answer, answer);
  must_be_equal(number_of(next.verdict), number_of(Verdict::complete), "the next answer's verdict");
  must_be_equal(next.used, answer.size(), "the next answer's bytes");
  must_be_equal(checker.offset(), std::uint64_t{2 * answer.size()}, "the bytes of both answers");
}

struct Outcome {
  Verdict verdict = Verdict::more;
  std::size_t used = 0;
  bool closes = false;

  bool operator==(const Outcome&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << number_of(outcome.verdict) << ", " << outcome.used << " bytes, "
               << (outcome.closes ? "closes" : "stays");
  }
};

Outcome feed(HttpChecker& checker, const Pieces& pieces) {
  Outcome outcome;
  for (const auto piece : pieces) {
    const Step step = checker.feed(piece);
    outcome.used += step.used;
    outcome.verdict = step.verdict;
    if (step.verdict != Verdict::more) break;
  }
  return outcome;
}

Outcome check_http(HttpReference& reference, const Pieces& pieces) {
  HttpChecker checker(reference);
  checker.start_stream();
  Outcome outcome = feed(checker, pieces);
  if (outcome.verdict == Verdict::more) outcome.verdict = checker.end_of_stream();
  // Where it is wrong, how far it came is told by the fault, and depends on the cut.
  if (outcome.verdict == Verdict::wrong) return {.verdict = Verdict::wrong};
  if (outcome.verdict == Verdict::complete) {
    must_be_equal(checker.offset(), std::uint64_t{outcome.used}, "a response's bytes");
    outcome.closes = checker.closes();
  }
  if (outcome.verdict == Verdict::complete && !outcome.closes) {
    checker.start_answer();
    must_be_equal(feed(checker, pieces), outcome, "the next response, which is the same");
    must_be_equal(checker.offset(), std::uint64_t{2 * outcome.used}, "the bytes of both responses");
  }
  return outcome;
}

// What the second reading of the head says that the response must come to.
void check_against_reading(std::string_view text, const Outcome& outcome) {
  const auto end = text.find("\r\n\r\n");
  if (end == text.npos) {
    must_be_equal(outcome.verdict == Verdict::complete, false, "complete without a head");
    return;
  }
  const auto reading = trivium::fuzz::read_head(text.substr(0, end + 4));
  const bool is_plain = reading.standing == trivium::fuzz::Standing::right &&
                        reading.status / 100 == 2 && reading.status != 204;
  if (!is_plain) return;
  const auto body = text.size() - (end + 4);
  const bool is_whole = !reading.length || *reading.length <= body;
  must_be_equal(outcome.verdict == Verdict::complete, is_whole, "a right head, and its body");
  if (is_whole) must_be_equal(outcome.used, end + 4 + reading.length.value_or(body), "its size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trivium::fuzz::Parameters parameters(data, size);
  const auto answer_size = parameters.below(256);
  const auto step = 1 + parameters.below(16);
  const auto largest = 1 + parameters.below(100);
  const auto text = parameters.rest();

  const auto answer = text.substr(0, answer_size);
  for (const auto bytes : {text, text.substr(answer.size())}) {
    check_reply(answer, bytes, {bytes});
    check_reply(answer, bytes, trivium::fuzz::cut(bytes, step, largest));
  }

  HttpReference reference;
  const Outcome whole = check_http(reference, {text});
  check_against_reading(text, whole);
  for (const auto& pieces :
       {trivium::fuzz::cut(text, 1, 1), trivium::fuzz::cut(text, step, largest)}) {
    HttpReference another;
    must_be_equal(check_http(another, pieces), whole, "a response that was cut");
    // The same again is what the first one was, and another body is not.
    must_be_equal(check_http(reference, pieces), whole, "the second of two that are alike");
  }
  if (whole.verdict == Verdict::complete && !reference.get()->empty()) {
    std::string other(text.substr(0, whole.used));
    other.back() = static_cast<char>(other.back() ^ 1);
    must_be_equal(number_of(check_http(reference, {other}).verdict), number_of(Verdict::wrong),
                  "another body");
  }
  return 0;
}
