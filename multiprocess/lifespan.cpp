// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "lifespan.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {

Lifespan::Lifespan(Limits limits) : limits_(limits) {
  if (limits_.max_memory == 0) return;
  const rlimit data{.rlim_cur = limits_.max_memory, .rlim_max = limits_.max_memory};
  net::checked(::setrlimit(RLIMIT_DATA, &data), "--max-memory");
}

bool Lifespan::goes_on() noexcept {
  ++served_;
  if (limits_.max_requests > 0 && served_ >= limits_.max_requests) return false;
  return limits_.max_memory == 0 || data_size() < limits_.max_memory / 2;
}

// The sixth number of proc(5)'s statm, in pages. It counts the stack too, which stays small.
std::size_t data_size() noexcept {
  const net::Descriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 256> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  char* at = text.data();
  for (int number = 1; number < 6; ++number) (void)std::strtoull(at, &at, 10);
  return std::strtoull(at, nullptr, 10) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace trivium::multiprocess
