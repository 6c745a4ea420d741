// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the driver of a session sees: the order of actions, ends from outside, hazards.
#include "shared/protocol/echo_session.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <string_view>

#include "tests/unit/echo_reference.hpp"

namespace trivium::protocol {
namespace {

using namespace std::string_view_literals;
using reference::head;
using Kind = Action::Kind;

std::string text_of(std::span<const char> bytes) {
  return {bytes.begin(), bytes.end()};
}

// A session whose head is out.
EchoSession begun(EchoSession::Limits limits = {}) {
  EchoSession session(limits);
  session.written(head.size());
  return session;
}

TEST(EchoSession, SpeaksFirst) {
  const EchoSession session({});
  ASSERT_EQ(session.next().kind, Kind::write);
  EXPECT_EQ(text_of(session.next().bytes), head);
  EXPECT_TRUE(session.owes_bytes());
}

TEST(EchoSession, AnswersAllCompleteLinesOfOneReadInOneWrite) {
  auto session = begun();
  session.received("a\nb\r\nc\nrest"sv);
  ASSERT_EQ(session.next().kind, Kind::write);
  EXPECT_EQ(text_of(session.next().bytes), "a\nb\nc\n");
  EXPECT_TRUE(session.has_partial_line());
  session.written(6);
  EXPECT_EQ(session.next().kind, Kind::read);
  session.received("\n"sv);
  EXPECT_EQ(text_of(session.next().bytes), "rest\n");
  EXPECT_FALSE(session.has_partial_line());
}

TEST(EchoSession, AnswersALineAsSoonAsItIsComplete) {
  auto session = begun();
  session.received("ab"sv);
  EXPECT_EQ(session.next().kind, Kind::read);
  session.received("\r"sv);
  EXPECT_EQ(session.next().kind, Kind::read);
  session.received("\n"sv);
  EXPECT_EQ(text_of(session.next().bytes), "ab\n");
}

TEST(EchoSession, PartialWritesLeaveTheRest) {
  auto session = begun();
  session.received("abc\ndef\n"sv);
  session.written(3);
  EXPECT_EQ(text_of(session.next().bytes), "\ndef\n");
  EXPECT_TRUE(session.owes_bytes());
  session.written(5);
  EXPECT_FALSE(session.owes_bytes());
  EXPECT_EQ(session.next().kind, Kind::read);
}

TEST(EchoSession, EarlierLinesAreWrittenBeforeTheRejection) {
  auto session = begun({.max_line = 3});
  session.received("a\nlong\nb\n"sv);
  EXPECT_EQ(text_of(session.next().bytes), "a\n");
  session.written(2);
  EXPECT_EQ(session.next().kind, Kind::shut_and_drain);
  session.drained();
  ASSERT_EQ(session.next().kind, Kind::close);
  EXPECT_EQ(session.next().reason, CloseReason::rejected_too_long);
}

TEST(EchoSession, ARejectionDropsThePartialLine) {
  auto session = begun({.max_line = 3});
  session.received("abc"sv);
  EXPECT_TRUE(session.has_partial_line());
  session.received("d"sv);
  EXPECT_EQ(session.next().kind, Kind::shut_and_drain);
  EXPECT_FALSE(session.has_partial_line());
}

TEST(EchoSession, DoesNotLingerAfterTheClientsFin) {
  auto session = begun({.max_line = 3});
  session.received("\xFF"sv);
  session.end_of_input();
  ASSERT_EQ(session.next().kind, Kind::close);
  EXPECT_EQ(session.next().reason, CloseReason::rejected_utf8);
}

TEST(EchoSession, OwesAtMostOneReadAndOneLine) {
  constexpr std::size_t read_size = 4096;
  std::mt19937_64 random(1);
  const EchoSession::Limits limits{.max_line = 1000};
  auto session = begun(limits);
  std::string input;
  while (input.size() < 200'000) {
    input += std::string(1 + static_cast<std::size_t>(random() % 1000), 'x') + "\n";
  }
  std::size_t most = 0;
  for (std::string_view rest = input; !rest.empty();) {
    const auto action = session.next();
    if (action.kind == Kind::write) {
      most = std::max(most, action.bytes.size());
      session.written(action.bytes.size());
      continue;
    }
    ASSERT_EQ(action.kind, Kind::read);
    session.received(rest.substr(0, read_size));
    rest.remove_prefix(std::min(read_size, rest.size()));
  }
  EXPECT_LE(most, read_size + limits.max_line + 1);
  EXPECT_GE(most, read_size / 2);
}

// ---- Ends from outside.

TEST(EchoAbort, IdleDropsThePartialLineAndLingers) {
  auto session = begun();
  session.received("abc"sv);
  session.abort(CloseReason::idle);
  EXPECT_FALSE(session.has_partial_line());
  EXPECT_EQ(session.next().kind, Kind::shut_and_drain);
  session.drained();
  ASSERT_EQ(session.next().kind, Kind::close);
  EXPECT_EQ(session.next().reason, CloseReason::idle);
}

TEST(EchoAbort, ResetHasNobodyToLingerFor) {
  auto session = begun();
  session.received("abc\nde"sv);
  session.abort(CloseReason::reset);
  EXPECT_FALSE(session.owes_bytes());
  ASSERT_EQ(session.next().kind, Kind::close);
  EXPECT_EQ(session.next().reason, CloseReason::reset);
}

TEST(EchoAbort, DrainDropsWhatIsOwed) {
  auto session = begun();
  session.received("abc\nde"sv);
  session.abort(CloseReason::drain);
  EXPECT_FALSE(session.owes_bytes());
  EXPECT_EQ(session.next().kind, Kind::shut_and_drain);
  session.drained();
  EXPECT_EQ(session.next().reason, CloseReason::drain);
}

TEST(EchoAbort, BeforeTheHeadIsOut) {
  for (const auto reason : {CloseReason::idle, CloseReason::drain, CloseReason::reset}) {
    EchoSession session({});
    session.written(5);
    session.abort(reason);
    EXPECT_FALSE(session.owes_bytes());
    if (session.next().kind == Kind::shut_and_drain) session.drained();
    ASSERT_EQ(session.next().kind, Kind::close);
    EXPECT_EQ(session.next().reason, reason);
  }
}

TEST(EchoAbort, AnEndThatWasOwedBytesIsNoEnd) {
  auto session = begun();
  session.received("abc\n\n"sv);
  session.abort(CloseReason::idle);
  session.drained();
  EXPECT_EQ(session.next().reason, CloseReason::idle);
}

TEST(EchoAbort, AnEndThatIsCompleteKeepsItsReason) {
  for (const auto late : {CloseReason::idle, CloseReason::drain, CloseReason::reset}) {
    auto session = begun();
    session.received("\n"sv);
    ASSERT_EQ(session.next().kind, Kind::shut_and_drain);
    session.abort(late);
    if (session.next().kind == Kind::shut_and_drain) session.drained();
    ASSERT_EQ(session.next().kind, Kind::close);
    EXPECT_EQ(session.next().reason, CloseReason::end);
  }
}

TEST(EchoAbort, AnAnswerThatWasLostReplacesTheReason) {
  for (const auto reason : {CloseReason::reset, CloseReason::idle, CloseReason::drain}) {
    auto session = begun();
    session.received("abc\n\n"sv);
    session.written(4);
    ASSERT_EQ(session.next().kind, Kind::shut_and_drain);
    session.lost(reason);
    if (reason != CloseReason::reset) {
      ASSERT_EQ(session.next().kind, Kind::shut_and_drain);
      session.drained();
    }
    ASSERT_EQ(session.next().kind, Kind::close);
    EXPECT_EQ(session.next().reason, reason);
  }
}

TEST(EchoAbort, AnAnswerThatWasLostAfterTheClientsFinLingersForNobody) {
  auto session = begun();
  session.received("abc\n"sv);
  session.written(4);
  session.end_of_input();
  session.lost(CloseReason::idle);
  ASSERT_EQ(session.next().kind, Kind::close);
  EXPECT_EQ(session.next().reason, CloseReason::idle);
}

// ---- Hazards.

TEST(EchoHazards, WhatIsOwedIsWrittenBeforeTheActAndLaterLinesWait) {
  auto session = begun({.hazards = true});
  session.received("a\n@sleep 10ms\nb\n@pid\nc\n\nignored\n"sv);
  EXPECT_EQ(text_of(session.next().bytes), "a\n");
  session.written(2);
  ASSERT_EQ(session.next().kind, Kind::act);
  EXPECT_EQ(session.next().hazard.kind, Hazard::Kind::sleep);
  EXPECT_EQ(session.next().hazard.duration, std::chrono::milliseconds(10));
  session.acted();
  EXPECT_EQ(text_of(session.next().bytes), "@sleep 10ms\nb\n");
  session.written(14);
  ASSERT_EQ(session.next().kind, Kind::act);
  EXPECT_EQ(session.next().hazard.kind, Hazard::Kind::pid);
  session.acted("pid=1 tid=2");
  EXPECT_EQ(text_of(session.next().bytes), "pid=1 tid=2\nc\n");
  session.written(14);
  EXPECT_EQ(session.next().kind, Kind::shut_and_drain);
  session.drained();
  EXPECT_EQ(session.next().reason, CloseReason::end);
  EXPECT_EQ(session.lines(), 5U);
}

TEST(EchoHazards, AnUnknownOneIsEchoed) {
  auto session = begun({.hazards = true});
  session.received("@nothing\n@sleep\n@sleep ten\n @pid\n"sv);
  EXPECT_EQ(text_of(session.next().bytes), "@nothing\n@sleep\n@sleep ten\n @pid\n");
}

TEST(EchoHazards, ALineThatIsRejectedDoesNotAct) {
  auto session = begun({.max_line = 3, .hazards = true});
  session.received("@pid\n"sv);
  EXPECT_EQ(session.next().kind, Kind::shut_and_drain);
}

TEST(EchoHazards, ALeftoverActsToo) {
  auto session = begun({.hazards = true});
  session.received("a\n@pid"sv);
  session.written(2);
  session.end_of_input();
  ASSERT_EQ(session.next().kind, Kind::act);
  session.acted("pid=1 tid=2");
  EXPECT_EQ(text_of(session.next().bytes), "pid=1 tid=2\n");
  session.written(12);
  ASSERT_EQ(session.next().kind, Kind::close);
  EXPECT_EQ(session.next().reason, CloseReason::eof);
  EXPECT_EQ(session.lines(), 2U);
}

TEST(EchoHazards, AnAbortWhileOneWaitsEndsIt) {
  for (const auto* input : {"@pid\nmore\n", "@pid\n\n", "@pid"}) {
    auto session = begun({.hazards = true});
    session.received(std::string_view(input));
    if (session.next().kind == Kind::read) session.end_of_input();
    ASSERT_EQ(session.next().kind, Kind::act);
    session.abort(CloseReason::drain);
    if (session.next().kind == Kind::shut_and_drain) session.drained();
    ASSERT_EQ(session.next().kind, Kind::close) << input;
    EXPECT_EQ(session.next().reason, CloseReason::drain) << input;
  }
}

TEST(CloseReasons, AreNamedAsTheCountersSpellThem) {
  EXPECT_EQ(to_string(CloseReason::end), "end");
  EXPECT_EQ(to_string(CloseReason::rejected_too_long), "rejected_too_long");
  EXPECT_EQ(to_string(CloseReason::crashed), "crashed");
}

}  // namespace
}  // namespace trivium::protocol
