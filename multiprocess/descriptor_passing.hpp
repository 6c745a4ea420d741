// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <utility>

#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {

/// Makes two connected Unix sockets that keep the bounds of messages; closed on exec.
[[nodiscard]] std::pair<net::Descriptor, net::Descriptor> make_message_sockets();

/// Sends a copy of a descriptor to the process at the other end (unix(7), SCM_RIGHTS). Never
/// blocks. False where it did not go, errno says why; the sender keeps its own copy either way.
[[nodiscard]] bool send_descriptor(int socket, int descriptor) noexcept;

/// Waits for a descriptor from the other end; nothing once that is closed and all was received.
/// Signals do not interrupt it. The descriptor is closed on exec. Throws std::system_error for a
/// message that brought none, as when this process has no number left for it.
[[nodiscard]] net::Descriptor receive_descriptor(int socket);

}  // namespace trivium::multiprocess
