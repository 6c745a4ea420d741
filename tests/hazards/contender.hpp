// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The contenders, and what tells their models apart on a bad day.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace trivium::hazards {

struct Contender {
  std::string model;
  std::string strategy;
  std::string connection = "loop";

  [[nodiscard]] bool processes() const { return model == "multiprocess"; }
  [[nodiscard]] bool loops() const { return model == "async"; }
  [[nodiscard]] bool sequential() const { return strategy == "sequential"; }

  // As many connections at once as it has workers.
  [[nodiscard]] bool blocking_pool() const { return !loops() && strategy != "per-connection"; }
  // Worker processes that are replaced when they end.
  [[nodiscard]] bool supervised() const { return processes() && blocking_pool(); }
  // Processes, threads or tasks for each connection.
  [[nodiscard]] int units_a_connection() const { return connection == "split" ? 2 : 1; }

  [[nodiscard]] std::string name() const {
    return model + "/" + strategy + (connection == "split" ? "+split" : "");
  }
  // Its command, with `{port}` in it.
  [[nodiscard]] std::string command() const;
};

inline void PrintTo(const Contender& contender, std::ostream* out) {
  *out << contender.name();
}

[[nodiscard]] std::vector<Contender> all_contenders();

// Those for which the member is true.
[[nodiscard]] std::vector<Contender> contenders_with(bool (Contender::*has)() const);

}  // namespace trivium::hazards
