// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include "shared/app/echo_app.hpp"

namespace trivium::async {

/// The strategies: each serves until a signal has drained the server, and returns its counters.
/// Each file's header says how it works, what it costs and what it risks.
net::Totals serve_per_connection(app::EchoServer& server);
net::Totals serve_handoff(app::EchoServer& server);
net::Totals serve_shared_accept(app::EchoServer& server);
net::Totals serve_sequential(app::EchoServer& server);

}  // namespace trivium::async
