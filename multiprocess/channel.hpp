// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shared/app/channel_status.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {

using app::ChannelStatus;

/// The bounds of a channel, fixed when it is made, and known to both ends.
struct ChannelLimits {
  std::size_t messages;       ///< of the largest size, that fit at least: 1 or more
  std::size_t message_bytes;  ///< that one message may have
};

// The two ends of a bounded channel of byte messages between processes: many senders, one receiver,
// first in first out for each sender. The verbs are those of the other models' channels.
//
// Every process that has an end, by fork or by inheriting its descriptor over exec, uses the same
// channel. `send` blocks while the channel is full, `receive` while it is empty; the others return
// at once, or at a deadline. `close`, from either end, in any process, wakes everyone: senders are
// refused from then on, the receiver still gets what is queued. So does the death of the last
// process that has the receiver, or the last that has a sender: the kernel tells. A send that fails
// leaves the message with its sender; one that returned ok was queued whole. Signals interrupt
// nothing. Small messages fit in greater number than large ones; the system's limit on socket
// buffers (net.core.wmem_max) may make it fewer than were asked for, but never none. A sender that
// had to wait goes on when the greater part of the queue is free, so that it is not woken for each
// message.

/// The end that messages go in at. Threads may share it; so may processes.
class ChannelSender {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Attaches to the channel whose sender another process made with the same limits.
  ChannelSender(net::Descriptor inherited, ChannelLimits limits) noexcept;

  /// Each throws std::length_error for a message above the limit.
  [[nodiscard]] ChannelStatus try_send(std::string_view message);
  [[nodiscard]] ChannelStatus send(std::string_view message);
  [[nodiscard]] ChannelStatus send_until(Deadline deadline, std::string_view message);

  /// Ends the channel for everyone; a second call does nothing.
  void close() noexcept;

  /// What another program inherits to attach; closed on exec.
  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

 private:
  net::Descriptor socket_;
  ChannelLimits limits_;
};

/// The end that messages come out at. Not for two threads or processes at once.
class ChannelReceiver {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Attaches to the channel whose receiver another process made with the same limits.
  ChannelReceiver(net::Descriptor inherited, ChannelLimits limits);

  /// The message is left as it was unless the status is ok.
  [[nodiscard]] ChannelStatus try_receive(std::string& message);
  [[nodiscard]] ChannelStatus receive(std::string& message);
  [[nodiscard]] ChannelStatus receive_until(Deadline deadline, std::string& message);

  /// Ends the channel for everyone; a second call does nothing.
  void close() noexcept;

  /// Readable while there is a message, or once the channel is closed. Also what another program
  /// inherits to attach; closed on exec.
  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

 private:
  ChannelStatus take(int flags, std::string& message);

  net::Descriptor socket_;
  std::vector<char> buffer_;  // the largest message
};

/// Both ends of a new channel, before the processes that use it are started. A process drops the
/// end that it does not use, or does not learn that the other processes are gone.
struct Channel {
  /// Throws std::system_error where the system refuses.
  explicit Channel(ChannelLimits limits);

  ChannelSender sender;
  ChannelReceiver receiver;

 private:
  Channel(ChannelLimits limits, std::pair<net::Descriptor, net::Descriptor> sockets);
};

}  // namespace trivium::multiprocess
