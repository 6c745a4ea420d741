// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// Reads a pipe on a thread of its own, so that who writes to it never waits for us, and keeps the
// beginning and the end of what came.
class PipeReader {
 public:
  static constexpr std::size_t most_of_each = 2 * 1024;
  static constexpr std::size_t most_text = 2 * most_of_each + 40;  // with what tells the gap

  // `pipe`: a read end that does not block. Throws HarnessError where the system refuses.
  explicit PipeReader(Fd pipe);
  // Stops reading, whoever still holds the other end.
  ~PipeReader();

  // What came until now; what was left out is said in its place. Callable from any thread.
  [[nodiscard]] std::string text() const;

 private:
  void run();
  void keep(std::string_view bytes);

  Fd pipe_;
  Fd stop_;
  mutable std::mutex mutex_;
  std::string begin_;
  std::string end_;
  std::size_t left_out_ = 0;
  std::thread thread_;
};

}  // namespace trivium::conformance
