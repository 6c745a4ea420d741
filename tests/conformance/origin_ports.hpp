// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trivium::conformance {

// A TCP socket bound to `host`, port 0; aborts the case by std::system_error where it can't be.
int bind_loopback(const std::string& host, std::uint16_t& port);

// A loopback port on which connect is refused for as long as the object lives.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// A loopback port whose accept queue is full, so that a connect hangs.
class FullBacklog {
 public:
  FullBacklog();
  ~FullBacklog();
  FullBacklog(const FullBacklog&) = delete;
  FullBacklog& operator=(const FullBacklog&) = delete;
  std::uint16_t port() const { return port_; }
  // Whether a connect really hangs here; it depends on the kernel.
  bool works() const { return works_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> fillers_;
  bool works_ = false;
};

}  // namespace trivium::conformance
