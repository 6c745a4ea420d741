// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The channel between threads beside what else could be used. See README.md for what was found.

#include <string>

#include "futex_ping_pong.hpp"
#include "lockfree_semaphore.hpp"
#include "multithread/channel.hpp"
#include "swapped_deque.hpp"
#include "thread_harness.hpp"
#include "two_condition_ring.hpp"

namespace trivium::bench {
namespace {

template <std::size_t Bytes, typename Make>
void add_round_trip(Shape shape, std::chrono::microseconds budget, const std::string& of,
                    Make make) {
  benchmark::RegisterBenchmark(
      name("round-trip", Bytes, shape, "", budget, "multithread." + of).c_str(),
      [=](benchmark::State& state) { round_trip<Bytes>(state, shape, make); })
      ->UseManualTime();
}

template <std::size_t Bytes, typename Make>
void add(Shape shape, std::chrono::microseconds budget, const std::string& of, Make make) {
  add_round_trip<Bytes>(shape, budget, of, make);
  benchmark::RegisterBenchmark(
      name("throughput", Bytes, shape, "", budget, "multithread." + of).c_str(),
      [=](benchmark::State& state) { throughput<Bytes>(state, shape, make); })
      ->UseManualTime();
}

template <std::size_t Bytes>
void add_all() {
  using T = Message<Bytes>;
  for (const Shape shape : shapes) {
    for (const auto budget : {no_spin, some_spin}) {
      add<Bytes>(shape, budget, "channel", [budget] {
        return std::make_unique<multithread::Channel<T>>(queued_at_most, budget);
      });
    }
    add<Bytes>(shape, no_spin, "two-condition-ring",
               [] { return std::make_unique<TwoConditionRing<T>>(queued_at_most); });
    add<Bytes>(shape, no_spin, "swapped-deque",
               [] { return std::make_unique<SwappedDeque<T>>(queued_at_most); });
    add<Bytes>(shape, no_spin, "lockfree-semaphore",
               [] { return std::make_unique<LockfreeSemaphore<T>>(queued_at_most); });
  }
  add_round_trip<Bytes>({1, 1}, no_spin, "futex-ping-pong",
                        [] { return std::make_unique<FutexPingPong<T>>(queued_at_most); });
}

}  // namespace
}  // namespace trivium::bench

// `--placement=apart|one|free` says where the threads run (common.hpp); all else is Google
// Benchmark's.
int main(int argc, char** argv) {
  trivium::bench::take_placement(argc, argv);
  trivium::bench::add_all<64>();
  trivium::bench::add_all<4096>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
