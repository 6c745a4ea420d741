// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "shared/app/echo_app.hpp"
#include "units.hpp"

namespace trivium::multithread {

/// Starts the workers of a fixed pool, each by a call of `start`. Where the system refuses a
/// thread, the process ends at once with one line, and with the threads that it has, since a thread
/// cannot be killed.
void start_pool(const app::EchoServer& server, Units& units, std::size_t workers,
                const std::function<void()>& start);

/// Watches over a server from the main thread until it has drained; what every strategy ends in.
///
/// The shutdown contract, the same in every model: the first SIGTERM or SIGINT shuts and closes the
/// listener and calls `stop`; connections that were accepted are served on; at the drain timeout
/// `expired` is set and units are kicked until none is left; a thread cannot be killed, so one that
/// computes on is given up with the whole process (`EchoServer::exit_drained`). A second signal
/// ends the process with every unit in it. SIGUSR1 reports the counters. A ready line that
/// cannot be written ends the process at once with one line. Blocks; returns the final counters.
net::Totals shepherd(app::EchoServer& server, Units& units, std::atomic<bool>& expired,
                     const std::function<void()>& stop);

}  // namespace trivium::multithread
