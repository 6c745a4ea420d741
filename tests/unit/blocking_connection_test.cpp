// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/blocking_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "multithread/split_connection.hpp"
#include "multithread/units.hpp"
#include "shared/net/hazards.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::net {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using protocol::CloseReason;

const std::string head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";

struct Setup {
  std::chrono::nanoseconds idle_timeout = 60s;
  protocol::EchoSession::Limits limits{};
  bool expired = false;
  bool small_buffers = false;
};

// Whether the connection is split between two units: everything holds in either case.
class BlockingConnection : public testing::TestWithParam<bool> {};

using multithread::Service;
using multithread::Units;

// One connection, served by a thread of its own, or by two.
class Served {
 public:
  explicit Served(const Setup& setup = {})
      : expired(setup.expired),
        options_{.limits = setup.limits,
                 .idle_timeout = setup.idle_timeout,
                 .expired = expired,
                 .split = BlockingConnection::GetParam()} {
    const auto listener = test::listen_on_loopback();
    set_idle_timeout(listener.get(), setup.idle_timeout);
    if (setup.small_buffers) {
      const int size = 16 * 1024;
      for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
        checked(::setsockopt(listener.get(), SOL_SOCKET, option, &size, sizeof size), "buffer");
      }
    }
    client = test::connect_to(listener.get(), setup.small_buffers ? 16 * 1024 : 0);
    const auto service = std::make_shared<Service>(units_, options_);
    auto connection = accept_one(listener.get(), accepted_);
    begin = Clock::now();
    units_.start([this, service, socket = connection->release()](CounterSlot& counters) {
      service->serve(Descriptor(socket), counters);
      done = true;
    });
  }

  ~Served() {
    client.close();
    (void)join();
    units_.reap();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // Waits for the end of all units; says after how long it came.
  Clock::duration join() {
    EXPECT_TRUE(test::eventually([this] { return units_.running() == 0; }));
    return Clock::now() - begin;
  }

  // Has the units look up until the condition holds.
  template <typename Condition>
  bool kick_until(Condition condition) {
    return test::eventually([&] {
      units_.kick();
      return condition();
    });
  }

  [[nodiscard]] Totals totals() const {
    Totals totals = units_.totals();
    totals += accepted_;
    return totals;
  }

  [[nodiscard]] std::uint64_t closed(CloseReason reason) const {
    return totals().closed[static_cast<std::size_t>(reason)];
  }

  std::atomic<bool> expired;
  std::atomic<bool> done = false;
  Descriptor client;
  Clock::time_point begin;

 private:
  const ServeOptions options_;
  CounterSlot accepted_;
  Units units_;
};

INSTANTIATE_TEST_SUITE_P(Way, BlockingConnection, testing::Bool(),
                         [](const auto& split) { return split.param ? "split" : "loop"; });

TEST_P(BlockingConnection, EchoesAndCounts) {
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

TEST_P(BlockingConnection, SendsTheHeadBeforeItHasReadAByte) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  EXPECT_EQ(served.totals().bytes_in, 0U);
}

TEST_P(BlockingConnection, CountsARejection) {
  Served served({.limits = {.max_line = 4}});
  test::send_all(served.client.get(), "a\n12345");
  EXPECT_EQ(test::receive(served.client.get()), head + "a\n");
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::rejected_too_long), 1U);
  EXPECT_EQ(served.totals().lines, 1U);
}

// ---- Lingering.

TEST_P(BlockingConnection, LingerLastsUntilTheClientsFin) {
  Served served;
  test::send_all(served.client.get(), "a\n\n");
  EXPECT_EQ(test::receive(served.client.get()), head + "a\n");
  EXPECT_FALSE(served.done);
  test::send_all(served.client.get(), "ignored\n");
  served.client.close();
  EXPECT_LT(served.join(), protocol::linger_time);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
  EXPECT_EQ(served.totals().lines, 1U);
}

TEST_P(BlockingConnection, LingerLetsNoResetOvertakeTheAnswer) {
  Served served;
  std::string answer;
  std::string input;
  for (int i = 0; i < 100; ++i) answer += std::string(100, 'x') + "\n";
  input = answer + "\n" + std::string(300'000, 'y');
  test::send_all(served.client.get(), input);
  EXPECT_EQ(test::receive(served.client.get()), head + answer);  // throws for a reset
}

TEST_P(BlockingConnection, LingerIsBoundedInTime) {
  Served served;
  test::send_all(served.client.get(), "\n");
  EXPECT_EQ(test::receive(served.client.get()), head);
  // A byte now and then does not extend it.
  while (!served.done && Clock::now() - served.begin < test::patience) {
    (void)::send(served.client.get(), "x", 1, MSG_NOSIGNAL);
    std::this_thread::sleep_for(20ms);
  }
  const auto lasted = served.join();
  EXPECT_GE(lasted, protocol::linger_time);
  EXPECT_LT(lasted, protocol::linger_time + 2s);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

TEST_P(BlockingConnection, LingerIsBoundedInBytes) {
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

TEST_P(BlockingConnection, IdleClientIsClosedAndItsPartialLineDropped) {
  Served served({.idle_timeout = 300ms});
  test::send_all(served.client.get(), "a\npartial");
  EXPECT_EQ(test::receive(served.client.get()), head + "a\n");
  EXPECT_GE(Clock::now() - served.begin, 300ms);
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
  EXPECT_EQ(served.totals().lines, 1U);
}

TEST_P(BlockingConnection, BytesReceivedAreProgressThoughTheyMakeNoLine) {
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

// Sends lines until the server's send blocks and its back-pressure has come through.
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

TEST_P(BlockingConnection, AReaderThatMakesProgressIsNotIdle) {
  test::judge_a_quick_attempt([] {
    Served served({.idle_timeout = 1s, .small_buffers = true});
    const auto [sent, last] = flood(served.client.get());
    ::shutdown(served.client.get(), SHUT_WR);
    // Far too slow to take what is owed within the timeout, and never silent for as long.
    EXPECT_GT(sent, 512U * 1024);
    auto [answer, pause] =
        test::read_slowly(served.client.get(), 80.0 * 1024, last, served.begin + 4s);
    if (pause > 500ms) return false;
    EXPECT_FALSE(served.done);
    answer += test::receive(served.client.get());
    EXPECT_EQ(answer.size(), head.size() + sent + (sent % 1024 == 0 ? 0 : 1));
    served.join();
    EXPECT_EQ(served.closed(CloseReason::eof), 1U);
    return true;
  });
}

TEST_P(BlockingConnection, AReaderThatMakesNoneIsIdle) {
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

// Sends them; where the connection is split, waits until the reading unit has nothing left to read.
void leave_outstanding(const Served& served) {
  test::send_all(served.client.get(), outstanding);
  if (!BlockingConnection::GetParam()) return;
  EXPECT_TRUE(test::eventually([&] { return served.totals().bytes_in == outstanding.size(); }));
}

TEST_P(BlockingConnection, OutputThatIsTakenKeepsItFromBeingIdle) {
  Served served({.idle_timeout = 2s, .small_buffers = true});
  leave_outstanding(served);
  std::string answer;
  // The kernel takes more in lumps, when a good part of its buffers is free again.
  while (Clock::now() - served.begin < 2300ms) {
    answer += test::receive(served.client.get(), 2048);
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_FALSE(served.done);
  answer += test::receive(served.client.get(), head.size() + outstanding.size() - answer.size());
  EXPECT_TRUE(answer == head + outstanding);
  EXPECT_EQ(test::receive(served.client.get()), "");  // now it is idle
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
}

TEST_P(BlockingConnection, OutputThatNobodyTakesIsIdle) {
  Served served({.idle_timeout = 1s, .small_buffers = true});
  leave_outstanding(served);
  const auto lasted = served.join();
  EXPECT_GE(lasted, 1s);
  EXPECT_LT(lasted, 1s + protocol::linger_time + 5s);
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
  EXPECT_LT(served.totals().bytes_out, head.size() + outstanding.size());
}

TEST_P(BlockingConnection, OutputThatNobodyTakesAfterTheEndIsIdle) {
  Served served({.idle_timeout = 1s, .small_buffers = true});
  leave_outstanding(served);
  test::send_all(served.client.get(), "\n");
  ::shutdown(served.client.get(), SHUT_WR);
  EXPECT_LT(served.join(), 1s + protocol::linger_time + 5s);
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
  EXPECT_EQ(served.closed(CloseReason::end), 0U);
}

TEST_P(BlockingConnection, AResetWithOutputOutstandingIsCountedOnce) {
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

TEST_P(BlockingConnection, AResetEndsItAtOnce) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  test::reset(served.client);
  served.join();
  EXPECT_EQ(served.closed(CloseReason::reset), 1U);
}

TEST_P(BlockingConnection, DrainHasABlockedReaderLookUp) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  test::send_all(served.client.get(), "partial");
  EXPECT_TRUE(served.kick_until([&] { return served.totals().bytes_in == 7; }));
  EXPECT_FALSE(served.done);  // a kick alone ends nothing
  served.expired = true;
  std::thread reader([&] {
    EXPECT_EQ(test::receive(served.client.get()), "");
    served.client.close();
  });
  EXPECT_TRUE(served.kick_until([&] { return served.done.load(); }));
  reader.join();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

TEST_P(BlockingConnection, DrainHasABlockedWriterLookUp) {
  Served served({.small_buffers = true});
  (void)flood(served.client.get());
  served.expired = true;
  EXPECT_TRUE(served.kick_until([&] { return served.done.load(); }));
  served.join();
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

TEST_P(BlockingConnection, WhatBeginsTooLateIsClosed) {
  Served served({.expired = true});
  EXPECT_EQ(test::receive(served.client.get()), "");
  served.client.close();
  served.join();
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

// ---- Hazards.

TEST_P(BlockingConnection, HazardsActBeforeTheirLineIsAnswered) {
  Served served({.limits = {.hazards = true}});
  test::send_all(served.client.get(), "a\n@sleep 50ms\n@work 20ms\n@pid\n\n");
  const std::string answer = test::receive(served.client.get());
  EXPECT_GE(Clock::now() - served.begin, 70ms);
  const std::string before = head + "a\n@sleep 50ms\n@work 20ms\npid=" + std::to_string(::getpid());
  EXPECT_THAT(answer, testing::StartsWith(before + " tid="));
  const auto tid = std::stol(answer.substr(before.size() + 5));
  EXPECT_GT(tid, 0);
  EXPECT_NE(tid, ::syscall(SYS_gettid));
}

TEST(Hazards, WorkBurnsTheCallersOwnCpuTime) {
  const auto cpu_time = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  const auto before = cpu_time();
  EXPECT_EQ(perform({protocol::Hazard::Kind::work, 30ms}), "");
  EXPECT_GE(cpu_time() - before, 30ms);
}

TEST(HazardsDeathTest, CrashAndAbortDieByTheirSignals) {
  using Kind = protocol::Hazard::Kind;
  EXPECT_EXIT((void)perform({Kind::crash}), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT((void)perform({Kind::abort}), testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace trivium::net
