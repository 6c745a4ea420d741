// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/blocking_fetch.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "shared/net/descriptor.hpp"
#include "shared/net/url.hpp"

namespace trivium::net {
namespace {

using Clock = std::chrono::steady_clock;
using protocol::FetchAction;
using protocol::FetchError;
using protocol::FetchResult;
using protocol::FetchSession;

constexpr std::string_view connecting = "connecting";

// Waits until the socket can go on; false at the deadline. It looks once in any case: who is late
// here, on a busy machine, may find that the peer was not.
bool wait_for(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
    pollfd entry{socket, events, 0};
    const timespec limit{
        .tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count(),
        .tv_nsec = (left % std::chrono::seconds(1)).count(),
    };
    if (::ppoll(&entry, 1, &limit, nullptr) > 0) return true;
    if (left == left.zero()) return false;
  }
}

// A connection, or the error number that stands for why there is none.
struct Connected {
  Descriptor socket{};
  int error = 0;
};

Connected connect_to(const Address& address, Clock::time_point deadline) {
  Descriptor socket(
      ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) return {.error = errno};
  if (::connect(socket.get(), address.get(), address.size) == 0) {
    return {.socket = std::move(socket)};
  }
  if (errno != EINPROGRESS) return {.error = errno};
  if (!wait_for(socket.get(), POLLOUT, deadline)) return {.error = ETIMEDOUT};
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  if (error != 0) return {.error = error};
  return {.socket = std::move(socket)};
}

Connected connect_to_any(const std::vector<Address>& addresses, Clock::time_point deadline) {
  Connected connected{.error = ETIMEDOUT};
  for (std::size_t i = 0; i < addresses.size() && !connected.socket; ++i) {
    connected = connect_to(addresses[i], attempt_deadline(deadline, addresses.size() - i));
  }
  return connected;
}

void write_some(int socket, FetchSession& session, std::span<const char> bytes,
                Clock::time_point deadline) {
  const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) {
    session.written(static_cast<std::size_t>(count));
  } else if (errno == EAGAIN) {
    if (!wait_for(socket, POLLOUT, deadline)) session.abort(FetchError::timed_out, session.phase());
  } else if (errno == EPIPE || errno == ECONNRESET) {
    session.write_failed();
  } else if (errno != EINTR) {
    session.abort(fetch_error(errno), fetch_detail(errno, session.phase()));
  }
}

void read_some(int socket, FetchSession& session, std::span<char> buffer,
               Clock::time_point deadline) {
  const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    session.received(buffer.first(static_cast<std::size_t>(count)));
  } else if (count == 0) {
    session.end_of_input();
  } else if (errno == EAGAIN) {
    if (!wait_for(socket, POLLIN, deadline)) session.abort(FetchError::timed_out, session.phase());
  } else if (errno != EINTR) {
    session.abort(fetch_error(errno), fetch_detail(errno, session.phase()));
  }
}

FetchResult exchange(int socket, FetchSession& session, Clock::time_point deadline) {
  std::array<char, 64 * 1024> buffer;  // not cleared
  for (;;) {
    const FetchAction action = session.next();
    // A peer that is quicker than we are never has us wait.
    if (action.kind != FetchAction::Kind::close && Clock::now() >= deadline) {
      session.abort(FetchError::timed_out, session.phase());
      continue;
    }
    switch (action.kind) {
      case FetchAction::Kind::write:
        write_some(socket, session, action.bytes, deadline);
        break;
      case FetchAction::Kind::read:
        read_some(socket, session, buffer, deadline);
        break;
      case FetchAction::Kind::close:
        return session.take_result();
    }
  }
}

FetchResult fetch_within(const std::string& text, const FetchLimits& limits, Resolver resolve,
                         Clock::time_point start) {
  const ParsedUrl parsed = parse_url(text);
  if (!parsed.error.empty()) return failed_fetch(FetchError::bad_url, parsed.error);
  const Url& url = parsed.url;
  const auto deadline = start + limits.timeout;
  const auto connect_deadline = std::min(deadline, start + limits.connect_timeout);

  Resolution resolution;
  if (const auto literal = literal_address(url.host, url.port)) {
    resolution.addresses.push_back(*literal);
  } else {
    resolution = resolve(url.host, url.port, connect_deadline);
  }
  if (resolution.error != FetchError::none) {
    return failed_fetch(resolution.error, resolution.detail);
  }
  const Connected connected = connect_to_any(resolution.addresses, connect_deadline);
  if (!connected.socket) {
    return failed_fetch(fetch_error(connected.error), fetch_detail(connected.error, connecting));
  }
  FetchSession session(url.authority, url.target, limits.max_body);
  return exchange(connected.socket.get(), session, deadline);
}

}  // namespace

FetchResult blocking_fetch(const std::string& url, const FetchLimits& limits, Resolver resolve) {
  const auto start = Clock::now();
  FetchResult result = fetch_within(url, limits, resolve, start);
  result.elapsed = Clock::now() - start;
  return result;
}

FetchResult failed_fetch(FetchError error, std::string_view detail) {
  return {.error = error, .detail = std::string(detail)};
}

FetchError fetch_error(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
      return FetchError::refused;
    case ECONNRESET:
    case EPIPE:
      return FetchError::reset;
    case ETIMEDOUT:
      return FetchError::timed_out;
    default:
      return FetchError::system;
  }
}

std::string fetch_detail(int error, std::string_view phase) {
  if (error == ECONNREFUSED) return {};
  if (fetch_error(error) != FetchError::system) return std::string(phase);
  return std::string(phase) + ": " + std::generic_category().message(error);
}

Clock::time_point attempt_deadline(Clock::time_point deadline, std::size_t left) {
  const auto now = Clock::now();
  if (now >= deadline) return deadline;
  return now + (deadline - now) / static_cast<Clock::rep>(left);
}

}  // namespace trivium::net
