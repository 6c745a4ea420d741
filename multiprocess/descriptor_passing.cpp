// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "descriptor_passing.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace trivium::multiprocess {
namespace {

// A message that carries one descriptor, and one byte, since ancillary data travels with data.
struct Envelope {
  Envelope() noexcept {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_LEN(sizeof(int));  // not the padding, which a second would fit
  }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;

  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
};

}  // namespace

std::pair<net::Descriptor, net::Descriptor> make_message_sockets() {
  std::array<int, 2> ends{};
  net::checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {net::Descriptor(ends[0]), net::Descriptor(ends[1])};
}

bool send_descriptor(int socket, int descriptor) noexcept {
  Envelope envelope;
  cmsghdr* const header = CMSG_FIRSTHDR(&envelope.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  for (;;) {
    if (::sendmsg(socket, &envelope.message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

net::Descriptor receive_descriptor(int socket) {
  for (;;) {
    Envelope envelope;
    const auto size = ::recvmsg(socket, &envelope.message, MSG_CMSG_CLOEXEC);
    if (size == 0) return {};
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == ECONNRESET) return {};  // the other end left with something unread
    if (size < 0) throw std::system_error(errno, std::generic_category(), "recvmsg");
    net::Descriptor received;
    const cmsghdr* const header = CMSG_FIRSTHDR(&envelope.message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header), sizeof number);
      received = net::Descriptor(number);
    }
    if (!received || (envelope.message.msg_flags & MSG_CTRUNC) != 0) {
      throw std::system_error(EMFILE, std::generic_category(), "a descriptor did not arrive");
    }
    return received;
  }
}

}  // namespace trivium::multiprocess
