// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/signals.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/unit/loopback.hpp"

namespace trivium::app {
namespace {

bool readable(const Signals& signals) {
  return net::wait_readable(signals.descriptor(), -1, std::chrono::nanoseconds::zero()).first;
}

TEST(Signals, TheFirstStopDrainsAndTheSecondKills) {
  Signals signals;
  EXPECT_FALSE(readable(signals));
  EXPECT_EQ(signals.take(), std::nullopt);
  std::raise(SIGTERM);
  EXPECT_TRUE(readable(signals));
  EXPECT_EQ(signals.take(), Command::drain);
  EXPECT_EQ(signals.take(), std::nullopt);
  std::raise(SIGINT);
  EXPECT_EQ(signals.take(), Command::kill);
  EXPECT_EQ(signals.kill_code(), 128 + SIGINT);
  EXPECT_FALSE(readable(signals));
}

TEST(Signals, TheKillCodeIsOfTheSecondSignal) {
  Signals signals;
  std::raise(SIGINT);
  EXPECT_EQ(signals.take(), Command::drain);
  std::raise(SIGTERM);
  EXPECT_EQ(signals.take(), Command::kill);
  EXPECT_EQ(signals.kill_code(), 128 + SIGTERM);
}

TEST(Signals, AReportIsNoStop) {
  Signals signals;
  std::raise(SIGUSR1);
  EXPECT_EQ(signals.take(), Command::report);
  std::raise(SIGTERM);
  EXPECT_EQ(signals.take(), Command::drain);
}

TEST(Signals, TellOfAChildThatEnded) {
  Signals signals;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(readable(signals));
  EXPECT_EQ(signals.take(), Command::child_ended);
}

TEST(Signals, MakeAClosedPipeAnErrorOnly) {
  const Signals signals;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

TEST(MakeInterrupting, EndsASystemCallThatBlocks) {
  make_interrupting(kick_signal);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::atomic<bool> interrupted = false;
  std::thread blocked([&] {
    char byte = 0;
    const auto count = ::read(ends[0], &byte, 1);
    interrupted = count < 0 && errno == EINTR;
  });
  // A kick before the read begins is lost: kick until it is seen.
  EXPECT_TRUE(test::eventually([&] {
    pthread_kill(blocked.native_handle(), kick_signal);
    return interrupted.load();
  }));
  ::close(ends[1]);  // ends the read in any case
  blocked.join();
  ::close(ends[0]);
}

}  // namespace
}  // namespace trivium::app
