// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What only the channel between tasks promises: what it does to threads, loops, frames and stacks.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/loop.hpp"
#include "async_channel_pool.hpp"

namespace trivium::async {
namespace {

using namespace std::chrono_literals;

// References in the tasks below are to what their test owns, which runs them to their end.

// ---- Waiting in turn.

Task<> receive_one(Channel<int>& channel, std::vector<int>& order, int who) {
  int value = 0;
  if (co_await channel.receive(value) == ChannelStatus::ok) order.push_back(who * 10 + value);
}

Task<> send_one(Channel<int>& channel, std::vector<int>& order, int value) {
  const int who = value;
  if (co_await channel.send(std::move(value)) == ChannelStatus::ok) order.push_back(who);
}

TEST(AsyncChannel, WhoeverWaitsFirstIsServedFirst) {
  Pool pool(1);
  Channel<int> channel(1);
  std::vector<int> order;
  for (int who = 1; who <= 3; ++who) pool.start(receive_one(channel, order, who));
  pool.poll();
  for (int value = 1; value <= 3; ++value) {
    EXPECT_EQ(channel.try_send(std::move(value)), ChannelStatus::ok);
    pool.poll();
  }
  EXPECT_EQ(order, (std::vector<int>{11, 22, 33}));

  order.clear();
  EXPECT_EQ(channel.try_send(0), ChannelStatus::ok);
  for (int value = 1; value <= 3; ++value) pool.start(send_one(channel, order, value));
  pool.poll();
  EXPECT_EQ(order, std::vector<int>());
  for (int expected = 0; expected <= 3; ++expected) {
    int value = -1;
    EXPECT_EQ(channel.try_receive(value), ChannelStatus::ok);
    EXPECT_EQ(value, expected);
    pool.poll();
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

// ---- No verb blocks its thread, nor keeps it for itself.

Task<> count_to(int limit, int& count) {
  while (count < limit) {
    ++count;
    co_await asio::post(as_result);
  }
}

TEST(AsyncChannel, AWaitingTaskLeavesTheThreadToOthers) {
  Pool pool(1);
  Channel<int> empty(1);
  Channel<int> full(1);
  ASSERT_EQ(full.try_send(1), ChannelStatus::ok);
  std::vector<int> order;
  int count = 0;
  pool.start(receive_one(empty, order, 1));
  pool.start(send_one(full, order, 2));
  pool.start(count_to(1000, count));
  pool.poll();
  EXPECT_EQ(count, 1000);
  EXPECT_EQ(order, std::vector<int>());
  empty.close();
  full.close();
  pool.run();
}

// So often one may go on while another waits for its turn, before it is said that it never comes.
constexpr int endless = 10'000'000;

Task<> send_to_itself(Channel<int>& channel, const bool& stopped) {
  int value = 0;
  for (int i = 0; i < endless && !stopped; ++i) {
    co_await channel.send(std::move(value));
    co_await channel.receive(value);
  }
  EXPECT_TRUE(stopped) << "nobody else had a turn";
}

Task<> stop_after(int steps, bool& stopped) {
  for (int i = 0; i < steps; ++i) co_await asio::post(as_result);
  stopped = true;
}

TEST(AsyncChannel, AVerbThatNeverWaitsLetsOthersRunAllTheSame) {
  Pool pool(1);
  Channel<int> channel(1);
  bool stopped = false;
  pool.start(send_to_itself(channel, stopped));
  pool.start(stop_after(1000, stopped));
  pool.run();
}

Task<> bounce(Channel<int>& from, Channel<int>& to, const bool& stopped) {
  int value = 0;
  for (int i = 0; i < endless && !stopped; ++i) {
    if (co_await from.receive(value) != ChannelStatus::ok) break;
    co_await to.send(std::move(value));
  }
  EXPECT_TRUE(stopped) << "nobody else had a turn";
  to.close();
}

TEST(AsyncChannel, TasksThatWakeEachOtherLetOthersRunAllTheSame) {
  Pool pool(1);
  Channel<int> there(1);
  Channel<int> back(1);
  bool stopped = false;
  ASSERT_EQ(there.try_send(1), ChannelStatus::ok);
  pool.start(bounce(there, back, stopped));
  pool.start(bounce(back, there, stopped));
  pool.start(stop_after(1000, stopped));
  pool.run();
}

// Blocks its thread, as no task should, until others have done what they can do without it.
Task<> send_and_block(Channel<int>& channel, const std::atomic<int>& received) {
  for (int i = 0; i < 2; ++i) co_await channel.send(std::move(i));
  const auto deadline = Clock::now() + 60s;
  while (received < 2 && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(received, 2);
}

Task<> count_received(Channel<int>& channel, std::atomic<int>& received) {
  for (int value = 0; received < 2;) {
    if (co_await channel.receive(value) == ChannelStatus::ok) ++received;
  }
}

TEST(AsyncChannel, ATaskThatIsWokenMovesToAThreadThatIsFree) {
  Pool pool(2);
  Channel<int> channel(2);
  std::atomic<int> received = 0;
  pool.start(count_received(channel, received));
  pool.start(send_and_block(channel, received));
  pool.run();
}

// ---- The stack.

[[gnu::noinline]] std::uintptr_t stack_pointer() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

struct Extent {
  std::uintptr_t low = UINTPTR_MAX;
  std::uintptr_t high = 0;
  void look() {
    low = std::min(low, stack_pointer());
    high = std::max(high, stack_pointer());
  }
};

Task<> stream(Channel<int>& channel, Extent& stack) {
  for (int value = 0; value < 10'000;) {
    stack.look();
    co_await channel.send(value + 1);
    stack.look();
    co_await channel.receive(value);
  }
}

Task<> spawn_streams(asio::io_context& context, Channel<int>& channel, Extent& stack) {
  for (int i = 0; i < 1000; ++i) {
    int value = 9998;
    asio::co_spawn(context, stream(channel, stack), rethrow);
    stack.look();
    co_await channel.send(std::move(value));
    co_await channel.receive(value);
  }
}

TEST(AsyncChannel, TheStackDoesNotGrow) {
  Pool pool(1);
  Channel<int> channel(8);
  Extent stack;
  pool.start(stream(channel, stack));
  pool.run();
  EXPECT_LT(stack.high - stack.low, 16'384U);

  Channel<int> other(4000);
  pool.start(spawn_streams(pool.context(), other, stack));
  pool.run();
  EXPECT_LT(stack.high - stack.low, 16'384U);
}

// ---- Ways to await a verb, for compilers that get some of them wrong: run under asan.

using Texts = Channel<std::string>;

// Too long to be kept in place, so that a copy of its bytes is a second owner.
std::string long_text(int number) {
  return std::string(100, 'x') + std::to_string(number);
}

Task<bool> send_in_a_condition(Texts& texts) {
  std::string text = long_text(1);
  if (co_await texts.send(std::move(text)) != ChannelStatus::ok) co_return false;
  co_return true;
}

Task<ChannelStatus> send_and_return_what_it_yields(Texts& texts) {
  co_return co_await texts.send(long_text(2));
}

Task<> send_temporaries(Texts& texts) {
  co_await texts.send(long_text(3));
  co_await texts.send("a literal that is too long to be kept in place");
  const ChannelStatus status =
      co_await texts.send_until(Clock::now() + std::chrono::hours(1), long_text(4));
  EXPECT_EQ(status, ChannelStatus::ok);
}

Task<> send_from_loops(Texts& texts) {
  std::vector<std::string> all;
  for (int i = 5; i < 8; ++i) all.push_back(long_text(i));
  for (std::string& text : all) co_await texts.send(std::move(text));
  for (const std::string& text : all) EXPECT_EQ(text, "");
}

Task<> send_and_catch(Texts& texts) {
  try {
    const std::string text = long_text(8);
    std::string copy = text;
    co_await texts.send(std::move(copy));
    EXPECT_EQ(text, long_text(8));
    throw std::runtime_error(text);
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), long_text(8));
  }
}

Task<> send_every_way(Texts& texts) {
  EXPECT_TRUE(co_await send_in_a_condition(texts));
  EXPECT_EQ(co_await send_and_return_what_it_yields(texts), ChannelStatus::ok);
  co_await send_temporaries(texts);
  co_await send_from_loops(texts);
  co_await send_and_catch(texts);
  texts.close();
}

Task<> receive_every_way(Texts& texts, std::vector<std::string>& received) {
  std::string text;
  if (co_await texts.receive(text) == ChannelStatus::ok) received.push_back(text);
  const bool again = co_await texts.receive(text) == ChannelStatus::ok;
  if (again) received.push_back(std::move(text));
  while (co_await texts.receive_until(Clock::now() + 1h, text) == ChannelStatus::ok &&
         !text.empty()) {
    received.push_back(std::exchange(text, std::string()));
  }
}

TEST(AsyncChannel, VerbsAreAwaitedInEveryWay) {
  const std::vector<std::string> expected{
      long_text(1), long_text(2), long_text(3), "a literal that is too long to be kept in place",
      long_text(4), long_text(5), long_text(6), long_text(7),
      long_text(8)};
  for (const bool receiver_first : {true, false}) {
    for (const std::size_t capacity : {1U, 3U, 100U}) {
      Pool pool(1);
      Texts texts(capacity);
      std::vector<std::string> received;
      if (receiver_first) pool.start(receive_every_way(texts, received));
      pool.start(send_every_way(texts));
      if (!receiver_first) pool.start(receive_every_way(texts, received));
      pool.run();
      EXPECT_EQ(received, expected);
    }
  }
}

}  // namespace
}  // namespace trivium::async
