// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace trivium::load {
namespace {

TEST(LoadMessage, ViewsAreSlicesOfOneExchange) {
  for (const std::size_t line_bytes : {1U, 2U, 16U, 17U, 64U, 32'768U}) {
    Message message(line_bytes);
    message.stamp(12, 345);
    const std::string line(message.line());
    EXPECT_EQ(line.size(), line_bytes + 1);
    EXPECT_EQ(line.find('\n'), line_bytes);
    EXPECT_EQ(message.line_and_end(), line + "\n");
    EXPECT_EQ(message.head_and_line(), std::string(Message::head) + line);
  }
}

TEST(LoadMessage, TheHeadIsTheProtocols) {
  EXPECT_EQ(Message::head, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n");
}

TEST(LoadMessage, ContentIsPrintableAsciiThatNoServerActsOn) {
  Message message(300);
  for (std::uint64_t number = 0; number < 100'000; number += 7) {
    message.stamp(static_cast<std::uint32_t>(number / 3), number);
    const auto content = message.line().substr(0, 300);
    ASSERT_TRUE(std::all_of(content.begin(), content.end(),
                            [](char byte) { return byte > 0x20 && byte < 0x7f; }));
    ASSERT_NE(content.front(), '@');
  }
}

TEST(LoadMessage, EveryConnectionAndEveryNumberHasItsOwnLine) {
  Message message(16);
  std::set<std::string> seen;
  std::size_t stamped = 0;
  for (const std::uint32_t connection : {0U, 1U, 31U, 32U, 1'000U, 1'000'000U}) {
    for (const std::uint64_t base : {0ULL, 1'000'000ULL, 1'000'000'000'000ULL}) {
      for (std::uint64_t number = base; number < base + 100; ++number) {
        message.stamp(connection, number);
        seen.emplace(message.line());
        ++stamped;
      }
    }
  }
  EXPECT_EQ(seen.size(), stamped);
}

TEST(LoadMessage, ShortLinesDifferFromTheirNeighbours) {
  for (const std::size_t line_bytes : {1U, 2U, 3U}) {
    Message message(line_bytes);
    for (std::uint64_t number = 0; number < 1'000; ++number) {
      message.stamp(0, number);
      const std::string one(message.line());
      message.stamp(0, number + 1);
      EXPECT_NE(one, message.line());
    }
  }
}

TEST(LoadMessage, StampingAgainGivesTheSameLine) {
  Message message(64);
  message.stamp(3, 99);
  const std::string first(message.line());
  message.stamp(4, 100);
  EXPECT_NE(first, message.line());
  message.stamp(3, 99);
  EXPECT_EQ(first, message.line());
}

}  // namespace
}  // namespace trivium::load
