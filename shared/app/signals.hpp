// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "shared/net/descriptor.hpp"

namespace trivium::app {

/// What a signal asks of a server. The contract is the same in every model:
/// SIGUSR1 reports the counters; the first SIGTERM or SIGINT drains; a second one kills.
enum class Command { report, drain, kill, child_ended };

/// Receives signals through a descriptor, so that nothing ever runs in a signal handler. Makes
/// SIGPIPE harmless.
///
/// Blocks the signals that it watches for the calling thread: construct it on the main thread
/// before there is any other, so that every unit inherits the mask. Not thread-safe.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> watched = {SIGTERM, SIGINT, SIGUSR1, SIGCHLD});

  /// Readable while a signal waits.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  /// Takes one waiting signal, if there is one; does not block.
  [[nodiscard]] std::optional<Command> take();

  /// The exit code that the contract gives after a kill: 128 plus the signal's number.
  [[nodiscard]] int kill_code() const noexcept { return 128 + last_; }

 private:
  net::Descriptor descriptor_;
  int stops_ = 0;
  int last_ = 0;
};

/// The signal that makes a blocking thread look up. Its handler is empty; it only ends a system
/// call.
inline constexpr int kick_signal = SIGUSR2;

/// Gives a signal an empty handler without SA_RESTART, and unblocks it for the calling thread.
void make_interrupting(int signal);

}  // namespace trivium::app
