// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/counters.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

namespace trivium::net {
namespace {

using protocol::CloseReason;

CounterSlot& filled(CounterSlot& slot) {
  CounterSlot::add(slot.accepted, 20);
  slot.close(CloseReason::end);
  slot.close(CloseReason::end);
  slot.close(CloseReason::idle);
  CounterSlot::add(slot.lines, 5);
  CounterSlot::add(slot.bytes_in, 70);
  CounterSlot::add(slot.bytes_out, 116);
  CounterSlot::add(slot.accept_errors, 3);
  return slot;
}

TEST(Totals, AreOneJsonObjectOnOneLine) {
  CounterSlot slot;
  Totals totals;
  totals += filled(slot);
  totals.units_started = 4;
  totals.units_died = 1;
  totals.closed[static_cast<std::size_t>(CloseReason::crashed)] = 2;
  const std::string text = totals.to_json("multithread/handoff");
  EXPECT_EQ(text.find('\n'), text.npos);
  const boost::json::value expected = {
      {"schema", 1},
      {"contender", "multithread/handoff"},
      {"accepted", 20},
      {"active", 15},
      {"closed",
       {{"end", 2},
        {"eof", 0},
        {"rejected_too_long", 0},
        {"rejected_utf8", 0},
        {"idle", 1},
        {"reset", 0},
        {"drain", 0},
        {"crashed", 2},
        {"line_timeout", 0},
        {"refused", 0}}},
      {"lines", 5},
      {"bytes_in", 70},
      {"bytes_out", 116},
      {"accept_errors", 3},
      {"units_started", 4},
      {"units_died", 1},
  };
  EXPECT_EQ(boost::json::parse(text), expected) << text;
}

TEST(Totals, AcceptedIsActiveAndAllThatClosed) {
  CounterSlot slot;
  Totals totals;
  totals += filled(slot);
  for (std::size_t i = 0; i < protocol::close_reason_count; ++i) {
    slot.close(static_cast<CloseReason>(i));
  }
  totals = Totals{};
  totals += slot;
  std::uint64_t closed = 0;
  for (const auto count : totals.closed) closed += count;
  EXPECT_EQ(totals.accepted, totals.active() + closed);
  EXPECT_EQ(totals.active(), 7U);
}

TEST(Totals, ActiveIsNeverBelowNone) {
  CounterSlot slot;
  slot.close(CloseReason::eof);  // accepted by another unit, whose slot was read before
  Totals totals;
  totals += slot;
  EXPECT_EQ(totals.active(), 0U);
}

TEST(Totals, FoldMovesCounts) {
  CounterSlot slot;
  Totals totals;
  totals.fold(filled(slot));
  Totals once;
  CounterSlot same;
  once += filled(same);
  EXPECT_EQ(totals.to_json("x"), once.to_json("x"));
  totals.fold(slot);
  totals += slot;
  EXPECT_EQ(totals.to_json("x"), once.to_json("x"));  // nothing was left
}

TEST(Totals, NeverShowMoreClosedThanAcceptedWhileAUnitWorks) {
  CounterSlot slot;
  std::atomic<bool> done = false;
  std::thread unit([&] {
    while (!done) {
      CounterSlot::add(slot.accepted, 1);
      slot.close(CloseReason::eof);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    Totals totals;
    totals += slot;
    const auto closed = totals.closed[static_cast<std::size_t>(CloseReason::eof)];
    ASSERT_LE(closed, totals.accepted);
  }
  done = true;
  unit.join();
}

TEST(CounterSlot, HasCacheLinesOfItsOwn) {
  EXPECT_EQ(sizeof(CounterSlot) % 128, 0U);
  EXPECT_EQ(alignof(CounterSlot), 128U);
}

}  // namespace
}  // namespace trivium::net
