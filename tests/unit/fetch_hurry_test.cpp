// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A peer whose bytes are always there before they are asked for, so that a fetch never has to wait:
// its timeout ends it all the same. A thread's fetch, and a task's.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "async/fetch_connection.hpp"
#include "shared/net/blocking_fetch.hpp"
#include "tests/unit/loopback.hpp"

namespace {

// Set while every recv of this program finds bytes at once.
std::atomic<bool> hurried = false;
std::atomic<bool> head_is_due = false;

}  // namespace

// Stands before the system's recv in this program, and is it until the peer is to hurry.
extern "C" ssize_t recv(int socket, void* buffer, std::size_t size, int flags) {
  static const auto system = reinterpret_cast<decltype(&::recv)>(::dlsym(RTLD_NEXT, "recv"));
  if (!hurried) return system(socket, buffer, size, flags);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));  // so that the limit is far away
  std::memset(buffer, 'x', size);
  constexpr std::string_view head = "HTTP/1.0 200 OK\r\n\r\n";
  if (head_is_due.exchange(false)) std::memcpy(buffer, head.data(), std::min(size, head.size()));
  return static_cast<ssize_t>(size);
}

namespace trivium {
namespace {

using namespace std::chrono_literals;
using Fetch = protocol::FetchResult (*)(const std::string& url, const net::FetchLimits& limits);

protocol::FetchResult fetch_blocking(const std::string& url, const net::FetchLimits& limits) {
  return net::blocking_fetch(
      url, limits,
      [](const std::string&, const std::string&, std::chrono::steady_clock::time_point) {
        return net::resolution_timed_out();  // a literal is never resolved
      });
}

async::Task<> await_fetch(std::string url, net::FetchLimits limits, protocol::FetchResult& result) {
  result = co_await async::fetch(std::move(url), limits);
}

protocol::FetchResult fetch_async(const std::string& url, const net::FetchLimits& limits) {
  protocol::FetchResult result;
  async::asio::io_context context(1);
  async::asio::co_spawn(context, await_fetch(url, limits, result), async::rethrow);
  context.run();
  return result;
}

class FetchHurry : public testing::TestWithParam<Fetch> {};

TEST_P(FetchHurry, DoesNotExtendTheTimeout) {
  const auto listener = test::listen_on_loopback();
  const std::string url = "http://" + net::to_string(net::local_address(listener.get())) + "/";
  head_is_due = true;
  hurried = true;
  const auto result = GetParam()(url, {.timeout = 100ms, .max_body = std::size_t{256} << 20});
  hurried = false;
  EXPECT_EQ(result.why(), "timed out: reading the body");
  EXPECT_GE(result.elapsed, 100ms);
  EXPECT_GT(result.bytes, 0U);
}

async::Task<> note_the_time(async::Clock::time_point& awake) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  async::Timer timer(executor, 20ms);
  co_await timer.async_wait(async::as_result);
  awake = async::Clock::now();
}

TEST(FetchHurryOfATask, LetsOthersOnItsLoopHaveTheirTurn) {
  const auto listener = test::listen_on_loopback();
  const std::string url = "http://" + net::to_string(net::local_address(listener.get())) + "/";
  protocol::FetchResult result;
  async::Clock::time_point awake;
  async::asio::io_context context(1);
  async::asio::co_spawn(context,
                        await_fetch(url, {.timeout = 2s, .max_body = std::size_t{1} << 30}, result),
                        async::rethrow);
  async::asio::co_spawn(context, note_the_time(awake), async::rethrow);
  head_is_due = true;
  hurried = true;
  context.run();
  hurried = false;
  EXPECT_EQ(result.why(), "timed out: reading the body");
  EXPECT_LT(awake, async::Clock::now() - 500ms) << "the timer went off when the fetch was over";
}

INSTANTIATE_TEST_SUITE_P(Flavours, FetchHurry, testing::Values(fetch_blocking, fetch_async),
                         [](const auto& row) { return row.index == 0 ? "Blocking" : "Async"; });

}  // namespace
}  // namespace trivium
