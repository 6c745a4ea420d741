// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/descriptor.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace trivium::net {

void Descriptor::close() noexcept {
  if (value_ < 0) return;
  const int saved = errno;
  ::close(std::exchange(value_, -1));  // Linux frees the number even where it reports EINTR
  errno = saved;
}

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

Descriptor make_event() {
  return Descriptor(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
}

void ring(int event) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(event, &one, sizeof one);
}

void silence(int event) noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto ignored = ::read(event, &count, sizeof count);
}

Readable wait_readable(int first, int second, std::chrono::nanoseconds timeout) {
  std::array<pollfd, 2> fds{pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
  timespec limit{};
  const bool limited = timeout != forever;
  if (limited) {
    const auto left = std::max(timeout, std::chrono::nanoseconds::zero());
    limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    limit.tv_nsec = (left % std::chrono::seconds(1)).count();
  }
  if (::ppoll(fds.data(), fds.size(), limited ? &limit : nullptr, nullptr) < 0) {
    if (errno == EINTR) return {};
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  return {.first = fds[0].revents != 0, .second = fds[1].revents != 0};
}

}  // namespace trivium::net
