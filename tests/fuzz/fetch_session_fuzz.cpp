// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Whatever an origin answers: the result is that of a plain reading of the whole answer, does not
// depend on how it was cut, and keeps its promises.
#include <algorithm>
#include <string>

#include "shared/protocol/fetch_session.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/response_head_reference.hpp"
#include "tests/unit/echo_reference.hpp"

namespace {

using trivium::fuzz::must_be_equal;
using trivium::fuzz::Standing;
using trivium::protocol::FetchAction;
using trivium::protocol::FetchError;
using trivium::protocol::FetchResult;
using trivium::protocol::FetchSession;

FetchResult fetch(const std::vector<std::string_view>& pieces, std::size_t max_body,
                  std::size_t write_size) {
  FetchSession session("host", "/", max_body);
  for (std::size_t next_piece = 0;;) {
    const auto action = session.next();
    switch (action.kind) {
      case FetchAction::Kind::write:
        session.written(std::min(write_size, action.bytes.size()));
        break;
      case FetchAction::Kind::read:
        if (next_piece < pieces.size()) {
          session.received(pieces[next_piece++]);
        } else {
          session.end_of_input();
        }
        break;
      case FetchAction::Kind::close:
        return session.take_result();
    }
  }
}

/// What an answer comes to; where a head is open, it may be refused too.
struct Outcome {
  FetchResult result;
  bool may_be_refused = false;
};

// Reads an answer that ends after its last byte: one head after another, and then the body. No
// input here is as long as a head may be.
Outcome read_plainly(std::string_view input, std::size_t max_body) {
  constexpr std::string_view begin = "HTTP/1.";
  Outcome outcome;
  FetchResult& result = outcome.result;
  const auto fails = [&](FetchError error) {
    result.error = error;
    result.body.clear();
    return outcome;
  };
  trivium::fuzz::Reading head;
  for (;;) {
    if (!begin.starts_with(input.substr(0, begin.size()))) return fails(FetchError::bad_head);
    const auto end = trivium::fuzz::end_of_head(input);
    if (!end) return fails(FetchError::truncated);
    head = trivium::fuzz::read_head(input.substr(0, *end));
    if (head.standing == Standing::wrong) return fails(FetchError::bad_head);
    if (head.standing == Standing::open) outcome.may_be_refused = true;
    input.remove_prefix(*end);
    if (head.status >= 200) break;
  }
  result.status = head.status;
  if (head.length && *head.length > max_body) return fails(FetchError::too_large);
  result.body = input.substr(0, head.length.value_or(max_body));
  result.bytes = result.body.size();
  if (!head.length && input.size() > max_body) return fails(FetchError::too_large);
  if (head.length && result.bytes < *head.length) return fails(FetchError::truncated);
  if (!trivium::protocol::reference::is_well_formed(result.body))
    return fails(FetchError::not_utf8);
  return outcome;
}

std::string shown(const FetchResult& result) {
  return std::to_string(result.status) + ' ' + std::string(to_string(result.error)) + " (" +
         result.detail + ") " + std::to_string(result.bytes) + " bytes: " + result.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trivium::fuzz::Parameters parameters(data, size);
  const std::size_t max_body = parameters.below(100);
  const std::size_t write_size = 1 + parameters.below(100);
  const auto step = 1 + parameters.below(16);
  const auto largest = 1 + parameters.below(100);
  const auto input = parameters.rest();

  const FetchResult result = fetch({input}, max_body, write_size);
  const std::string expected = shown(result);
  const Outcome outcome = read_plainly(input, max_body);
  const bool is_refused = outcome.may_be_refused && result.error == FetchError::bad_head;
  if (!is_refused) {
    FetchResult plain = outcome.result;
    plain.detail = result.detail;
    must_be_equal(expected, shown(plain), "a plain reading");
  }
  must_be_equal(shown(fetch(trivium::fuzz::cut(input, 1, 1), max_body, 1)), expected, "bytes");
  must_be_equal(shown(fetch(trivium::fuzz::cut(input, step, largest), max_body, write_size)),
                expected, "cut");

  if (result.error == FetchError::none) {
    must_be_equal(result.status >= 200 && result.status <= 999, true, "a final status");
  } else {
    must_be_equal(result.ok(), false, "an error is not ok");
  }
  if (is_refused) must_be_equal(result.status, 0, "a head that was refused has no status");
  return 0;
}
