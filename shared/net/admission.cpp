// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/admission.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>

namespace trivium::net {

std::size_t queued(int listener) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return 0;
  return info.tcpi_state == TCP_LISTEN ? info.tcpi_unacked : 0;
}

Admission::Admission(Policy policy) : policy_(policy) {
  if (policy_.refuses) (void)take_reserve();
}

void Admission::refuse(Descriptor connection, CounterSlot& counters) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  connection.close();
  counters.close(protocol::CloseReason::refused);
  if (lacks_reserve_) (void)take_reserve();
}

bool Admission::refuse_by_reserve(int listener, CounterSlot& counters) {
  pollfd waiting{listener, POLLIN, 0};
  if (!policy_.refuses || ::poll(&waiting, 1, 0) <= 0) return false;
  Descriptor connection;
  {
    const std::lock_guard lock(mutex_);
    lacks_reserve_ = true;  // before its number is free: whoever gets that is told to give it back
    reserve_.close();
    connection = Descriptor(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  }
  if (!connection) {
    (void)take_reserve();
    return false;
  }
  CounterSlot::add(counters.accepted, 1);
  refuse(std::move(connection), counters);
  return true;
}

bool Admission::take_reserve() {
  const std::lock_guard lock(mutex_);
  if (!reserve_) reserve_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  lacks_reserve_ = !reserve_;
  return !lacks_reserve_;
}

}  // namespace trivium::net
