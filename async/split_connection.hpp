// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include "connection.hpp"
#include "loop.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium::async {

/// How a loop serves its connections: each by one task, or, where `--connection split` asks for it,
/// by a pair of them, one that reads and one that writes. Safe to use from any thread.
class Service {
 public:
  Service(ServeOptions options, bool split) noexcept : options_(options), split_(split) {}

  /// Starts the tasks that serve one connection to its end, close it, and count it. Does not block.
  void start(Connection&& connection, Loop& loop) const;

 private:
  ServeOptions options_;
  bool split_;
};

}  // namespace trivium::async
