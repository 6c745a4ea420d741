// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/say.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "shared/net/descriptor.hpp"

namespace trivium::app {
namespace {

// A pipe is opened anew: O_NONBLOCK on the one that is shared would be seen by every program that
// shares it. Of anything else, and where there is no descriptor left, poll(2) tells whether it
// takes PIPE_BUF bytes.
void write_where_there_is_room(std::string_view line) noexcept {
  net::Descriptor own;
  struct stat file {};
  if (::fstat(STDERR_FILENO, &file) == 0 && S_ISFIFO(file.st_mode)) {
    own = net::Descriptor(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  }
  pollfd entry{STDERR_FILENO, POLLOUT, 0};
  if (!own && ::poll(&entry, 1, 0) <= 0) return;
  [[maybe_unused]] const auto ignored =
      ::write(own ? own.get() : STDERR_FILENO, line.data(), line.size());
}

const char* terminating = "";

// Without memory of its own: the want of it may be the reason.
void say_why(const char* why) noexcept {
  std::array<char, 512> line;
  const int size =
      std::snprintf(line.data(), line.size(), "%s: died of an exception: %s\n", terminating, why);
  if (size <= 0) return;
  const auto written = std::min(static_cast<std::size_t>(size), line.size() - 1);
  line[written - 1] = '\n';
  write_where_there_is_room({line.data(), written});
}

[[noreturn]] void say_why_and_abort() noexcept {
  if (const auto current = std::current_exception()) {
    try {
      std::rethrow_exception(current);
    } catch (const std::exception& error) {
      say_why(error.what());
    } catch (...) {
      say_why("none of the standard's");
    }
  }
  std::abort();
}

}  // namespace

void say(std::string line) noexcept {
  if (line.size() >= PIPE_BUF) line.resize(PIPE_BUF - 1);
  line.push_back('\n');
  write_where_there_is_room(line);
}

void say_at_terminate(const char* name) noexcept {
  terminating = name;
  std::set_terminate(say_why_and_abort);
}

}  // namespace trivium::app
