// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The channel between threads beside what else could be used. See README.md for what was found.

#include <string_view>

#include "futex_ping_pong.hpp"
#include "harness.hpp"
#include "lockfree_semaphore.hpp"
#include "multithread/channel.hpp"
#include "swapped_deque.hpp"
#include "two_condition_ring.hpp"

namespace trivium::bench {
namespace {

constexpr Shape shapes[] = {{1, 1}, {4, 1}, {4, 4}};
constexpr std::chrono::microseconds spin{50};

std::string name(std::string_view operation, std::size_t bytes, Shape shape,
                 std::chrono::microseconds budget, std::string_view of) {
  std::string text = "channel/op:";
  text.append(operation).append("/bytes:").append(std::to_string(bytes));
  text.append("/shape:").append(std::to_string(shape.senders)).append("-");
  text.append(std::to_string(shape.receivers)).append("/spin:");
  text.append(std::to_string(budget.count())).append("us/of:multithread.").append(of);
  return text;
}

template <std::size_t Bytes, typename Make>
void add_round_trip(Shape shape, std::chrono::microseconds budget, std::string_view of, Make make) {
  benchmark::RegisterBenchmark(
      name("round-trip", Bytes, shape, budget, of).c_str(),
      [=](benchmark::State& state) { round_trip<Bytes>(state, shape, make); })
      ->UseManualTime();
}

template <std::size_t Bytes, typename Make>
void add(Shape shape, std::chrono::microseconds budget, std::string_view of, Make make) {
  add_round_trip<Bytes>(shape, budget, of, make);
  benchmark::RegisterBenchmark(
      name("throughput", Bytes, shape, budget, of).c_str(),
      [=](benchmark::State& state) { throughput<Bytes>(state, shape, make); })
      ->UseManualTime();
}

template <std::size_t Bytes>
void add_all() {
  using T = Message<Bytes>;
  constexpr std::chrono::microseconds none{0};
  for (const Shape shape : shapes) {
    for (const auto budget : {none, spin}) {
      add<Bytes>(shape, budget, "channel", [budget] {
        return std::make_unique<multithread::Channel<T>>(queued_at_most, budget);
      });
    }
    add<Bytes>(shape, none, "two-condition-ring",
               [] { return std::make_unique<TwoConditionRing<T>>(queued_at_most); });
    add<Bytes>(shape, none, "swapped-deque",
               [] { return std::make_unique<SwappedDeque<T>>(queued_at_most); });
    add<Bytes>(shape, none, "lockfree-semaphore",
               [] { return std::make_unique<LockfreeSemaphore<T>>(queued_at_most); });
  }
  add_round_trip<Bytes>({1, 1}, none, "futex-ping-pong",
                        [] { return std::make_unique<FutexPingPong<T>>(queued_at_most); });
}

}  // namespace
}  // namespace trivium::bench

// `--placement=free|one|apart` says where the threads run (harness.hpp); all else is Google
// Benchmark's.
int main(int argc, char** argv) {
  using trivium::bench::Placement;
  constexpr std::pair<std::string_view, Placement> placements[] = {
      {"--placement=free", Placement::free},
      {"--placement=one", Placement::one},
      {"--placement=apart", Placement::apart}};
  for (const auto& [flag, placement] : placements) {
    char** const end = std::remove(argv + 1, argv + argc, flag);
    if (end != argv + argc) trivium::bench::placement = placement;
    argc = static_cast<int>(end - argv);
  }
  trivium::bench::add_all<64>();
  trivium::bench::add_all<4096>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
