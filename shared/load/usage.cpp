// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/usage.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace trivium::load {
namespace {

std::uint64_t nanoseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_usec) * 1'000;
}

}  // namespace

Usage usage_now() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  Usage now{nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime), std::nullopt};
  std::error_code none;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::ifstream schedstat(task.path() / "schedstat");
    std::uint64_t on_cpu = 0;
    std::uint64_t delay = 0;
    if (schedstat >> on_cpu >> delay) now.run_delay = now.run_delay.value_or(0) + delay;
  }
  return now;
}

Usage operator-(const Usage& later, const Usage& earlier) {
  Usage used{later.user - earlier.user, later.system - earlier.system, std::nullopt};
  if (later.run_delay && earlier.run_delay) used.run_delay = *later.run_delay - *earlier.run_delay;
  return used;
}

std::optional<std::uint64_t> time_wait_sockets() {
  std::ifstream statistics("/proc/self/net/sockstat");
  for (std::string word; statistics >> word;) {
    if (word != "tw") continue;
    std::uint64_t count = 0;
    if (statistics >> count) return count;
  }
  return std::nullopt;
}

}  // namespace trivium::load
