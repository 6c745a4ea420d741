// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The parser of one head, by itself: what it is given is a head as find_head_end delimits it, and
// what is none it says so.
#include <gtest/gtest.h>

#include <string_view>

#include "shared/protocol/response_head.hpp"

namespace trivium::protocol {
namespace {

TEST(ResponseHead, AHeadThatIsCutOffIsIncomplete) {
  constexpr std::string_view head = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(parse_head(head.substr(0, size)).error, "incomplete") << size;
  }
  const auto parsed = parse_head(head);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.head.status, 200);
  EXPECT_EQ(parsed.head.length, 3);
}

TEST(ResponseHead, ItsEndIsFoundFromWhereverTheSearchGoesOn) {
  constexpr std::string_view text = "HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody\n\n";
  constexpr std::size_t end = 25;
  for (std::size_t seen = 0; seen < end; ++seen) {
    EXPECT_EQ(find_head_end(text, seen), end) << seen;
    EXPECT_EQ(find_head_end(text.substr(0, seen), 0), std::nullopt) << seen;
  }
}

TEST(ResponseHead, AStatusBelow100IsNone) {
  EXPECT_NE(parse_head("HTTP/1.0 099 Odd\r\n\r\n").error, "");
}

TEST(ResponseHead, WhatDoesNotBeginLikeOneCannotBecomeOne) {
  for (const char* text : {"", "H", "HTTP/1.", "HTTP/1.1 200"}) {
    EXPECT_FALSE(cannot_be_head(text)) << text;
  }
  for (const char* text : {"h", "HTTQ", "HTTP/2", "HTTP/0.9", "ICY 200 OK"}) {
    EXPECT_TRUE(cannot_be_head(text)) << text;
  }
}

}  // namespace
}  // namespace trivium::protocol
