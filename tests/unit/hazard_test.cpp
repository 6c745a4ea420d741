// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/hazard.hpp"

#include <gtest/gtest.h>

namespace trivium::protocol {
namespace {

using namespace std::chrono_literals;
using Kind = Hazard::Kind;

void expect_hazard(const char* text, Kind kind, std::chrono::nanoseconds duration = 0ns,
                   std::size_t bytes = 0) {
  const auto hazard = parse_hazard(text);
  ASSERT_TRUE(hazard) << text;
  EXPECT_EQ(hazard->kind, kind) << text;
  EXPECT_EQ(hazard->duration, duration) << text;
  EXPECT_EQ(hazard->bytes, bytes) << text;
}

TEST(ParseHazard, KnowsEveryForm) {
  expect_hazard("@sleep 10ms", Kind::sleep, 10ms);
  expect_hazard("@block 1s", Kind::block, 1s);
  expect_hazard("@work 250us", Kind::work, 250us);
  expect_hazard("@hang", Kind::hang);
  expect_hazard("@crash", Kind::crash);
  expect_hazard("@abort", Kind::abort);
  expect_hazard("@leak 1MiB", Kind::leak, 0ns, 1048576);
  expect_hazard("@pid", Kind::pid);
}

TEST(ParseHazard, KnowsNothingElse) {
  for (const auto* text : {"",
                           "@",
                           "@ ",
                           "pid",
                           " @pid",
                           "@PID",
                           "@pid ",
                           "@pid 1",
                           "@pids",
                           "@hang 1s",
                           "@crash now",
                           "@sleep",
                           "@sleep ",
                           "@sleep 10",
                           "@sleep  10ms",
                           "@sleep 10ms ",
                           "@sleep 10ms 10ms",
                           "@sleep -1ms",
                           "@leak",
                           "@leak much",
                           "@leak 1.5MiB",
                           "@@pid"}) {
    EXPECT_FALSE(parse_hazard(text)) << text;
  }
}

}  // namespace
}  // namespace trivium::protocol
