// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "echo_server.hpp"

int main(int argc, char** argv) {
  using namespace trivium;
  return app::echo_main("async", app::UnitKind::task,
                        {{"per-connection", async::serve_per_connection},
                         {"handoff", async::serve_handoff},
                         {"shared-accept", async::serve_shared_accept},
                         {"sequential", async::serve_sequential, false}},
                        argc, argv);
}
