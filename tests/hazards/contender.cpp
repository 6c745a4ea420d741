// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/hazards/contender.hpp"

namespace trivium::hazards {

std::string Contender::command() const {
  const std::string program = processes() ? MULTIPROCESS_ECHO
                              : loops()   ? ASYNC_ECHO
                                          : MULTITHREAD_ECHO;
  return "'" + program + "' --listen 127.0.0.1:{port} --strategy " + strategy + " --connection " +
         connection;
}

std::vector<Contender> all_contenders() {
  std::vector<Contender> all;
  for (const char* model : {"multiprocess", "multithread", "async"}) {
    for (const char* strategy : {"per-connection", "handoff", "shared-accept"}) {
      for (const char* connection : {"loop", "split"}) all.push_back({model, strategy, connection});
    }
  }
  all.push_back({"async", "sequential"});
  return all;
}

std::vector<Contender> contenders_with(bool (Contender::*has)() const) {
  std::vector<Contender> all = all_contenders();
  std::erase_if(all, [&](const Contender& contender) { return !(contender.*has)(); });
  return all;
}

}  // namespace trivium::hazards
