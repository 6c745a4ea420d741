// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What a session makes of an input, whatever way it is cut, held to the specification: a table of
// its sentences, and a plain reading of it for everything else.
#include "shared/protocol/echo_session.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/echo_reference.hpp"

namespace trivium::protocol {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using reference::bytes_of;
using reference::converse;
using reference::head;
using reference::Pieces;
using reference::read_whole;
using reference::Transcript;
using Kind = Action::Kind;

// A session whose head is out.
EchoSession begun(EchoSession::Limits limits = {}) {
  EchoSession session(limits);
  session.written(head.size());
  return session;
}

// ---- The table: what the specification says, sentence by sentence.

struct Case {
  const char* name;
  std::string input;
  std::string answer;  // after the head
  CloseReason reason;
  std::uint64_t lines;
  std::size_t max_line = 8;
};

void PrintTo(const Case& it, std::ostream* out) {
  *out << it.name;
}

const std::array cases{
    Case{"nothing", "", "", CloseReason::eof, 0},
    Case{"one_line", "abc\n", "abc\n", CloseReason::eof, 1},
    Case{"carriage_return_before_newline", "abc\r\n", "abc\n", CloseReason::eof, 1},
    Case{"two_carriage_returns", "abc\r\r\n", "abc\r\n", CloseReason::eof, 1},
    Case{"carriage_return_inside", "a\rb\n", "a\rb\n", CloseReason::eof, 1},
    Case{"line_of_one_carriage_return", "\r\r\n", "\r\n", CloseReason::eof, 1},
    Case{"lines_in_order", "a\nb\r\nc\n", "a\nb\nc\n", CloseReason::eof, 3},
    Case{"empty_line_ends", "a\n\nb\n", "a\n", CloseReason::end, 1},
    Case{"empty_line_with_carriage_return_ends", "a\r\n\r\nb\n", "a\n", CloseReason::end, 1},
    Case{"empty_line_first", "\n", "", CloseReason::end, 0},
    Case{"input_after_the_end_is_ignored", "\n\xFF\n0123456789", "", CloseReason::end, 0},
    Case{"leftover_is_a_line", "a\nbc", "a\nbc\n", CloseReason::eof, 2},
    Case{"leftover_keeps_its_carriage_return", "abc\r", "abc\r\n", CloseReason::eof, 1},
    Case{"leftover_of_one_carriage_return", "\r", "\r\n", CloseReason::eof, 1},
    Case{"longest_line", "12345678\n", "12345678\n", CloseReason::eof, 1},
    Case{"longest_line_with_carriage_return", "12345678\r\n", "12345678\n", CloseReason::eof, 1},
    Case{"longest_leftover", "12345678", "12345678\n", CloseReason::eof, 1},
    Case{"line_too_long", "a\n123456789\nb\n", "a\n", CloseReason::rejected_too_long, 1},
    Case{"too_long_by_carriage_return", "12345678\r\r\n", "", CloseReason::rejected_too_long, 0},
    Case{"carriage_return_inside_too_long", "12345678\rx\n", "", CloseReason::rejected_too_long, 0},
    Case{"leftover_too_long", "123456789", "", CloseReason::rejected_too_long, 0},
    Case{"leftover_too_long_by_carriage_return", "12345678\r", "", CloseReason::rejected_too_long,
         0},
    Case{"length_before_encoding", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\n", "",
         CloseReason::rejected_too_long, 0},
    Case{"stray_continuation", "a\n\x80\nb\n", "a\n", CloseReason::rejected_utf8, 1},
    Case{"overlong", "\xC0\xAF\n", "", CloseReason::rejected_utf8, 0},
    Case{"surrogate", "\xED\xA0\x80\n", "", CloseReason::rejected_utf8, 0},
    Case{"above_unicode", "\xF4\x90\x80\x80\n", "", CloseReason::rejected_utf8, 0},
    Case{"character_cut_by_newline", "\xC3\n\xA9\n", "", CloseReason::rejected_utf8, 0},
    Case{"leftover_cut_in_a_character", "a\n\xE2\x82", "a\n", CloseReason::rejected_utf8, 1},
    Case{"characters_of_every_length", "a\xC3\xA9\n\xE2\x82\xAC\n\xF0\x9F\x98\x80\n",
         "a\xC3\xA9\n\xE2\x82\xAC\n\xF0\x9F\x98\x80\n", CloseReason::eof, 3},
    Case{"limit_counts_bytes", "aaaaaaa\xC3\xA9\n", "", CloseReason::rejected_too_long, 0},
    Case{"nul_is_data", "\0a\0\n"s, "\0a\0\n"s, CloseReason::eof, 1},
    Case{"byte_order_mark_is_data", "\xEF\xBB\xBF\n", "\xEF\xBB\xBF\n", CloseReason::eof, 1},
    Case{"an_http_request", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET / HTTP/1.0\nHost: h\n",
         CloseReason::end, 2, 64},
    Case{"shortest_limit", "a\r\nb\nab\n", "a\nb\n", CloseReason::rejected_too_long, 2, 1},
    Case{"at_sign_without_hazards", "@pid\n", "@pid\n", CloseReason::eof, 1},
};

class EchoTable : public testing::TestWithParam<Case> {
 protected:
  Transcript expected() const {
    return {std::string(head) + GetParam().answer, GetParam().reason, GetParam().lines};
  }
  EchoSession::Limits limits() const { return {.max_line = GetParam().max_line}; }
};

TEST_P(EchoTable, ReferenceAgrees) {
  EXPECT_EQ(read_whole(GetParam().input, GetParam().max_line), expected());
}

TEST_P(EchoTable, Whole) {
  EXPECT_EQ(converse({GetParam().input}, limits()), expected());
}

TEST_P(EchoTable, ByteByByte) {
  EXPECT_EQ(converse(bytes_of(GetParam().input), limits()), expected());
}

TEST_P(EchoTable, EverySplitPoint) {
  const std::string_view input = GetParam().input;
  for (std::size_t i = 0; i <= input.size(); ++i) {
    EXPECT_EQ(converse({input.substr(0, i), input.substr(i)}, limits()), expected()) << i;
  }
}

TEST_P(EchoTable, EveryPairOfSplitPoints) {
  const std::string_view input = GetParam().input;
  for (std::size_t i = 0; i <= input.size(); ++i) {
    for (std::size_t j = i; j <= input.size(); ++j) {
      const Pieces pieces{input.substr(0, i), input.substr(i, j - i), input.substr(j)};
      EXPECT_EQ(converse(pieces, limits()), expected()) << i << ' ' << j;
    }
  }
}

TEST_P(EchoTable, WrittenByteByByte) {
  EXPECT_EQ(converse({GetParam().input}, limits(), 1), expected());
}

INSTANTIATE_TEST_SUITE_P(Spec, EchoTable, testing::ValuesIn(cases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// What the input decided, no byte that follows can change.
class EchoDecided : public EchoTable {};

TEST_P(EchoDecided, WithTrailingBytes) {
  for (const auto& tail : {"x"s, "\n"s, "tail\r\n\r\n"s, "\xFF\n"s, std::string(100, 'x')}) {
    const std::string input = GetParam().input + tail;
    EXPECT_EQ(converse({input}, limits()), expected());
    EXPECT_EQ(converse({GetParam().input, tail}, limits()), expected());
    EXPECT_EQ(converse(bytes_of(input), limits()), expected());
  }
}

std::vector<Case> decided_cases() {
  std::vector<Case> decided;
  for (const auto& it : cases) {
    if (it.reason != CloseReason::eof && it.input.ends_with('\n')) decided.push_back(it);
  }
  return decided;
}

INSTANTIATE_TEST_SUITE_P(Spec, EchoDecided, testing::ValuesIn(decided_cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

// ---- Against the plain reading of the specification.

std::string shown(std::string_view input) {
  std::string text;
  for (const char c : input) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15], ' '};
  }
  return text;
}

TEST(EchoDifferential, EveryShortInput) {
  constexpr std::string_view alphabet = "\r\na\xC3\xA9";
  constexpr std::size_t longest = 6;
  std::vector<std::string> inputs{""};
  for (std::size_t first = 0; inputs.back().size() < longest;) {
    const std::size_t last = inputs.size();
    for (; first < last; ++first) {
      for (const char c : alphabet) inputs.push_back(inputs[first] + c);
    }
  }
  for (const auto& input : inputs) {
    for (std::size_t max_line = 1; max_line <= 4; ++max_line) {
      const auto expected = read_whole(input, max_line);
      ASSERT_EQ(converse({input}, {max_line}), expected) << shown(input) << max_line;
      ASSERT_EQ(converse(bytes_of(input), {max_line}), expected) << shown(input) << max_line;
    }
  }
}

TEST(EchoDifferential, RandomInputsRandomlyCut) {
  const std::array tokens{"\r"s,   "\n"s,   "\r\n"s,      "a"s,    "\xC3\xA9"s,     "\xC3"s,
                          "\xA9"s, "\xC0"s, "\x80"s,      "\0"s,   "\xEF\xBB\xBF"s, "\xE2\x82"s,
                          "bc"s,   "\n"s,   "@sleep 1s"s, "@pid"s, "\r\n"s,         "de"s};
  std::mt19937_64 random(20260714);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 200'000; ++round) {
    std::string input;
    for (auto left = below(16); left > 0; --left) input += tokens[below(tokens.size())];
    const EchoSession::Limits limits{.max_line = 1 + below(12), .hazards = below(2) == 0};
    Pieces pieces;
    for (std::string_view rest = input; !rest.empty();) {
      const auto size = 1 + below(rest.size());
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    ASSERT_EQ(converse(pieces, limits, 1 + below(64)), read_whole(input, limits.max_line))
        << shown(input) << limits.max_line;
  }
}

// ---- The limit on a line.

// How many bytes a session takes, one by one, before it asks for no more.
std::size_t bytes_taken(std::string_view input, std::size_t max_line) {
  auto session = begun({.max_line = max_line});
  std::size_t taken = 0;
  while (taken < input.size() && session.next().kind == Kind::read) {
    session.received(input.substr(taken++, 1));
    if (const auto action = session.next(); action.kind == Kind::write) {
      session.written(action.bytes.size());
    }
  }
  return taken;
}

// No way to go on makes the line legal, be it the end of input or of the line.
bool is_hopeless(std::string_view line, std::size_t max_line) {
  const bool legal_at_end_of_input = line.size() <= max_line;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return !legal_at_end_of_input && line.size() > max_line;
}

TEST(EchoLimit, RejectsAtTheFirstHopelessByte) {
  constexpr std::string_view alphabet = "a\r";
  for (std::size_t max_line = 1; max_line <= 5; ++max_line) {
    const std::size_t length = max_line + 4;
    for (unsigned bits = 0; bits < (1U << length); ++bits) {
      std::string line;
      for (std::size_t i = 0; i < length; ++i) line += alphabet[(bits >> i) & 1];
      std::size_t hopeless = 1;
      while (!is_hopeless(std::string_view(line).substr(0, hopeless), max_line)) ++hopeless;
      EXPECT_EQ(bytes_taken(line, max_line), hopeless) << shown(line) << max_line;
    }
  }
}

TEST(EchoLimit, EveryLengthAroundItWithEveryEnd) {
  for (const std::size_t max_line : {1UL, 2UL, 63UL, 64UL, 65UL, 1024UL, 65536UL}) {
    for (std::size_t length = max_line - 1; length <= max_line + 2; ++length) {
      for (const auto* end : {"", "\n", "\r\n", "\r\r\n", "\r", "\rx\n"}) {
        const std::string input = "\xC3\xA9\n" + std::string(length, 'x') + end;
        const auto expected = read_whole(input, max_line);
        EXPECT_EQ(converse({input}, {max_line}), expected) << max_line << ' ' << length;
        const std::string_view view = input;
        for (std::size_t cut = input.size() - std::min<std::size_t>(input.size(), 6);
             cut < input.size(); ++cut) {
          const Pieces pieces{view.substr(0, cut), view.substr(cut)};
          EXPECT_EQ(converse(pieces, {max_line}), expected) << max_line << ' ' << length;
        }
      }
    }
  }
}

}  // namespace
}  // namespace trivium::protocol
