// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <memory>

#include "shared/net/blocking_connection.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"
#include "units.hpp"

namespace trivium::multithread {

/// How a unit serves its connections, one after another: alone, or, where `--connection split` asks
/// for it, as the reading unit of a pair. The writing unit is then another thread, which lives as
/// long as the service.
class Service {
 public:
  /// Starts the writing unit. Throws std::system_error where the system has no thread left.
  /// Requires: the options outlive the units.
  Service(Units& units, const net::ServeOptions& options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Serves one connection to its end, closes it, and counts it in the slot; `net::serve`. Blocks.
  void serve(net::Descriptor connection, net::CounterSlot& counters) noexcept;

 private:
  struct Pair;

  const net::ServeOptions& options_;
  std::shared_ptr<Pair> pair_;  // of both units, so that it outlives whichever goes last
};

}  // namespace trivium::multithread
