// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <memory>

#include "shared/net/blocking_connection.hpp"
#include "shared/net/counters.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {

/// How a worker serves its connections, one after another: alone, or, where `--connection split`
/// asks for it, as the reading unit of a pair. The writing unit is then a process that the worker
/// forks, which lives as long as the service. If either dies, the other does: the kernel tells.
class Service {
 public:
  /// Forks the writing unit, which keeps none of the worker's descriptors open. Where the system
  /// has no process left, waits until it has, or until connections have expired. Requires: the
  /// process is a worker, has no thread and no child; the options and the slot outlive the service.
  Service(const net::ServeOptions& options, net::CounterSlot& counters);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Serves one connection to its end, closes it, and counts it in the slot; `net::serve`. Blocks.
  void serve(net::Descriptor connection) noexcept;

 private:
  struct Pair;

  const net::ServeOptions& options_;
  net::CounterSlot& counters_;
  std::unique_ptr<Pair> pair_;
};

}  // namespace trivium::multiprocess
