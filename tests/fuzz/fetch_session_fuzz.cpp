// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Whatever an origin answers: the result does not depend on how it was cut, and keeps its promises.
#include <algorithm>
#include <string>

#include "shared/protocol/fetch_session.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/unit/echo_reference.hpp"

namespace {

using trivium::fuzz::must_be_equal;
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
  must_be_equal(shown(fetch(trivium::fuzz::cut(input, 1, 1), max_body, 1)), expected, "bytes");
  must_be_equal(shown(fetch(trivium::fuzz::cut(input, step, largest), max_body, write_size)),
                expected, "cut");

  if (result.error == FetchError::none) {
    must_be_equal(result.body.size() <= max_body, true, "the body is within its limit");
    must_be_equal(result.bytes, std::uint64_t{result.body.size()}, "bytes are the body's");
    must_be_equal(trivium::protocol::reference::is_well_formed(result.body), true, "text");
    must_be_equal(result.status >= 200 && result.status <= 999, true, "a final status");
  } else {
    must_be_equal(result.body, std::string(), "no body beside an error");
    must_be_equal(result.ok(), false, "an error is not ok");
  }
  return 0;
}
