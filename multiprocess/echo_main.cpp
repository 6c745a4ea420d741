// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "echo_server.hpp"

int main(int argc, char** argv) {
  using namespace trivium;
  return app::echo_main("multiprocess", app::UnitKind::process,
                        {{"per-connection", multiprocess::serve_per_connection},
                         {"handoff", multiprocess::serve_handoff},
                         {"shared-accept", multiprocess::serve_shared_accept}},
                        argc, argv);
}
