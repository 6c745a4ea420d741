// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_client.hpp"

int main(int argc, char** argv) {
  using namespace trivium;
  return app::fetch_main("multithread",
                         {{"per-url", multithread::fetch_per_url},
                          {"handoff", multithread::fetch_handoff},
                          {"shared-queue", multithread::fetch_shared_queue}},
                         argc, argv);
}
