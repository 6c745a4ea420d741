// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/hazards.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace trivium::net {
namespace {

std::chrono::nanoseconds thread_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Something to compute whose result the compiler must produce.
void compute_a_little() {
  std::uint64_t state = 1;
  for (int i = 0; i < 1000; ++i) state = state * 6364136223846793005U + 1442695040888963407U;
  [[maybe_unused]] static std::atomic<std::uint64_t> sink;
  sink.store(state, std::memory_order_relaxed);
}

void wait(std::chrono::nanoseconds duration, const std::atomic<bool>& stop) {
  timespec end{};
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  const auto at = std::chrono::nanoseconds(end.tv_nsec) + duration;
  end.tv_sec += std::chrono::duration_cast<std::chrono::seconds>(at).count();
  end.tv_nsec = (at % std::chrono::seconds(1)).count();
  while (!stop && ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) == EINTR) {
  }
}

// Lost on purpose: who gives it back is what the hazard asks. Its address goes where the compiler
// cannot tell that nobody reads it; without that, it would do without the memory.
void leak(std::size_t bytes) {
  [[maybe_unused]] static std::atomic<char*> last;
  auto* const memory = new char[bytes];
  std::memset(memory, 1, bytes);
  last = memory;
}

// A dump of the memory would take time that is none of the hazard's, and leave a file behind.
void leave_no_core() {
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

std::string perform(const protocol::Hazard& hazard) {
  const std::atomic<bool> never = false;
  return perform(hazard, never);
}

std::string perform(const protocol::Hazard& hazard, const std::atomic<bool>& stop) {
  using Kind = protocol::Hazard::Kind;
  switch (hazard.kind) {
    case Kind::sleep:
    case Kind::block:
      wait(hazard.duration, stop);
      break;
    case Kind::work:
      for (const auto end = thread_cpu_time() + hazard.duration; thread_cpu_time() < end;) {
        compute_a_little();
      }
      break;
    case Kind::hang:
      for (;;) compute_a_little();
    case Kind::crash:
      leave_no_core();
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
      break;
    case Kind::abort:
      leave_no_core();
      std::abort();
    case Kind::leak:
      leak(hazard.bytes);
      break;
    case Kind::pid:
      return "pid=" + std::to_string(::getpid()) + " tid=" + std::to_string(::syscall(SYS_gettid));
  }
  return {};
}

}  // namespace trivium::net
