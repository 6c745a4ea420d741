// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "async/loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <stdexcept>

#include "async/connection.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::async {
namespace {

using namespace std::chrono_literals;

class AsyncLoop : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Threads, AsyncLoop, testing::Values(1, 3),
                         testing::PrintToStringParamName());

Task<> nap(Clock::duration duration, std::atomic<int>& awake) {
  const Executor executor = co_await asio::this_coro::executor;
  Timer timer(executor, duration);
  co_await timer.async_wait(as_result);
  ++awake;
}

TEST_P(AsyncLoop, EndsWithItsLastTask) {
  Loop loop(GetParam(), 60s);
  std::atomic<int> awake = 0;
  std::atomic<std::size_t> ended = 0;
  for (int i = 0; i < 100; ++i) loop.start_unit(nap(std::chrono::milliseconds(i), awake));
  EXPECT_EQ(loop.run([&] { ++ended; }), GetParam());
  EXPECT_TRUE(test::eventually([&] { return ended == GetParam(); }));
  EXPECT_EQ(awake, 100);
  net::Totals totals;
  loop.add_to(totals);
  EXPECT_EQ(totals.units_started, 100U);
  EXPECT_NO_THROW(loop.check());
}

Task<> fail() {
  throw std::runtime_error("a task failed");
  co_return;
}

TEST_P(AsyncLoop, PassesOnWhatATaskThrew) {
  std::atomic<int> awake = 0;
  std::atomic<std::size_t> ended = 0;
  Loop loop(GetParam(), 60s);
  loop.start(nap(60s, awake));
  loop.start(fail());
  loop.run([&] { ++ended; });
  EXPECT_TRUE(test::eventually([&] { return ended == GetParam(); }));
  EXPECT_THROW(loop.check(), std::runtime_error);
}

// Tells when its frame is destroyed.
struct Witness {
  explicit Witness(std::atomic<int>& value) : count(value) { ++count; }
  ~Witness() { --count; }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  std::atomic<int>& count;
};

Task<> hold(Listener listener, Loop& loop, Permits& permits, std::atomic<int>& frames) {
  const Witness witness(frames);
  net::Admission everyone{{}};
  auto connection = co_await accept_one(listener, permits, everyone, loop.next_slot());
  co_await serve(std::move(*connection), loop, {}, loop.next_slot());
}

TEST_P(AsyncLoop, HaltDestroysTheFramesThatAreLeft) {
  std::atomic<int> frames = 0;
  Loop loop(GetParam(), 60s);
  Permits permits(2);
  const auto listener = test::listen_on_loopback();
  std::deque<net::Descriptor> clients;
  for (int i = 0; i < 3; ++i) {  // two of them get a permit
    loop.start(hold(adopt_listener(loop.executor(), listener.get()), loop, permits, frames));
    clients.push_back(test::connect_to(listener.get()));
  }
  loop.run([] {});
  EXPECT_TRUE(test::eventually([&] {
    net::Totals totals;
    loop.add_to(totals);
    return totals.accepted == 2 && frames == 3;
  }));
  loop.halt();
  EXPECT_EQ(frames, 0);
}

// ---- Accepting.

Task<> accept_all(Listener listener, Loop& loop, Permits& permits, std::atomic<int>& accepted) {
  net::Admission everyone{{}};
  while (auto connection = co_await accept_one(listener, permits, everyone, loop.next_slot())) {
    ++accepted;
    loop.start_unit(serve(std::move(*connection), loop, {}, loop.next_slot()));
  }
}

TEST_P(AsyncLoop, AtTheLimitNobodyAcceptsUntilAPlaceIsFree) {
  const std::string head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";
  std::atomic<int> accepted = 0;
  std::atomic<std::size_t> ended = 0;
  Loop loop(GetParam(), 60s);
  Permits permits(2);
  const auto listener = test::listen_on_loopback();
  loop.start(accept_all(adopt_listener(loop.executor(), listener.get()), loop, permits, accepted));
  loop.run([&] { ++ended; });
  std::deque<net::Descriptor> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(test::connect_to(listener.get()));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(test::receive(clients.front().get(), head.size()), head);
    EXPECT_LE(accepted, i + 2);
    clients.pop_front();
  }
  net::shut_listener(listener.get());
  permits.close();
  EXPECT_TRUE(test::eventually([&] { return ended == GetParam(); }));
  EXPECT_EQ(accepted, 5);
}

TEST_P(AsyncLoop, AShutListenerEndsTheAcceptor) {
  for (const bool first : {true, false}) {
    std::atomic<int> accepted = 0;
    std::atomic<std::size_t> ended = 0;
    Loop loop(GetParam(), 60s);
    Permits unlimited(0);
    const auto listener = test::listen_on_loopback();
    loop.start(
        accept_all(adopt_listener(loop.executor(), listener.get()), loop, unlimited, accepted));
    if (first) net::shut_listener(listener.get());
    loop.run([&] { ++ended; });
    net::shut_listener(listener.get());
    EXPECT_TRUE(test::eventually([&] { return ended == GetParam(); }));
  }
}

}  // namespace
}  // namespace trivium::async
