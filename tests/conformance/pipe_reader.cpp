// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/pipe_reader.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "tests/conformance/deadline.hpp"

namespace trivium::conformance {
PipeReader::PipeReader(Fd pipe) : pipe_(std::move(pipe)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!stop_) throw HarnessError("eventfd: " + std::generic_category().message(errno));
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    throw HarnessError(std::string{"a thread: "} + error.what());
  }
}

PipeReader::~PipeReader() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void PipeReader::run() {
  std::array<char, 65536> buffer;
  for (;;) {
    std::array<pollfd, 2> polled{{{pipe_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), -1);
    if (polled[1].revents != 0) return;
    const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (count > 0) keep({buffer.data(), static_cast<std::size_t>(count)});
  }
}

void PipeReader::keep(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto first = std::min(bytes.size(), most_of_each - begin_.size());
  begin_ += bytes.substr(0, first);
  end_ += bytes.substr(first);
  if (end_.size() <= most_of_each) return;
  left_out_ += end_.size() - most_of_each;
  end_.erase(0, end_.size() - most_of_each);
}

std::string PipeReader::text() const {
  const std::lock_guard lock(mutex_);
  if (left_out_ == 0) return begin_ + end_;
  return begin_ + "\n[" + std::to_string(left_out_) + " bytes]\n" + end_;
}

}  // namespace trivium::conformance
