// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "cost.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>

namespace trivium::bench {
namespace {

double nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double nanoseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

rusage usage_of(__rusage_who who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return usage;
}

Cost with_switches(double cpu_ns, const rusage& usage) {
  return {cpu_ns, static_cast<double>(usage.ru_nvcsw), static_cast<double>(usage.ru_nivcsw)};
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) noexcept {
  cpu_ns += other.cpu_ns;
  voluntary_switches += other.voluntary_switches;
  involuntary_switches += other.involuntary_switches;
  return *this;
}

Cost& Cost::operator-=(const Cost& other) noexcept {
  cpu_ns -= other.cpu_ns;
  voluntary_switches -= other.voluntary_switches;
  involuntary_switches -= other.involuntary_switches;
  return *this;
}

Cost cost_of_process() {
  const rusage children = usage_of(RUSAGE_CHILDREN);
  Cost cost = with_switches(nanoseconds(CLOCK_PROCESS_CPUTIME_ID), usage_of(RUSAGE_SELF));
  cost += with_switches(nanoseconds(children.ru_utime) + nanoseconds(children.ru_stime), children);
  return cost;
}

Cost cost_of_thread() {
  return with_switches(nanoseconds(CLOCK_THREAD_CPUTIME_ID), usage_of(RUSAGE_THREAD));
}

void report(benchmark::State& state, const Cost& used, std::int64_t operations) {
  const auto count = static_cast<double>(operations);
  state.SetItemsProcessed(operations);
  state.counters["cpu_ns"] = used.cpu_ns / count;
  state.counters["voluntary_switches"] = used.voluntary_switches / count;
  state.counters["involuntary_switches"] = used.involuntary_switches / count;
}

void allow_seconds(unsigned seconds) noexcept {
  ::alarm(seconds);
}

}  // namespace trivium::bench
