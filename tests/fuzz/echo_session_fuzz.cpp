// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Holds the echo session, however its input is cut, to the plain reading of the specification.
#include "tests/fuzz/cuts.hpp"
#include "tests/unit/echo_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trivium;
  using protocol::reference::converse;
  fuzz::Parameters parameters(data, size);
  const protocol::EchoSession::Limits limits{.max_line = 1 + parameters.below(64),
                                             .hazards = parameters.below(2) == 1};
  const auto write_size = 1 + parameters.below(100);
  const auto step = 1 + parameters.below(16);
  const auto largest = 1 + parameters.below(100);
  const auto input = parameters.rest();
  const auto expected = protocol::reference::read_whole(input, limits.max_line);
  fuzz::must_be_equal(converse({input}, limits), expected, "whole");
  fuzz::must_be_equal(converse(protocol::reference::bytes_of(input), limits), expected, "bytes");
  fuzz::must_be_equal(converse(fuzz::cut(input, step, largest), limits, write_size), expected,
                      "cut");
  return 0;
}
