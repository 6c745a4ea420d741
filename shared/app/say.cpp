// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/say.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace trivium::app {

void say(std::string line) noexcept {
  // A pipe that poll(2) calls writable takes PIPE_BUF bytes whole. O_NONBLOCK, which would say the
  // same, is seen by every program that shares standard error.
  if (line.size() >= PIPE_BUF) line.resize(PIPE_BUF - 1);
  line.push_back('\n');
  pollfd entry{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&entry, 1, 0) <= 0) return;
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace trivium::app
