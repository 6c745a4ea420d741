// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Whether the server can be reached at all: judged first, and how long it takes scales every
// deadline.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/judge.hpp"

namespace trivium::conformance {
namespace {

TEST(EchoReach, Connects) {
  const Requirement requirement{"echo.reach.connect", "E0.1", Level::must,
                                "The server can be started and accepts a connection."};
  const auto server = make_common_server();
  std::vector<long> round_trips;
  bool healthy = true;
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    auto stream = server->connect();
    stream.send("h\n");
    // The head or the line, whatever this server says first.
    const bool spoke = stream.readable(patience);
    round_trips.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
    if (!spoke) break;
    // A server that a reset would kill is reached all the same.
    (void)stream.exchange("\n", true, Deadline{4 * glance});
  }
  if (round_trips.size() == 5) {
    auto stream = server->connect();
    const auto got = exchange_to_end(stream, "h\n");
    healthy = got.data == std::string{head} + "h\n" && got.end == End::fin;
  } else {
    healthy = false;
  }
  std::ranges::sort(round_trips);
  // One that says nothing at all is slow in no way that could be measured.
  const long middle = round_trips.size() == 5 ? round_trips[2] : 0;
  tell_reached({.round_trip_us = middle, .healthy = healthy});
}

}  // namespace
}  // namespace trivium::conformance
