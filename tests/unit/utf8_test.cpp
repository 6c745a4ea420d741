// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/utf8.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/unit/echo_reference.hpp"

namespace trivium::protocol {
namespace {

std::string encode(char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) {
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  }
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)),
          byte(0x80 | (c & 63))};
}

TEST(Utf8, EveryScalarValueIsWellFormedAndNoSurrogateIs) {
  for (char32_t c = 0; c < 0x120000; ++c) {
    const bool scalar = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    ASSERT_EQ(is_utf8(encode(c)), scalar) << std::hex << static_cast<unsigned>(c);
  }
}

// The bytes at which table 3-7 changes its mind, and their neighbours.
constexpr std::array<unsigned char, 27> borders{
    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
    0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xFE, 0xFF};

// Validators read blocks: whatever a sequence stands behind must not matter.
TEST(Utf8, EverySequenceOfBorderBytesBehindAnyPadding) {
  for (const std::size_t padding : {0UL, 13UL, 62UL, 63UL, 64UL}) {
    std::string text(padding + 4, 'x');
    for (const auto a : borders) {
      for (const auto b : borders) {
        for (const auto c : borders) {
          for (const auto d : borders) {
            std::size_t at = padding;
            for (const auto byte : {a, b, c, d}) text[at++] = static_cast<char>(byte);
            ASSERT_EQ(is_utf8(text), reference::is_well_formed(text))
                << padding << std::hex << ' ' << int{a} << ' ' << int{b} << ' ' << int{c} << ' '
                << int{d};
          }
        }
      }
    }
  }
}

TEST(Utf8, ACutCharacterAtAnyLengthIsNot) {
  const std::string character = "\xF0\x9F\x98\x80";
  for (std::size_t length = 0; length < 200; ++length) {
    const std::string before(length, 'x');
    EXPECT_TRUE(is_utf8(before + character)) << length;
    for (std::size_t cut = 1; cut < character.size(); ++cut) {
      EXPECT_FALSE(is_utf8(before + character.substr(0, cut))) << length << ' ' << cut;
    }
  }
}

TEST(Utf8, NothingIsWellFormed) {
  EXPECT_TRUE(is_utf8(""));
}

}  // namespace
}  // namespace trivium::protocol
