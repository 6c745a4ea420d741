// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// How a channel between threads is measured, the same for every contender. A contender is a class
// template of the message with `Contender(capacity)`, `send(T&&)`, `receive(T&)` and `close()`.
//
// One batch of messages is one measurement: its threads are started and its channels warmed up
// before the clock starts, and the clock stops when the last message has arrived. Google Benchmark
// repeats batches until its minimal time is over.
#pragma once

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "common.hpp"
#include "shared/app/channel_status.hpp"

namespace trivium::bench {

using app::ChannelStatus;
using Clock = std::chrono::steady_clock;

/// So many bytes, of which the first eight are a number.
template <std::size_t Bytes>
struct Message {
  std::array<std::byte, Bytes> bytes{};

  void number(std::uint64_t value) { std::memcpy(bytes.data(), &value, sizeof value); }
  [[nodiscard]] std::uint64_t number() const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
};

/// What the process has used up so far.
struct Usage {
  double voluntary;  ///< context switches
  double involuntary;
  double cpu_ns;

  static Usage now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto ns = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return {static_cast<double>(usage.ru_nvcsw), static_cast<double>(usage.ru_nivcsw),
            ns(usage.ru_utime) + ns(usage.ru_stime)};
  }
};

/// The threads of one batch: each gets ready, waits for the start, and works.
class Team {
 public:
  /// `work` returns how long it took by its own clock; `ready` runs before the start.
  template <typename Ready, typename Work>
  void add(Side side, Ready ready, Work work) {
    members_.push_back(std::make_unique<Member>());
    members_.back()->thread =
        std::thread([this, side, ready, work, member = members_.back().get()] {
          take_place(side);
          ready();
          ready_.fetch_add(1);
          ready_.notify_one();
          started_.wait(false);
          work();
          member->end = Clock::now();
        });
  }

  /// Runs the batch; the time from the start to the end of the last thread.
  Clock::duration run() {
    for (std::size_t ready; (ready = ready_.load()) < members_.size();) ready_.wait(ready);
    const Usage before = Usage::now();
    const Clock::time_point start = Clock::now();
    started_ = true;
    started_.notify_all();
    Clock::time_point end = start;
    for (const auto& member : members_) {
      member->thread.join();
      end = std::max(end, member->end);
    }
    const Usage after = Usage::now();
    used_ = {after.voluntary - before.voluntary, after.involuntary - before.involuntary,
             after.cpu_ns - before.cpu_ns};
    return end - start;
  }

  [[nodiscard]] Usage used() const { return used_; }

 private:
  struct Member {
    std::thread thread;
    Clock::time_point end{};
  };

  std::vector<std::unique_ptr<Member>> members_;
  std::atomic<std::size_t> ready_{0};
  std::atomic<bool> started_{false};
  Usage used_{};
};

/// Runs batches for as long as the benchmark wants them, and counts what they use for each item.
template <typename Batch>
void measure(benchmark::State& state, std::size_t items, Batch batch) {
  Usage used{};
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(items))) {
    Team team;
    bool right = true;
    const Clock::duration time = batch(team, right);
    if (!right) state.SkipWithError("messages were lost");
    state.SetIterationTime(std::chrono::duration<double>(time).count());
    used.voluntary += team.used().voluntary;
    used.involuntary += team.used().involuntary;
    used.cpu_ns += team.used().cpu_ns;
  }
  state.counters["voluntary_switches"] = {used.voluntary, benchmark::Counter::kAvgIterations};
  state.counters["involuntary_switches"] = {used.involuntary, benchmark::Counter::kAvgIterations};
  state.counters["cpu_ns"] = {used.cpu_ns, benchmark::Counter::kAvgIterations};
}

/// Messages from all senders to all receivers, until the last sender closes the channel. An item is
/// a message; `make` makes a channel.
template <std::size_t Bytes, typename Make>
void throughput(benchmark::State& state, Shape shape, Make make) {
  const std::size_t each = (Bytes > 1024 ? 20000 : 100000) / shape.senders;
  measure(state, each * shape.senders, [&](Team& team, bool& right) {
    const auto channel = make();
    Message<Bytes> warm;
    for (std::size_t i = 0; i < 2 * queued_at_most; ++i) {
      (void)channel->send(Message<Bytes>(warm));
      (void)channel->receive(warm);
    }
    std::atomic<std::size_t> senders{shape.senders};
    std::atomic<std::uint64_t> sum{0};
    for (std::size_t i = 0; i < shape.senders; ++i) {
      team.add(
          Side::sender, [] {},
          [&] {
            Message<Bytes> message;
            for (std::uint64_t number = 1; number <= each; ++number) {
              message.number(number);
              benchmark::DoNotOptimize(message);
              (void)channel->send(std::move(message));
            }
            if (senders.fetch_sub(1) == 1) channel->close();
          });
    }
    for (std::size_t i = 0; i < shape.receivers; ++i) {
      team.add(
          Side::receiver, [] {},
          [&] {
            Message<Bytes> message;
            std::uint64_t mine = 0;
            while (channel->receive(message) == ChannelStatus::ok) {
              benchmark::DoNotOptimize(message);
              mine += message.number();
            }
            sum += mine;
          });
    }
    const auto time = team.run();
    right = sum == shape.senders * (each * (each + 1) / 2);
    return time;
  });
  state.SetItemsProcessed(state.iterations());
}

/// Each client sends a request to the servers, over one channel, and waits for the answer, over one
/// of its own. An item is a round trip; its time is what one client sees.
template <std::size_t Bytes, typename Make>
void round_trip(benchmark::State& state, Shape shape, Make make) {
  const std::size_t clients = shape.senders;
  const std::size_t each = 2000 / clients;
  measure(state, each * clients, [&](Team& team, bool& right) {
    const auto requests = make();
    std::vector<decltype(make())> answers;
    for (std::size_t i = 0; i < clients; ++i) answers.push_back(make());
    std::atomic<std::size_t> running{clients};
    std::atomic<std::size_t> answered{0};
    const auto ask = [&](std::size_t client, std::size_t times) {
      Message<Bytes> message;
      for (std::size_t i = 0; i < times; ++i) {
        message.number(client);
        benchmark::DoNotOptimize(message);
        (void)requests->send(std::move(message));
        if (answers[client]->receive(message) == ChannelStatus::ok) ++answered;
        benchmark::DoNotOptimize(message);
      }
    };
    const auto serve = [&] {
      Message<Bytes> message;
      while (requests->receive(message) == ChannelStatus::ok) {
        benchmark::DoNotOptimize(message);
        (void)answers[message.number()]->send(std::move(message));
      }
    };
    // Servers answer while the clients warm up, so they do not wait for the start.
    std::vector<std::thread> servers;
    for (std::size_t i = 0; i < shape.receivers; ++i) {
      servers.emplace_back([&] {
        take_place(Side::receiver);
        serve();
      });
    }
    for (std::size_t i = 0; i < clients; ++i) {
      team.add(
          Side::sender, [&, i] { ask(i, each / 10); },
          [&, i] {
            ask(i, each);
            if (running.fetch_sub(1) == 1) requests->close();
          });
    }
    const auto time = team.run();
    for (auto& server : servers) server.join();
    right = answered == clients * (each + each / 10);
    return time * static_cast<Clock::rep>(clients);
  });
}

}  // namespace trivium::bench
