// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "echo_server.hpp"

int main(int argc, char** argv) {
  using namespace trivium;
  return app::echo_main("multithread", app::UnitKind::thread,
                        {{"per-connection", multithread::serve_per_connection},
                         {"handoff", multithread::serve_handoff},
                         {"shared-accept", multithread::serve_shared_accept}},
                        argc, argv);
}
