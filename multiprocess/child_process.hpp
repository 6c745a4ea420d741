// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace trivium::multiprocess {

/// Forks a worker that runs the body and then ends, with code 0, or 1 and a line on standard error
/// where the body throws; nothing of the caller's is destroyed or flushed there. Returns its pid.
/// Throws std::system_error where the system has no process left.
///
/// Requires: the caller is the main thread and there is no other.
pid_t fork_worker(const std::function<void()>& body);

/// Starts a worker program. It inherits the three standard streams, with input from nowhere, and
/// the given descriptors as 3, 4, 5 and so on, in their order. It begins with `become_worker`, for
/// which it is told the pid of its parent, and `close_all_but`. Returns its pid. Throws
/// std::system_error that names the program where it cannot be started.
///
/// Requires: the caller is the main thread and there is no other.
pid_t start_program(const std::string& path, const std::vector<std::string>& arguments,
                    const std::vector<int>& inherited);

/// The first descriptor that `start_program` hands over.
inline constexpr int first_inherited = 3;

/// Makes the calling process a worker of `parent`: it dies with it, without a window (ends here if
/// that is gone already), and it has the signals of the contract: SIGINT and SIGUSR1 do nothing,
/// SIGTERM ends the system call that blocks, so that the worker looks at its flags, and nothing is
/// blocked. A program that was exec'd calls it first; `fork_worker` does so for its child.
void become_worker(pid_t parent);

/// Closes every descriptor but the standard three and those that are named: what a forked worker
/// does first with what it inherited and has no use for.
void close_all_but(std::vector<int> kept);

/// Closes every descriptor from that number on: what a program does first that was started with
/// those below it.
void close_all_from(int first);

/// The path of the program `name` in the directory of the running one.
[[nodiscard]] std::string program_beside(const std::string& name);

}  // namespace trivium::multiprocess
