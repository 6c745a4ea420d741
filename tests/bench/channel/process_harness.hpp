// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// How a queue between processes is measured: forked senders and receivers, one clock, every message
// looked at.
//
// A queue is a type with these members; what it shares is made before the fork:
//
//   Queue(const Setup&)
//   Sender sender(std::size_t number)      in a sender's process: void send(const char*),
//                                          void send_batch(const std::vector<std::string_view>&)
//   Receiver receiver(std::size_t number)  in a receiver's process: void receive(char*), or
//                                          std::size_t receive_batch(std::size_t most, Check&) of
//                                          what is there; void watch(std::size_t sender, pid_t)
//                                          where it can be told who sends
#pragma once

#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "common.hpp"

namespace trivium::bench {

using Clock = std::chrono::steady_clock;

/// What is measured.
struct Setup {
  std::size_t bytes;  ///< of a message
  std::size_t senders = 1;
  std::size_t receivers = 1;
  std::size_t capacity = queued_at_most;
  std::chrono::microseconds spin{};
  std::size_t messages = 0;  ///< in all: a multiple of senders and of receivers
};

/// Memory that forked processes share; zeros.
class Page {
 public:
  explicit Page(std::size_t bytes) : bytes_(bytes) {
    at_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Page() { ::munmap(at_, bytes_); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  template <typename T>
  [[nodiscard]] T& as() const {
    return *static_cast<T*>(at_);
  }

 private:
  std::size_t bytes_;
  void* at_;
};

/// What a sender sends again and again: messages that were written long before, as a program's
/// would be, each with its sender and its place in the cycle.
class Cycle {
 public:
  static constexpr std::size_t length = 256;

  Cycle(std::size_t sender, std::size_t bytes) : bytes_(bytes), all_(length * bytes, 'x') {
    for (std::uint32_t i = 0; i < length; ++i) {
      const std::uint32_t mark[2] = {static_cast<std::uint32_t>(sender), i};
      std::memcpy(&all_[i * bytes], mark, sizeof mark);
    }
  }
  [[nodiscard]] const char* message(std::size_t i) const { return &all_[i % length * bytes_]; }
  [[nodiscard]] std::string_view view(std::size_t i) const { return {message(i), bytes_}; }

 private:
  std::size_t bytes_;
  std::string all_;
};

/// Looks at every message: where one process receives all, each sender's come in their order.
class Check {
 public:
  explicit Check(const Setup& setup) : ordered_(setup.receivers == 1), next_(setup.senders) {}

  void operator()(const char* message) {
    std::uint32_t mark[2];
    std::memcpy(mark, message, sizeof mark);
    if (mark[0] >= next_.size() || mark[1] >= Cycle::length ||
        (ordered_ && mark[1] != next_[mark[0]]++ % Cycle::length)) {
      throw std::runtime_error("a message was lost, repeated or torn");
    }
  }

 private:
  bool ordered_;
  std::vector<std::uint32_t> next_;
};

/// The processes of one measurement: they start together, and all must end well.
class Crew {
 public:
  void add(Side side, const std::function<void()>& body) {
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("no process left");
    if (pid == 0) run(side, body);
    gate_.as<Gate>().pids[pids_.size()] = pid;
    pids_.push_back(pid);
  }

  /// Of a member, by the order in which they were added; for members that run. None is reaped
  /// before those that were added before it have ended.
  [[nodiscard]] pid_t pid_of(std::size_t member) const { return gate_.as<Gate>().pids[member]; }

  /// Runs them, and returns the time from the start until the last has ended its work. Throws where
  /// one failed.
  Clock::duration run() {
    Gate& gate = gate_.as<Gate>();
    while (gate.ready.load() < pids_.size()) ::usleep(100);
    const auto start = Clock::now();
    gate.open.store(true);
    gate.open.notify_all();
    bool well = true;
    for (const pid_t pid : pids_) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    if (!well) throw std::runtime_error("a process failed");
    return std::chrono::nanoseconds(gate.last.load()) - start.time_since_epoch();
  }

 private:
  struct Gate {
    std::atomic<std::size_t> ready;
    std::atomic<bool> open;
    std::atomic<std::int64_t> last;
    std::array<std::atomic<pid_t>, 16> pids;
  };

  [[noreturn]] void run(Side side, const std::function<void()>& body) {
    Gate& gate = gate_.as<Gate>();
    try {
      take_place(side);
      ++gate.ready;
      while (!gate.open.load()) ::usleep(50);
      body();
      const std::int64_t now = std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
      std::int64_t last = gate.last.load();
      while (last < now && !gate.last.compare_exchange_weak(last, now)) {
      }
      ::_exit(0);
    } catch (const std::exception& error) {
      std::cerr << "bench: " << error.what() << std::endl;
      ::_exit(1);
    }
  }

  Page gate_{4096};
  std::vector<pid_t> pids_;
};

/// What children that were waited for have used.
struct Usage {
  double voluntary;  ///< context switches
  double involuntary;
  double cpu_ns;

  static Usage of_children() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    const auto ns = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return {static_cast<double>(usage.ru_nvcsw), static_cast<double>(usage.ru_nivcsw),
            ns(usage.ru_utime) + ns(usage.ru_stime)};
  }
};

/// Runs the crew as one iteration of the benchmark.
inline void measure(benchmark::State& state, Crew& crew, double operations) {
  const Usage before = Usage::of_children();
  try {
    state.SetIterationTime(std::chrono::duration<double>(crew.run()).count());
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
    return;
  }
  const Usage after = Usage::of_children();
  state.counters["voluntary_switches"] = (after.voluntary - before.voluntary) / operations;
  state.counters["involuntary_switches"] = (after.involuntary - before.involuntary) / operations;
  state.counters["cpu_ns"] = (after.cpu_ns - before.cpu_ns) / operations;
}

/// Tells a receiver who sends, where it can be told: what is measured is a queue whose peers may
/// die.
template <typename Receiver>
void watch(Receiver& receiver, std::size_t sender, pid_t pid) {
  if constexpr (requires { receiver.watch(sender, pid); }) receiver.watch(sender, pid);
}

/// Messages a second, all senders and receivers together. The bodies are run in their processes.
template <typename Queue, typename Send, typename Receive>
void throughput(benchmark::State& state, const Setup& setup, Send send, Receive receive) {
  for (auto _ : state) {
    Queue queue(setup);
    Crew crew;
    for (std::size_t number = 0; number < setup.receivers; ++number) {
      crew.add(Side::receiver, [&, number] {
        auto receiver = queue.receiver(number);
        for (std::size_t sender = 0; sender < setup.senders; ++sender) {
          watch(receiver, sender, crew.pid_of(setup.receivers + sender));
        }
        Check look(setup);
        receive(receiver, look, setup.messages / setup.receivers);
      });
    }
    for (std::size_t number = 0; number < setup.senders; ++number) {
      crew.add(Side::sender, [&, number] {
        auto sender = queue.sender(number);
        send(sender, Cycle(number, setup.bytes), setup.messages / setup.senders);
      });
    }
    measure(state, crew, static_cast<double>(setup.messages));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(setup.messages));
}

template <typename Queue>
void throughput_one_by_one(benchmark::State& state, const Setup& setup) {
  throughput<Queue>(
      state, setup,
      [](auto& sender, const Cycle& cycle, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) sender.send(cycle.message(i));
      },
      [&](auto& receiver, Check& look, std::size_t count) {
        std::vector<char> message(setup.bytes);
        for (std::size_t i = 0; i < count; ++i) {
          receiver.receive(message.data());
          look(message.data());
        }
      });
}

template <typename Queue>
void throughput_in_batches(benchmark::State& state, const Setup& setup) {
  static constexpr std::size_t batch = 64;
  throughput<Queue>(
      state, setup,
      [](auto& sender, const Cycle& cycle, std::size_t count) {
        std::vector<std::string_view> views;
        for (std::size_t i = 0; i < count;) {
          views.clear();
          for (; views.size() < batch && i < count; ++i) views.push_back(cycle.view(i));
          sender.send_batch(views);
        }
      },
      [](auto& receiver, Check& look, std::size_t count) {
        while (count > 0) count -= receiver.receive_batch(std::min(count, batch), look);
      });
}

/// There and back, one message in flight; the time reported is of one round trip.
template <typename Queue>
void round_trip(benchmark::State& state, const Setup& setup) {
  for (auto _ : state) {
    Queue there(setup);
    Queue back(setup);
    Crew crew;
    crew.add(Side::receiver, [&] {
      auto receiver = there.receiver(0);
      auto sender = back.sender(0);
      watch(receiver, 0, crew.pid_of(1));
      std::vector<char> message(setup.bytes);
      for (std::size_t i = 0; i < setup.messages; ++i) {
        receiver.receive(message.data());
        sender.send(message.data());
      }
    });
    crew.add(Side::sender, [&] {
      auto sender = there.sender(0);
      auto receiver = back.receiver(0);
      watch(receiver, 0, crew.pid_of(0));
      const Cycle cycle(0, setup.bytes);
      Check check(setup);
      std::vector<char> message(setup.bytes);
      for (std::size_t i = 0; i < setup.messages; ++i) {
        sender.send(cycle.message(i));
        receiver.receive(message.data());
        check(message.data());
      }
    });
    measure(state, crew, static_cast<double>(setup.messages));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(setup.messages));
}

}  // namespace trivium::bench
