// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/accept.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <latch>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "shared/net/blocking_connection.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::net {
namespace {

using Clock = std::chrono::steady_clock;

TEST(AcceptErrors, AreClassified) {
  for (const int error : {ECONNABORTED, EINTR, EAGAIN, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH,
                          EPERM, ETIMEDOUT, ENOPROTOOPT, EHOSTDOWN, ENONET}) {
    EXPECT_EQ(classify_accept_error(error), AcceptVerdict::retry) << error;
  }
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_EQ(classify_accept_error(error), AcceptVerdict::back_off) << error;
  }
  EXPECT_EQ(classify_accept_error(EINVAL), AcceptVerdict::stopped);
  for (const int error : {EBADF, ENOTSOCK, EOPNOTSUPP, EFAULT}) {
    EXPECT_EQ(classify_accept_error(error), AcceptVerdict::fatal) << error;
  }
}

TEST(AcceptOne, CountsAndClosesOnExec) {
  const auto listener = test::listen_on_loopback();
  const auto client = test::connect_to(listener.get());
  CounterSlot counters;
  const auto connection = accept_one(listener.get(), counters);
  ASSERT_TRUE(connection);
  EXPECT_TRUE(::fcntl(connection->get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_EQ(counters.accepted, 1U);
  EXPECT_EQ(counters.accept_errors, 0U);
}

TEST(AcceptOne, ShuttingTheListenerWakesEveryoneWhoWaits) {
  const auto listener = test::listen_on_loopback();
  CounterSlot counters;
  std::atomic<int> stopped = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (accept_one(listener.get(), counters)) {
      }
      ++stopped;
    });
  }
  {
    const auto client = test::connect_to(listener.get());
    EXPECT_EQ(test::receive(client.get()), "");  // somebody accepted it, and let it go
  }
  EXPECT_EQ(stopped, 0);
  shut_listener(listener.get());
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counters.accepted, 1U);
  EXPECT_FALSE(accept_one(listener.get(), counters));  // and whoever comes later
  EXPECT_EQ(counters.accept_errors, 0U);
}

TEST(AcceptOne, ShuttingTheListenerRefusesWhatWaitsInTheQueue) {
  const auto listener = test::listen_on_loopback();
  const auto waiting = test::connect_to(listener.get());
  shut_listener(listener.get());
  EXPECT_THROW((void)test::receive(waiting.get()), std::system_error);  // reset
  EXPECT_THROW((void)test::connect_to(listener.get()), std::system_error);
}

// Leaves no descriptor number free until its end.
class NoDescriptors {
 public:
  NoDescriptors() {
    checked(::getrlimit(RLIMIT_NOFILE, &before_), "getrlimit");
    const Descriptor lowest_free(checked(::dup(0), "dup"));
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free.get()),
                      .rlim_max = before_.rlim_max};
    checked(::setrlimit(RLIMIT_NOFILE, &none), "setrlimit");
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(AcceptOne, WaitsOutAShortageOfDescriptorsWithoutSpinning) {
  const auto listener = test::listen_on_loopback();
  const auto client = test::connect_to(listener.get());
  CounterSlot counters;
  std::optional<Descriptor> connection;
  // Threads begin before the shortage: sanitizers open pipes to look at what a thread runs.
  std::latch begun(1);
  std::latch go_on(1);
  std::thread acceptor([&] {
    begun.count_down();
    go_on.wait();
    connection = accept_one(listener.get(), counters);
  });
  begun.wait();
  Clock::time_point begin;
  std::uint64_t errors = 0;
  {
    const NoDescriptors shortage;
    begin = Clock::now();
    go_on.count_down();
    EXPECT_TRUE(test::eventually([&] { return counters.accept_errors >= 5; }));
    errors = counters.accept_errors;
    EXPECT_EQ(counters.accepted, 0U);
  }
  const auto elapsed = Clock::now() - begin;
  acceptor.join();
  EXPECT_TRUE(connection);
  EXPECT_EQ(counters.accepted, 1U);
  EXPECT_LE(errors,
            1 + static_cast<std::uint64_t>(elapsed / std::chrono::milliseconds(accept_backoff_ms)));
}

TEST(AcceptOne, ThrowsWhereTheListenerIsNone) {
  const Descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CounterSlot counters;
  EXPECT_THROW((void)accept_one(file.get(), counters), std::system_error);
  EXPECT_THROW((void)accept_one(-1, counters), std::system_error);
  EXPECT_EQ(counters.accepted, 0U);
}

}  // namespace
}  // namespace trivium::net
