// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/accept.hpp"

#include <cerrno>

namespace trivium::net {

AcceptVerdict classify_accept_error(int error) noexcept {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return AcceptVerdict::back_off;
    case EINVAL:
      return AcceptVerdict::stopped;
    case EBADF:
    case ENOTSOCK:
    case EOPNOTSUPP:
    case EFAULT:
      return AcceptVerdict::fatal;
    default:
      // accept(2): Linux passes errors of the new connection on, and they concern nobody else.
      return AcceptVerdict::retry;
  }
}

}  // namespace trivium::net
