// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Over a pair of Unix sockets that keep the bounds of messages. What is sent is charged to the
// sending socket, which all senders share: its buffer is the bound of the channel. Shutting
// them is close: the kernel lets what is queued be read, and wakes everyone. Both directions are
// shut, though one is never used, since poll tells a sender nothing of a half.

#include "channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "descriptor_passing.hpp"

namespace trivium::multiprocess {
namespace {

// Goes before each message, since a message of no bytes at all reads like the end.
constexpr char mark = 'm';

// What a message takes of a socket's buffer, with the kernel's own accounting, at most.
std::size_t buffer_cost(std::size_t message_bytes) {
  return 2 * (message_bytes + 1) + 1024;
}

void set_bound(int sender, ChannelLimits limits) {
  const auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
  const std::size_t wanted =
      std::min(limits.messages, most) * std::min(buffer_cost(limits.message_bytes), most);
  const int half = static_cast<int>(std::min(wanted, most) / 2);  // the kernel doubles it
  net::checked(::setsockopt(sender, SOL_SOCKET, SO_SNDBUF, &half, sizeof half), "SO_SNDBUF");
  int granted = 0;
  socklen_t size = sizeof granted;
  net::checked(::getsockopt(sender, SOL_SOCKET, SO_SNDBUF, &granted, &size), "SO_SNDBUF");
  if (static_cast<std::size_t>(granted) < limits.message_bytes + 64) {  // unix(7): EMSGSIZE
    throw std::system_error(EMSGSIZE, std::generic_category(),
                            "a channel's messages exceed net.core.wmem_max");
  }
}

ChannelStatus put(int socket, std::string_view message, int flags) {
  char head = mark;
  std::array<iovec, 2> parts{iovec{&head, 1},
                             iovec{const_cast<char*>(message.data()), message.size()}};
  msghdr envelope{};
  envelope.msg_iov = parts.data();
  envelope.msg_iovlen = parts.size();
  for (;;) {
    if (::sendmsg(socket, &envelope, flags | MSG_NOSIGNAL) >= 0) return ChannelStatus::ok;
    switch (errno) {
      case EINTR:
        break;
      case EAGAIN:
        return ChannelStatus::would_block;
      case EPIPE:
      case ECONNRESET:
      case ENOTCONN:
        return ChannelStatus::closed;
      default:
        throw std::system_error(errno, std::generic_category(), "send on a channel");
    }
  }
}

// Waits until the socket may be ready, or the deadline has passed, and says whether it has not.
bool wait_for(int socket, short events, std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::nanoseconds(deadline - std::chrono::steady_clock::now());
  if (left <= left.zero()) return false;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
  pollfd entry{socket, events, 0};
  if (::ppoll(&entry, 1, &limit, nullptr) < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll on a channel");
  }
  return true;
}

}  // namespace

ChannelSender::ChannelSender(net::Descriptor inherited, ChannelLimits limits) noexcept
    : socket_(std::move(inherited)), limits_(limits) {}

ChannelStatus ChannelSender::try_send(std::string_view message) {
  if (message.size() > limits_.message_bytes) throw std::length_error("message above the limit");
  return put(socket_.get(), message, MSG_DONTWAIT);
}

ChannelStatus ChannelSender::send(std::string_view message) {
  if (message.size() > limits_.message_bytes) throw std::length_error("message above the limit");
  return put(socket_.get(), message, 0);
}

ChannelStatus ChannelSender::send_until(Deadline deadline, std::string_view message) {
  for (;;) {
    const ChannelStatus status = try_send(message);
    if (status != ChannelStatus::would_block) return status;
    if (!wait_for(socket_.get(), POLLOUT, deadline)) return ChannelStatus::timed_out;
  }
}

void ChannelSender::close() noexcept {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

ChannelReceiver::ChannelReceiver(net::Descriptor inherited, ChannelLimits limits)
    : socket_(std::move(inherited)), buffer_(limits.message_bytes) {}

ChannelStatus ChannelReceiver::take(int flags, std::string& message) {
  char head = 0;
  std::array<iovec, 2> parts{iovec{&head, 1}, iovec{buffer_.data(), buffer_.size()}};
  msghdr envelope{};
  envelope.msg_iov = parts.data();
  envelope.msg_iovlen = parts.size();
  for (bool at_end = false;;) {
    const auto size = ::recvmsg(socket_.get(), &envelope, flags);
    if (size > 0) {
      if (head != mark || (envelope.msg_flags & MSG_TRUNC) != 0) {
        throw std::runtime_error("the ends of a channel do not agree on its limits");
      }
      message.assign(buffer_.data(), static_cast<std::size_t>(size) - 1);
      return ChannelStatus::ok;
    }
    if (size == 0 && !at_end) {
      at_end = true;  // a message may have come between the kernel's looks at queue and end
      continue;
    }
    if (size == 0 || errno == ECONNRESET) return ChannelStatus::closed;
    if (errno == EAGAIN) return ChannelStatus::would_block;
    if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "receive on a channel");
    }
  }
}

ChannelStatus ChannelReceiver::try_receive(std::string& message) {
  return take(MSG_DONTWAIT, message);
}

ChannelStatus ChannelReceiver::receive(std::string& message) {
  return take(0, message);
}

ChannelStatus ChannelReceiver::receive_until(Deadline deadline, std::string& message) {
  for (;;) {
    const ChannelStatus status = take(MSG_DONTWAIT, message);
    if (status != ChannelStatus::would_block) return status;
    if (!wait_for(socket_.get(), POLLIN, deadline)) return ChannelStatus::timed_out;
  }
}

void ChannelReceiver::close() noexcept {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

Channel::Channel(ChannelLimits limits) : Channel(limits, make_message_sockets()) {}

Channel::Channel(ChannelLimits limits, std::pair<net::Descriptor, net::Descriptor> sockets)
    : sender(std::move(sockets.first), limits), receiver(std::move(sockets.second), limits) {
  set_bound(sender.descriptor(), limits);
}

}  // namespace trivium::multiprocess
