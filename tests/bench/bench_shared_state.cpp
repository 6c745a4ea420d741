// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// One counter, bumped by 1, 2, 4 and 8 units at once: what does a bump cost through a lock, through
// messages to one owner over the model's channel, and through an atomic? The units are started
// before the clock is, and a counter that is wrong at the end is an error.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include "cost.hpp"
#include "shared_counter.hpp"

namespace trivium::bench {
namespace {

using Experiment = std::function<Outcome(std::size_t units, std::uint64_t bumps_each)>;

Outcome checked(const Experiment& experiment, std::size_t units, std::uint64_t bumps_each) {
  const Outcome outcome = experiment(units, bumps_each);
  if (outcome.counter != units * bumps_each) {
    throw std::runtime_error("the counter is " + std::to_string(outcome.counter) + " after " +
                             std::to_string(units * bumps_each) + " bumps");
  }
  return outcome;
}

void measure(benchmark::State& state, const Experiment& experiment, std::size_t units,
             std::uint64_t bumps) {
  const std::uint64_t bumps_each = bumps / units;
  (void)checked(experiment, units, bumps_each / 10);  // not measured: fills caches
  Cost used;
  for (auto _ : state) {
    const Outcome outcome = checked(experiment, units, bumps_each);
    state.SetIterationTime(outcome.span.seconds);
    used += outcome.span.used;
  }
  report(state, used, state.iterations() * static_cast<std::int64_t>(units * bumps_each));
}

// `bumps` is how many are made in one go, by all units together: enough that, where there are fewer
// CPUs than units, each unit has the CPU several times.
void add(const std::string& by, const std::string& of, std::uint64_t bumps,
         const Experiment& experiment) {
  for (const std::size_t units : {1, 2, 4, 8}) {
    const std::string name =
        "shared-state/units:" + std::to_string(units) + "/by:" + by + "/of:" + of;
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
      guarded(state, [&] { measure(state, experiment, units, bumps); });
    })->UseManualTime();
  }
}

using TasksExperiment = Outcome (*)(std::size_t pool, std::size_t units, std::uint64_t bumps_each);

Experiment on_pool_of(std::size_t pool, TasksExperiment experiment) {
  return [=](std::size_t units, std::uint64_t bumps) { return experiment(pool, units, bumps); };
}

// Processes come first, since fork wants no thread to have been there.
void add_all() {
  constexpr std::uint64_t quick = 8'000'000;
  constexpr std::uint64_t slow = 2'000'000;
  constexpr std::uint64_t slower = 100'000;
  constexpr std::uint64_t slowest = 40'000;
  add("lock", "multiprocess", slow, processes::by_lock);
  add("message", "multiprocess", slowest, processes::by_message);
  add("atomic", "multiprocess", quick, processes::by_atomic);
  add("lock", "multithread", slow, threads::by_lock);
  add("message", "multithread", slower, threads::by_message);
  add("atomic", "multithread", quick, threads::by_atomic);
  add("lock", "async", slowest, on_pool_of(1, tasks::by_lock));
  add("message", "async", slowest, on_pool_of(1, tasks::by_message));
  add("plain", "async", 4 * quick, on_pool_of(1, tasks::plainly));
  add("lock", "async-pool-2", slowest, on_pool_of(2, tasks::by_lock));
  add("strand", "async-pool-2", slowest, on_pool_of(2, tasks::by_strand));
  add("message", "async-pool-2", slowest, on_pool_of(2, tasks::by_message));
  add("atomic", "async-pool-2", quick, on_pool_of(2, tasks::by_atomic));
}

}  // namespace
}  // namespace trivium::bench

int main(int argc, char** argv) {
  trivium::bench::add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
