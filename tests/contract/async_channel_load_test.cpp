// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Channels between tasks under load: many to many, and every verb against close and deadlines.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "async_channel_pool.hpp"

namespace trivium::async {
namespace {

using namespace std::chrono_literals;

// References in the tasks below are to what their test owns, which runs them to their end.

struct Load {
  std::size_t threads;
  std::size_t capacity;
};

void PrintTo(const Load& load, std::ostream* out) {
  *out << load.threads << "ThreadsCapacity" << load.capacity;
}

class AsyncChannelLoad : public testing::TestWithParam<Load> {};
INSTANTIATE_TEST_SUITE_P(Loads, AsyncChannelLoad,
                         testing::Values(Load{1, 1}, Load{1, 3}, Load{3, 1}, Load{3, 3},
                                         Load{3, 64}),
                         testing::PrintToStringParamName());

constexpr int units = 4;
constexpr int each = 2000;

Task<> send_all(Parcels& parcels, int sender, std::atomic<int>& left) {
  for (int i = 0; i < each; ++i) {
    Parcel parcel(sender, i);
    const ChannelStatus status = co_await parcels.send(std::move(parcel));
    EXPECT_EQ(status, ChannelStatus::ok);
    EXPECT_FALSE(parcel.is_here());
  }
  if (--left == 0) parcels.close();
}

using Taken = std::vector<std::pair<int, int>>;

Task<> receive_all(Parcels& parcels, Taken& taken) {
  Parcel parcel(0, 0);
  while (co_await parcels.receive(parcel) == ChannelStatus::ok) {
    taken.emplace_back(parcel.sender(), parcel.number());
  }
}

TEST_P(AsyncChannelLoad, EveryValueArrivesOnceAndInItsSendersOrder) {
  Pool pool(GetParam().threads);
  Parcels parcels(GetParam().capacity);
  std::atomic<int> left = units;
  std::vector<Taken> taken(units);
  for (Taken& by_one : taken) pool.start(receive_all(parcels, by_one));
  for (int sender = 0; sender < units; ++sender) pool.start(send_all(parcels, sender, left));
  pool.run();

  std::vector<int> times(units * each, 0);
  for (const Taken& by_one : taken) {
    std::vector<int> last(units, -1);
    for (const auto& [sender, number] : by_one) {
      EXPECT_GT(number, std::exchange(last[static_cast<std::size_t>(sender)], number));
      ++times[static_cast<std::size_t>(sender * each + number)];
    }
  }
  EXPECT_EQ(times, std::vector<int>(units * each, 1));
}

// ---- Close and deadlines against everything else: what a verb says is what happened.

struct Tally {
  std::atomic<int> sent = 0;
  std::atomic<int> received = 0;
  std::atomic<int> late = 0;
};

Task<> send_until_closed(Parcels& parcels, Clock::duration patience, Tally& tally) {
  std::minstd_rand random(static_cast<unsigned>(tally.sent + 1));
  for (int i = 0;; ++i) {
    Parcel parcel(0, i);
    const auto wait = patience * static_cast<int>(random() % 8) / 8;
    const auto deadline = i % 3 == 0 ? Parcels::Deadline::max() : Clock::now() + wait;
    const ChannelStatus status = co_await parcels.send_until(deadline, std::move(parcel));
    EXPECT_EQ(parcel.is_here(), status != ChannelStatus::ok);
    if (status == ChannelStatus::closed) co_return;
    ++(status == ChannelStatus::ok ? tally.sent : tally.late);
  }
}

Task<> receive_until_closed(Parcels& parcels, Clock::duration patience, Tally& tally) {
  std::minstd_rand random(static_cast<unsigned>(tally.received + 1));
  for (int i = 0;; ++i) {
    Parcel parcel(-1, -1);
    const auto wait = patience * static_cast<int>(random() % 8) / 8;
    const auto deadline = i % 3 == 0 ? Parcels::Deadline::max() : Clock::now() + wait;
    const ChannelStatus status = co_await parcels.receive_until(deadline, parcel);
    EXPECT_EQ(parcel.sender(), status == ChannelStatus::ok ? 0 : -1);
    if (status == ChannelStatus::closed) co_return;
    ++(status == ChannelStatus::ok ? tally.received : tally.late);
  }
}

Task<> close_after(Parcels& parcels, Clock::duration time) {
  Timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(as_result);
  parcels.close();
}

// How many of each there are decides whether senders or receivers are the ones that wait.
void race(const Load& load, int senders, int receivers, Clock::duration patience, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    Pool pool(load.threads);
    Parcels parcels(load.capacity);
    Tally tally;
    pool.start(close_after(parcels, 1ms));
    for (int i = 0; i < receivers; ++i) pool.start(receive_until_closed(parcels, patience, tally));
    for (int i = 0; i < senders; ++i) pool.start(send_until_closed(parcels, patience, tally));
    pool.run();
    EXPECT_EQ(tally.sent, tally.received) << "round " << round;
  }
}

TEST_P(AsyncChannelLoad, CloseRacesWithSendersAndLosesNothing) {
  race(GetParam(), 4, 1, 10s, 30);
}

TEST_P(AsyncChannelLoad, CloseRacesWithReceiversAndLosesNothing) {
  race(GetParam(), 1, 4, 10s, 30);
}

TEST_P(AsyncChannelLoad, DeadlinesRaceWithWakeUpsOfSendersAndLoseNothing) {
  race(GetParam(), 4, 1, 40us, 50);
}

TEST_P(AsyncChannelLoad, DeadlinesRaceWithWakeUpsOfReceiversAndLoseNothing) {
  race(GetParam(), 1, 4, 40us, 50);
}

}  // namespace
}  // namespace trivium::async
