// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Channels between tasks, and the loops that these run on: several, halted, gone, or failing.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

#include "async/loop.hpp"
#include "async_channel_pool.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::async {
namespace {

using namespace std::chrono_literals;

constexpr auto never = Parcels::Deadline::max();

Clock::time_point far_away() {
  return Clock::now() + 60s;
}

// Tells when its frame is destroyed.
struct Witness {
  explicit Witness(std::atomic<int>& value) : count(value) { ++count; }
  ~Witness() { --count; }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  std::atomic<int>& count;
};

// References in the tasks below are to what their test owns, which outlives them.

Task<> receive_one(Parcels& parcels, Parcels::Deadline deadline, std::atomic<int>& frames,
                   std::optional<ChannelStatus>& status) {
  const Witness witness(frames);
  Parcel parcel(-1, -1);
  status = co_await parcels.receive_until(deadline, parcel);
}

Task<> send_one(Parcels& parcels, Parcels::Deadline deadline, std::atomic<int>& frames,
                std::optional<ChannelStatus>& status) {
  const Witness witness(frames);
  Parcel parcel(0, 0);
  status = co_await parcels.send_until(deadline, std::move(parcel));
}

// ---- Two loops, a thread each.

Task<> bounce(Channel<int>& from, Channel<int>& to, Clock::time_point deadline, int& count) {
  const Executor own = co_await asio::this_coro::executor;
  int value = 0;
  while (co_await from.receive_until(deadline, value) == ChannelStatus::ok) {
    EXPECT_TRUE(own.running_in_this_thread());
    if (value == 0) break;
    ++count;
    --value;
    co_await to.send_until(deadline, std::move(value));
    EXPECT_TRUE(own.running_in_this_thread());
  }
  to.close();
}

TEST(AsyncChannelLoops, TasksOfTwoLoopsWakeEachOther) {
  for (const auto deadline : {never, far_away()}) {
    Channel<int> there(1);
    Channel<int> back(1);
    int counts[2] = {0, 0};
    ASSERT_EQ(there.try_send(10'000), ChannelStatus::ok);
    Pool first(1);
    Pool second(1);
    first.start(bounce(there, back, deadline, counts[0]));
    second.start(bounce(back, there, deadline, counts[1]));
    std::jthread other([&] { second.run(); });
    first.run();
    other.join();
    EXPECT_EQ(counts[0], 5000);
    EXPECT_EQ(counts[1], 5000);
  }
}

// ---- A loop that is halted.

class AsyncChannelHalt : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Threads, AsyncChannelHalt, testing::Values(1, 3),
                         testing::PrintToStringParamName());

TEST_P(AsyncChannelHalt, DestroysTheTasksThatWait) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> frames = 0;
    std::optional<ChannelStatus> status;
    Parcels empty(1);
    Parcels full(1);
    EXPECT_EQ(full.try_send(Parcel(0, 7)), ChannelStatus::ok);
    Loop loop(GetParam(), 60s);
    for (const auto deadline : {never, far_away(), never, far_away()}) {
      loop.start(receive_one(empty, deadline, frames, status));
      loop.start(send_one(full, deadline, frames, status));
    }
    loop.run([] {});
    EXPECT_TRUE(test::eventually([&] { return frames == 8; }));
    loop.halt();
    EXPECT_EQ(frames, 0);
    EXPECT_EQ(status, std::nullopt);

    // The channels go on without them.
    Parcel parcel(-1, -1);
    EXPECT_EQ(empty.try_send(Parcel(0, 8)), ChannelStatus::ok);
    EXPECT_EQ(empty.try_receive(parcel), ChannelStatus::ok);
    EXPECT_EQ(parcel.number(), 8);
    EXPECT_EQ(full.try_receive(parcel), ChannelStatus::ok);
    EXPECT_EQ(parcel.number(), 7);
    EXPECT_EQ(full.try_receive(parcel), ChannelStatus::would_block);
  }
}

Task<> receive_all(Parcels& parcels, Parcels::Deadline deadline, std::atomic<int>& frames) {
  const Witness witness(frames);
  Parcel parcel(-1, -1);
  while (co_await parcels.receive_until(deadline, parcel) == ChannelStatus::ok) {
  }
}

TEST_P(AsyncChannelHalt, MayMeetWakeUpsFromElsewhere) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> frames = 0;
    Parcels parcels(2);
    std::optional<Loop> loop(std::in_place, GetParam(), 60s);
    for (const auto deadline : {never, far_away(), never}) {
      loop->start(receive_all(parcels, deadline, frames));
    }
    loop->run([] {});
    EXPECT_TRUE(test::eventually([&] { return frames == 3; }));
    std::jthread sender([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) (void)parcels.try_send(Parcel(0, 0));
    });
    Parcel parcel(-1, -1);
    EXPECT_TRUE(test::eventually([&] { return parcels.try_receive(parcel) == ChannelStatus::ok; }));
    loop.reset();
    EXPECT_EQ(frames, 0);
    EXPECT_TRUE(
        test::eventually([&] { return parcels.try_send(Parcel(0, 0)) != ChannelStatus::ok; }));
  }
}

// ---- Who goes first.

TEST(AsyncChannelLoops, AChannelMayOutliveItsLoops) {
  std::atomic<int> frames = 0;
  std::optional<ChannelStatus> status;
  Parcels parcels(1);
  for (int round = 0; round < 3; ++round) {
    Pool pool(1);
    pool.start(receive_one(parcels, never, frames, status));
    pool.start(receive_one(parcels, far_away(), frames, status));
    pool.poll();
    EXPECT_EQ(frames, 2);
  }
  EXPECT_EQ(frames, 0);
  EXPECT_EQ(parcels.try_send(Parcel(0, 0)), ChannelStatus::ok);
  EXPECT_EQ(parcels.try_send(Parcel(0, 0)), ChannelStatus::would_block);
}

TEST(AsyncChannelLoops, WhoeverWaitsWhenAChannelGoesIsToldThatItIsClosed) {
  for (const auto deadline : {never, far_away()}) {
    std::atomic<int> frames = 0;
    std::optional<ChannelStatus> receiver;
    std::optional<ChannelStatus> sender;
    Pool pool(1);
    std::optional<Parcels> empty(std::in_place, 1);
    std::optional<Parcels> full(std::in_place, 1);
    EXPECT_EQ(full->try_send(Parcel(0, 0)), ChannelStatus::ok);
    pool.start(receive_one(*empty, deadline, frames, receiver));
    pool.start(send_one(*full, deadline, frames, sender));
    pool.poll();
    empty.reset();
    full.reset();
    pool.run();
    EXPECT_EQ(receiver, ChannelStatus::closed);
    EXPECT_EQ(sender, ChannelStatus::closed);
    EXPECT_EQ(frames, 0);
  }
}

TEST(AsyncChannelLoops, ALoopMayGoBeforeATaskThatWasWokenGoesOn) {
  for (const auto deadline : {never, far_away()}) {
    std::atomic<int> frames = 0;
    std::optional<ChannelStatus> status;
    Parcels parcels(1);
    {
      Pool pool(1);
      pool.start(receive_one(parcels, deadline, frames, status));
      pool.poll();
      EXPECT_EQ(parcels.try_send(Parcel(0, 0)), ChannelStatus::ok);
    }
    EXPECT_EQ(frames, 0);
    EXPECT_EQ(status, std::nullopt);
  }
}

// ---- Deadlines, step by step.

void pass(Clock::time_point deadline) {
  EXPECT_TRUE(test::eventually([&] { return Clock::now() > deadline; }));
}

TEST(AsyncChannelLoops, AnAlarmThatComesLateChangesNothing) {
  std::atomic<int> frames = 0;
  std::optional<ChannelStatus> status;
  Pool pool(1);
  std::optional<Parcels> parcels(std::in_place, 1);
  const auto deadline = Clock::now() + 5ms;
  pool.start(receive_one(*parcels, deadline, frames, status));
  pool.poll();
  pass(deadline);
  EXPECT_EQ(parcels->try_send(Parcel(0, 0)), ChannelStatus::ok);
  parcels.reset();
  pool.run();
  EXPECT_EQ(status, ChannelStatus::ok);
}

TEST(AsyncChannelLoops, WhoeverTimedOutIsNotServedAnyMore) {
  std::atomic<int> frames = 0;
  std::optional<ChannelStatus> receiver;
  std::optional<ChannelStatus> sender;
  Pool pool(1);
  Parcels empty(1);
  Parcels full(1);
  EXPECT_EQ(full.try_send(Parcel(0, 7)), ChannelStatus::ok);
  const auto deadline = Clock::now() + 5ms;
  pool.start(receive_one(empty, deadline, frames, receiver));
  pool.start(send_one(full, deadline, frames, sender));
  pool.run();
  EXPECT_EQ(receiver, ChannelStatus::timed_out);
  EXPECT_EQ(sender, ChannelStatus::timed_out);
  Parcel parcel(-1, -1);
  EXPECT_EQ(empty.try_send(Parcel(0, 8)), ChannelStatus::ok);
  EXPECT_EQ(empty.try_receive(parcel), ChannelStatus::ok);
  EXPECT_EQ(parcel.number(), 8);
  EXPECT_EQ(full.try_receive(parcel), ChannelStatus::ok);
  EXPECT_EQ(parcel.number(), 7);
  EXPECT_EQ(full.try_receive(parcel), ChannelStatus::would_block);
}

// ---- A task that fails.

Task<> send_and_fail(Parcels& parcels) {
  Parcel parcel(0, 0);
  co_await parcels.send(std::move(parcel));
  throw std::runtime_error("a task failed");
}

TEST(AsyncChannelLoops, WhatATaskThrowsEndsTheRunAndNobodyElse) {
  std::atomic<int> frames = 0;
  std::optional<ChannelStatus> status[2];
  Pool pool(1);
  Parcels parcels(1);
  pool.start(receive_one(parcels, never, frames, status[0]));
  pool.start(receive_one(parcels, never, frames, status[1]));
  pool.start(send_and_fail(parcels));
  pool.start(send_and_fail(parcels));
  EXPECT_THROW(pool.run(), std::runtime_error);
  EXPECT_THROW(pool.run(), std::runtime_error);
  pool.run();
  EXPECT_EQ(status[0], ChannelStatus::ok);
  EXPECT_EQ(status[1], ChannelStatus::ok);
  EXPECT_EQ(frames, 0);
}

}  // namespace
}  // namespace trivium::async
