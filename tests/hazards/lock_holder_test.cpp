// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A process that is killed while it holds a lock in shared memory: why the servers have none there
// (storm_test shows that no death holds up another), and what it takes where there is one, as in
// the benchmark of shared counters.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <new>
#include <system_error>

#include "tests/bench/robust_mutex.hpp"

namespace trivium::hazards {
namespace {

// A value in memory that is shared over fork.
template <typename T>
class Shared {
 public:
  Shared()
      : memory_(
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    value_ = new (memory_) T;
  }
  ~Shared() { ::munmap(memory_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T* operator->() const { return value_; }

 private:
  void* memory_;
  T* value_;
};

// Runs the body in a process that is killed at its end, without having left what it is in.
template <typename Body>
void die_in(Body body) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(LockHolder, ThatIsKilledIsSurvivedByARobustMutexAndNobodyIsHeldUp) {
  struct Counter {
    bench::RobustMutex mutex;
    std::uint64_t value = 0;
  };
  const Shared<Counter> counter;
  constexpr std::uint64_t deaths = 100;
  for (std::uint64_t i = 0; i < deaths; ++i) {
    die_in([&] {
      counter->mutex.lock();
      ++counter->value;
    });
    EXPECT_TRUE(counter->mutex.lock()) << "who comes next is told";
    EXPECT_EQ(counter->value, i + 1);
    counter->mutex.unlock();
    EXPECT_FALSE(counter->mutex.lock()) << "and who comes after that has nothing to repair";
    counter->mutex.unlock();
  }
}

TEST(LockHolder, ThatIsKilledHoldsUpEverybodyForEverWhereTheMutexIsPlain) {
  struct Plain {
    pthread_mutex_t mutex;
    Plain() {
      pthread_mutexattr_t attributes;
      ::pthread_mutexattr_init(&attributes);
      ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
      ::pthread_mutex_init(&mutex, &attributes);
      ::pthread_mutexattr_destroy(&attributes);
    }
  };
  const Shared<Plain> plain;
  die_in([&] { ::pthread_mutex_lock(&plain->mutex); });
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 200'000'000;
  until.tv_sec += until.tv_nsec / 1'000'000'000;
  until.tv_nsec %= 1'000'000'000;
  EXPECT_EQ(::pthread_mutex_timedlock(&plain->mutex, &until), ETIMEDOUT);
}

}  // namespace
}  // namespace trivium::hazards
