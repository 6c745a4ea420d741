// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <vector>

#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// A loopback port on which connect is refused for as long as the object lives.
class RefusingPort {
 public:
  RefusingPort();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Fd socket_;
  std::uint16_t port_ = 0;
};

// A loopback port whose accept queue is full, so that a connect hangs.
class FullBacklog {
 public:
  FullBacklog();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Whether a connect really hangs here; it depends on the kernel.
  [[nodiscard]] bool works() const { return works_; }

 private:
  Fd listener_;
  std::uint16_t port_;
  std::vector<Fd> fillers_;
  bool works_ = false;
};

}  // namespace trivium::conformance
