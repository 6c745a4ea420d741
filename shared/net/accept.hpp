// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include "shared/net/descriptor.hpp"

namespace trivium::net {

/// What an acceptor does after accept failed.
enum class AcceptVerdict {
  retry,     ///< at once: that client is gone, or nothing waits (ECONNABORTED, EINTR, EAGAIN, ...)
  back_off,  ///< wait for `accept_backoff`: the system is out of something (EMFILE, ENOBUFS, ...)
  stopped,   ///< the listener was shut (EINVAL): the server drains
  fatal,     ///< the listener is of no use any more
};

/// Classifies an error of accept(2). The one place that does.
[[nodiscard]] AcceptVerdict classify_accept_error(int error) noexcept;

/// How long to wait, in milliseconds, before accept is tried again when descriptors or memory are
/// short: long enough not to spin, short enough that a freed descriptor is used soon.
inline constexpr int accept_backoff_ms = 10;

}  // namespace trivium::net
