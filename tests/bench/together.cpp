// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "together.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <new>
#include <stdexcept>
#include <thread>

#include "multiprocess/child_process.hpp"
#include "multiprocess/shared_memory.hpp"

namespace trivium::bench {
namespace {

using Clock = std::chrono::steady_clock;  // the same in every process

// What one unit says of its run; a cache line of its own.
struct alignas(64) Stint {
  Clock::time_point begin;
  Clock::time_point end;
  Cost used;
};

// Where units wait for each other: nobody is let go before the last has come. Waits by yielding,
// since a unit that sleeps here would have to be woken within what is measured.
class Start {
 public:
  void wait(std::size_t units) noexcept {
    ++come_;
    while (come_ < units) std::this_thread::yield();
  }

 private:
  std::atomic<std::size_t> come_ = 0;
};

void run(const std::function<void()>& body, Start& start, std::size_t units, Stint& stint) {
  start.wait(units);
  const Cost before = cost_of_thread();
  stint.begin = Clock::now();
  body();
  stint.end = Clock::now();
  stint.used = cost_of_thread();
  stint.used -= before;
}

Span span_of(const Stint* stints, std::size_t units) {
  Span span{};
  auto begin = stints[0].begin;
  auto end = stints[0].end;
  for (std::size_t i = 0; i < units; ++i) {
    begin = std::min(begin, stints[i].begin);
    end = std::max(end, stints[i].end);
    span.used += stints[i].used;
  }
  span.seconds = std::chrono::duration<double>(end - begin).count();
  return span;
}

}  // namespace

Span run_in_processes(const Bodies& bodies) {
  const std::size_t units = bodies.size();
  const multiprocess::SharedMemory memory(sizeof(Start) + 64 + units * sizeof(Stint));
  auto* const stints = static_cast<Stint*>(memory.data());
  auto* const start = new (stints + units) Start;
  std::vector<pid_t> pids;
  for (std::size_t i = 0; i < units; ++i) {
    pids.push_back(multiprocess::fork_worker([&, i] { run(bodies[i], *start, units, stints[i]); }));
  }
  bool all_well = true;
  for (const pid_t pid : pids) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    all_well = all_well && status == 0;
  }
  if (!all_well) throw std::runtime_error("a process of the benchmark failed");
  return span_of(stints, units);
}

Span run_in_threads(const Bodies& bodies) {
  const std::size_t units = bodies.size();
  std::vector<Stint> stints(units);
  std::vector<std::exception_ptr> failures(units);
  Start start;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < units; ++i) {
      threads.emplace_back([&, i] {
        try {
          run(bodies[i], start, units, stints[i]);
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
    }
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return span_of(stints.data(), units);
}

}  // namespace trivium::bench
