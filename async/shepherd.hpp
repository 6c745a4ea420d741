// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <functional>
#include <vector>

#include "connection.hpp"
#include "loop.hpp"
#include "offload.hpp"
#include "shared/app/echo_app.hpp"

namespace trivium::async {

/// What a connection's task needs to know.
[[nodiscard]] ServeOptions serve_options(const app::EchoServer& server, Offload& offload);

/// Runs the loops of a server, and watches over them from the main thread until they have drained;
/// what every strategy ends in.
///
/// The shutdown contract, the same in every model: the first SIGTERM or SIGINT shuts and closes the
/// listener and calls `stop`; connections that were accepted are served on; at the drain timeout
/// the loops' watchdogs end all waits; a task that does not wait (it computes, say) is given up
/// some time later with the whole process (`EchoServer::exit_drained`). A second signal ends the
/// process with every unit in it. SIGUSR1 reports the counters. The main thread is no loop's, so
/// that a loop whose thread is held by one of its tasks does not keep signals from being obeyed.
/// Blocks; returns the final counters; throws what a task threw.
net::Totals shepherd(app::EchoServer& server, const std::vector<Loop*>& loops,
                     const std::function<void()>& stop);

}  // namespace trivium::async
