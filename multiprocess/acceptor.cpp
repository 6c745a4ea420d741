// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "acceptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "shared/net/accept.hpp"

namespace trivium::multiprocess {
namespace {

constexpr auto backoff = std::chrono::milliseconds(net::accept_backoff_ms);

}  // namespace

Acceptor::Acceptor(const net::Descriptor& listener, net::Admission& admission,
                   net::CounterSlot& counters)
    : listener_(listener), admission_(admission), counters_(counters) {
  const int flags = net::checked(::fcntl(listener.get(), F_GETFL), "fcntl");
  net::checked(::fcntl(listener.get(), F_SETFL, flags | O_NONBLOCK), "fcntl");
}

Acceptor::Wait Acceptor::wait() const {
  if (Clock::now() < retry_at_) return {.descriptor = -1, .until = retry_at_};
  return {.descriptor = listener_.get()};
}

Acceptor::Wait Acceptor::wait_for_resources() {
  return {.descriptor = -1, .until = Clock::now() + backoff};
}

net::Descriptor Acceptor::accept() {
  while (listener_) {
    net::Descriptor connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) {
      net::CounterSlot::add(counters_.accepted, 1);
      if (admission_.admits(listener_.get())) return connection;
      admission_.refuse(std::move(connection), counters_);
      continue;
    }
    const int error = errno;
    if (error == EAGAIN) return {};
    switch (net::classify_accept_error(error)) {
      case net::AcceptVerdict::retry:
        if (error != EINTR) net::CounterSlot::add(counters_.accept_errors, 1);
        break;
      case net::AcceptVerdict::back_off:
        net::CounterSlot::add(counters_.accept_errors, 1);
        if (admission_.refuse_by_reserve(listener_.get(), counters_)) break;
        retry_at_ = Clock::now() + backoff;
        return {};
      case net::AcceptVerdict::stopped:
        return {};
      case net::AcceptVerdict::fatal:
        throw std::system_error(error, std::generic_category(), "accept");
    }
  }
  return {};  // it was readable, and then the server began to drain
}

}  // namespace trivium::multiprocess
