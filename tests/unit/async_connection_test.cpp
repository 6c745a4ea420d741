// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The coroutine twin of blocking_connection_test: the same cases, on one thread and on a pool.
#include "async/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "async/loop.hpp"
#include "async/split_connection.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::async {
namespace {

using namespace std::chrono_literals;
using protocol::CloseReason;

const std::string head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";

struct Setup {
  Clock::duration idle_timeout = 60s;
  protocol::EchoSession::Limits limits{};
  bool expired = false;
  bool small_buffers = false;
  std::size_t offload = 0;
};

struct Way {
  std::size_t threads;  // of the loop
  bool split;           // the connection, between two tasks
};

class AsyncConnection : public testing::TestWithParam<Way> {};

// One connection, served by a loop of its own.
class Served {
 public:
  explicit Served(const Setup& setup = {})
      : service_({.limits = setup.limits, .offload = setup.offload > 0 ? &offload_ : nullptr},
                 AsyncConnection::GetParam().split),
        loop_(threads_, setup.idle_timeout),
        permits_(0),
        offload_(setup.offload) {
    const auto listener = test::listen_on_loopback();
    if (setup.small_buffers) {
      const int size = 16 * 1024;
      for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
        net::checked(::setsockopt(listener.get(), SOL_SOCKET, option, &size, sizeof size),
                     "buffer");
      }
    }
    client = test::connect_to(listener.get(), setup.small_buffers ? 16 * 1024 : 0);
    begin = Clock::now();
    if (setup.expired) loop_.watchdog().expire();  // before anything runs
    loop_.start(serve_one(adopt_listener(loop_.executor(), listener.get()), *this));
    loop_.run([this] { ++ended_; });
  }

  ~Served() {
    client.close();
    (void)test::eventually([this] { return ended_ == threads_; });
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // Waits for the end; says after how long it came.
  Clock::duration join() {
    EXPECT_TRUE(test::eventually([this] { return ended_ == threads_; }));
    loop_.check();
    return Clock::now() - begin;
  }

  void expire() { loop_.expire(); }

  [[nodiscard]] net::Totals totals() const {
    net::Totals totals;
    loop_.add_to(totals);
    return totals;
  }

  [[nodiscard]] std::uint64_t closed(CloseReason reason) const {
    return totals().closed[static_cast<std::size_t>(reason)];
  }

  [[nodiscard]] bool done() const { return totals().active() == 0; }

  net::Descriptor client;
  Clock::time_point begin;

 private:
  const std::size_t threads_ = AsyncConnection::GetParam().threads;
  static Task<> serve_one(Listener listener, Served& self) {
    auto connection =
        co_await accept_one(listener, self.permits_, self.everyone_, self.loop_.next_slot());
    self.service_.start(std::move(*connection), self.loop_);
  }

  const Service service_;
  Loop loop_;
  Permits permits_;
  net::Admission everyone_{{}};
  Offload offload_;
  std::atomic<std::size_t> ended_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Way, AsyncConnection,
                         testing::Values(Way{1, false}, Way{3, false}, Way{1, true}, Way{3, true}),
                         [](const auto& way) {
                           return (way.param.split ? "split" : "loop") +
                                  std::to_string(way.param.threads);
                         });

TEST_P(AsyncConnection, EchoesAndCounts) {
  Served served;
  test::send_all(served.client.get(), "a\r\nbc\nd");
  ::shutdown(served.client.get(), SHUT_WR);
  EXPECT_EQ(test::receive(served.client.get()), head + "a\nbc\nd\n");
  served.join();
  EXPECT_EQ(served.closed(CloseReason::eof), 1U);
  EXPECT_EQ(served.totals().accepted, 1U);
  EXPECT_EQ(served.totals().lines, 3U);
  EXPECT_EQ(served.totals().bytes_in, 7U);
  EXPECT_EQ(served.totals().bytes_out, head.size() + 7);
}

TEST_P(AsyncConnection, SendsTheHeadBeforeItHasReadAByte) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  EXPECT_EQ(served.totals().bytes_in, 0U);
}

TEST_P(AsyncConnection, CountsARejection) {
  Served served({.limits = {.max_line = 4}});
  test::send_all(served.client.get(), "a\n12345");
  EXPECT_EQ(test::receive(served.client.get()), head + "a\n");
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::rejected_too_long), 1U);
  EXPECT_EQ(served.totals().lines, 1U);
}

TEST_P(AsyncConnection, ManyLinesCrossManySuspensions) {
  Served served;
  for (int i = 0; i < 500; ++i) {
    const std::string line = std::to_string(i) + "\n";
    test::send_all(served.client.get(), line);
    const std::string expected = i == 0 ? head + line : line;
    ASSERT_EQ(test::receive(served.client.get(), expected.size()), expected);
  }
  served.client.close();
  served.join();
  EXPECT_EQ(served.totals().lines, 500U);
}

// ---- Lingering.

TEST_P(AsyncConnection, LingerLastsUntilTheClientsFin) {
  Served served;
  test::send_all(served.client.get(), "a\n\n");
  EXPECT_EQ(test::receive(served.client.get()), head + "a\n");
  EXPECT_FALSE(served.done());
  test::send_all(served.client.get(), "ignored\n");
  served.client.close();
  EXPECT_LT(served.join(), protocol::linger_time);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
  EXPECT_EQ(served.totals().lines, 1U);
}

TEST_P(AsyncConnection, LingerLetsNoResetOvertakeTheAnswer) {
  Served served;
  std::string answer;
  for (int i = 0; i < 100; ++i) answer += std::string(100, 'x') + "\n";
  test::send_all(served.client.get(), answer + "\n" + std::string(300'000, 'y'));
  EXPECT_EQ(test::receive(served.client.get()), head + answer);  // throws for a reset
}

TEST_P(AsyncConnection, LingerIsBoundedInTime) {
  Served served;
  test::send_all(served.client.get(), "\n");
  EXPECT_EQ(test::receive(served.client.get()), head);
  // A byte now and then does not extend it.
  while (!served.done() && Clock::now() - served.begin < test::patience) {
    (void)::send(served.client.get(), "x", 1, MSG_NOSIGNAL);
    std::this_thread::sleep_for(20ms);
  }
  const auto lasted = served.join();
  EXPECT_GE(lasted, protocol::linger_time);
  EXPECT_LT(lasted, protocol::linger_time + 2s);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

TEST_P(AsyncConnection, LingerIsBoundedInBytes) {
  Served served;
  test::send_all(served.client.get(), "\n");
  const std::string junk(64 * 1024, 'x');
  std::size_t sent = 0;
  for (;;) {
    const auto count = ::send(served.client.get(), junk.data(), junk.size(), MSG_NOSIGNAL);
    if (count < 0) break;  // reset: nobody reads any more
    sent += static_cast<std::size_t>(count);
    ASSERT_LT(sent, 64U * 1024 * 1024);
  }
  EXPECT_LT(served.join(), protocol::linger_time);
  EXPECT_GE(sent, protocol::linger_bytes);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

// ---- Idle.

TEST_P(AsyncConnection, IdleClientIsClosedAndItsPartialLineDropped) {
  Served served({.idle_timeout = 300ms});
  test::send_all(served.client.get(), "a\npartial");
  EXPECT_EQ(test::receive(served.client.get()), head + "a\n");
  EXPECT_GE(Clock::now() - served.begin, 300ms);
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
  EXPECT_EQ(served.totals().lines, 1U);
}

TEST_P(AsyncConnection, BytesReceivedAreProgressThoughTheyMakeNoLine) {
  Served served({.idle_timeout = 2s});
  for (int i = 0; i < 12; ++i) {
    test::send_all(served.client.get(), "x");
    std::this_thread::sleep_for(250ms);
  }
  test::send_all(served.client.get(), "\n\n");
  EXPECT_EQ(test::receive(served.client.get()), head + std::string(12, 'x') + "\n");
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

struct Flood {
  std::size_t sent = 0;
  Clock::time_point last = Clock::now();  // when the kernel last took some
};

// Sends lines until the server's send finds no room and its back-pressure has come through.
Flood flood(int socket) {
  const std::string line = std::string(1023, 'x') + "\n";
  Flood flood;
  while (Clock::now() - flood.last < 200ms && flood.sent < 64 * 1024 * 1024) {
    // Goes on inside the line where the last send stopped.
    const auto rest = std::string_view(line).substr(flood.sent % line.size());
    const auto count = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0) continue;
    flood.last = Clock::now();
    flood.sent += static_cast<std::size_t>(count);
  }
  return flood;
}

TEST_P(AsyncConnection, AReaderThatMakesProgressIsNotIdle) {
  test::judge_a_quick_attempt([] {
    Served served({.idle_timeout = 2s, .small_buffers = true});
    const auto [sent, last] = flood(served.client.get());
    ::shutdown(served.client.get(), SHUT_WR);
    // Far too slow to take what is owed within the timeout, and never silent for as long.
    EXPECT_GT(sent, 512U * 1024);
    auto [answer, pause] =
        test::read_slowly(served.client.get(), 80.0 * 1024, last, served.begin + 5s);
    if (pause > 1s) return false;
    EXPECT_FALSE(served.done());
    answer += test::receive(served.client.get());
    EXPECT_EQ(answer.size(), head.size() + sent + (sent % 1024 == 0 ? 0 : 1));
    served.join();
    EXPECT_EQ(served.closed(CloseReason::eof), 1U);
    return true;
  });
}

TEST_P(AsyncConnection, AReaderThatMakesNoneIsIdle) {
  Served served({.idle_timeout = 1s, .small_buffers = true});
  (void)flood(served.client.get());
  EXPECT_LT(served.totals().bytes_in, 512U * 1024);  // back-pressure: the rest waits at the client
  const auto lasted = served.join();  // the timeout and, since nobody reads the FIN, lingering
  EXPECT_GE(lasted, 1s);
  EXPECT_LT(lasted, 1s + protocol::linger_time + 5s);
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
}

// ---- Output that the client does not take, while its input has ended or waits for nobody.

// Lines for which the socket's buffers have no room, but where it is split, the channel has.
const std::string outstanding = [] {
  std::string lines;
  while (lines.size() < 96 * 1024) lines += std::string(1023, 'o') + "\n";
  return lines;
}();

// Sends them; where the connection is split, waits until the reading task has nothing left to read.
void leave_outstanding(const Served& served) {
  test::send_all(served.client.get(), outstanding);
  if (!AsyncConnection::GetParam().split) return;
  EXPECT_TRUE(test::eventually([&] { return served.totals().bytes_in == outstanding.size(); }));
}

TEST_P(AsyncConnection, OutputThatNobodyTakesIsIdle) {
  Served served({.idle_timeout = 1s, .small_buffers = true});
  leave_outstanding(served);
  const auto lasted = served.join();
  EXPECT_GE(lasted, 1s);
  EXPECT_LT(lasted, 1s + protocol::linger_time + 5s);
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
  EXPECT_LT(served.totals().bytes_out, head.size() + outstanding.size());
}

TEST_P(AsyncConnection, OutputThatNobodyTakesAfterTheEndIsIdle) {
  Served served({.idle_timeout = 1s, .small_buffers = true});
  leave_outstanding(served);
  test::send_all(served.client.get(), "\n");
  ::shutdown(served.client.get(), SHUT_WR);
  EXPECT_LT(served.join(), 1s + protocol::linger_time + 5s);
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
  EXPECT_EQ(served.closed(CloseReason::end), 0U);
}

TEST_P(AsyncConnection, AResetWithOutputOutstandingIsCountedOnce) {
  for (int i = 0; i < 20; ++i) {
    Served served({.small_buffers = true});
    leave_outstanding(served);
    if (i % 2 == 0) test::send_all(served.client.get(), "partial");
    test::reset(served.client);
    served.join();
    EXPECT_EQ(served.closed(CloseReason::reset), 1U);
    EXPECT_EQ(served.closed(CloseReason::eof), 0U);
    EXPECT_LE(served.totals().lines, outstanding.size() / 1024);
  }
}

// ---- Reset and drain.

TEST_P(AsyncConnection, AResetEndsItAtOnce) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  test::reset(served.client);
  served.join();
  EXPECT_EQ(served.closed(CloseReason::reset), 1U);
}

TEST_P(AsyncConnection, DrainEndsTheWaitOfAReader) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  test::send_all(served.client.get(), "partial");
  EXPECT_TRUE(test::eventually([&] { return served.totals().bytes_in == 7; }));
  EXPECT_FALSE(served.done());
  served.expire();
  EXPECT_EQ(test::receive(served.client.get()), "");
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

TEST_P(AsyncConnection, DrainEndsTheWaitOfAWriter) {
  Served served({.small_buffers = true});
  (void)flood(served.client.get());
  served.expire();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

TEST_P(AsyncConnection, DrainLeavesLingeringAlone) {
  Served served;
  test::send_all(served.client.get(), "\n");
  EXPECT_EQ(test::receive(served.client.get()), head);
  served.expire();
  std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(served.done());
  served.client.close();
  EXPECT_LT(served.join(), protocol::linger_time);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

TEST_P(AsyncConnection, WhatBeginsTooLateIsClosed) {
  Served served({.expired = true});
  EXPECT_EQ(test::receive(served.client.get()), "");
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

// ---- Hazards.

TEST_P(AsyncConnection, HazardsActBeforeTheirLineIsAnswered) {
  Served served({.limits = {.hazards = true}});
  test::send_all(served.client.get(), "a\n@sleep 50ms\n@work 20ms\n@pid\n\n");
  const std::string answer = test::receive(served.client.get());
  EXPECT_GE(Clock::now() - served.begin, 70ms);
  const std::string before = head + "a\n@sleep 50ms\n@work 20ms\npid=" + std::to_string(::getpid());
  EXPECT_THAT(answer, testing::StartsWith(before + " tid="));
}

TEST_P(AsyncConnection, WhatComputesOrBlocksIsHandedToThePoolAndAnsweredAsBefore) {
  Served served({.limits = {.hazards = true}, .offload = 2});
  test::send_all(served.client.get(), "a\n@block 30ms\n@work 20ms\n@sleep 10ms\nb\n\n");
  EXPECT_EQ(test::receive(served.client.get()),
            head + "a\n@block 30ms\n@work 20ms\n@sleep 10ms\nb\n");
  EXPECT_GE(Clock::now() - served.begin, 60ms);
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

TEST_P(AsyncConnection, SleepingIsNotIdling) {
  Served served({.idle_timeout = 200ms, .limits = {.hazards = true}});
  test::send_all(served.client.get(), "@sleep 700ms\n");
  EXPECT_EQ(test::receive(served.client.get()), head + "@sleep 700ms\n");
  EXPECT_GE(Clock::now() - served.begin, 900ms);
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
}

}  // namespace
}  // namespace trivium::async
