// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/tcp_table.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace trivium::conformance {
namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

sockaddr_in name_of(int socket, bool peer) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const int result =
      peer ? ::getpeername(socket, generic, &size) : ::getsockname(socket, generic, &size);
  if (result != 0) fail(errno, "the name of a socket");
  if (address.sin_family != AF_INET) fail(EAFNOSUPPORT, "the name of a socket");
  return address;
}

// The socket with these two names, or the one that listens at `local`.
std::optional<TcpSocket> look_up(const sockaddr_in& local, const sockaddr_in& remote) {
  const Fd netlink{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  if (!netlink) fail(errno, "sock_diag");
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = AF_INET;
  question.request.sdiag_protocol = IPPROTO_TCP;
  question.request.idiag_states = ~0U;
  auto& id = question.request.id;
  id.idiag_sport = local.sin_port;
  id.idiag_src[0] = local.sin_addr.s_addr;
  id.idiag_dport = remote.sin_port;
  id.idiag_dst[0] = remote.sin_addr.s_addr;
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(netlink.get(), &question, sizeof question, 0) < 0) fail(errno, "sock_diag");

  std::array<char, 8192> answer{};
  const ssize_t length = ::recv(netlink.get(), answer.data(), answer.size(), 0);
  if (length < static_cast<ssize_t>(sizeof(nlmsghdr))) fail(errno, "sock_diag");
  nlmsghdr header{};
  std::memcpy(&header, answer.data(), sizeof header);
  const char* const payload = answer.data() + NLMSG_HDRLEN;
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    std::memcpy(&error, payload, sizeof error);
    if (error.error == -ENOENT) return std::nullopt;
    fail(-error.error, "sock_diag");
  }
  inet_diag_msg found{};
  std::memcpy(&found, payload, sizeof found);
  return TcpSocket{found.idiag_inode, found.idiag_state == TCP_LISTEN};
}

}  // namespace

std::optional<TcpSocket> find_peer(int connected) {
  auto found = look_up(name_of(connected, true), name_of(connected, false));
  if (found && found->listening) found.reset();
  return found;
}

bool listens(const Endpoint& at) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(at.port);
  if (::inet_pton(AF_INET, at.host.c_str(), &local.sin_addr) != 1) fail(EINVAL, "listens");
  const auto found = look_up(local, {});
  return found && found->listening;
}

}  // namespace trivium::conformance
