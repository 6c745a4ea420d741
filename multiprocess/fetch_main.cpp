// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_client.hpp"

int main(int argc, char** argv) {
  using namespace trivium;
  return app::fetch_main("multiprocess",
                         {{"per-url", multiprocess::fetch_per_url},
                          {"handoff", multiprocess::fetch_handoff},
                          {"shared-queue", multiprocess::fetch_shared_queue}},
                         argc, argv);
}
