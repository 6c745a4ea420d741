// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_client.hpp"

int main(int argc, char** argv) {
  using namespace trivium;
  return app::fetch_main("async",
                         {{"per-url", async::fetch_per_url},
                          {"handoff", async::fetch_handoff},
                          {"shared-queue", async::fetch_shared_queue}},
                         argc, argv);
}
