// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/blocking_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "shared/net/accept.hpp"
#include "shared/net/listener.hpp"
#include "shared/net/session_driver.hpp"

namespace trivium::net {
namespace {

using protocol::CloseReason;

// Output that the unit itself writes. A blocked send gives up after a part of the idle timeout
// only, since what the kernel took meanwhile is reported no earlier: the connection is idle after
// that many in a row took nothing.
class DirectOutput {
 public:
  DirectOutput(int socket, CounterSlot& counters) noexcept : socket_(socket), counters_(counters) {}

  Sent send(std::span<const char> bytes) {
    const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      stalls_ = 0;
      CounterSlot::add(counters_.bytes_out, static_cast<std::uint64_t>(count));
      return {.count = static_cast<std::size_t>(count)};
    }
    if (errno == EINTR) return {};
    if (errno != EAGAIN) return {.failure = CloseReason::reset};
    if (++stalls_ < sends_per_idle_timeout) return {};
    return {.failure = CloseReason::idle};
  }

  // What was sent, the kernel has.
  std::optional<CloseReason> flush() const noexcept { return std::nullopt; }
  void drop() const noexcept {}
  std::optional<CloseReason> failure() const noexcept { return std::nullopt; }
  std::chrono::nanoseconds until_idle() const noexcept { return {}; }

 private:
  const int socket_;
  CounterSlot& counters_;
  int stalls_ = 0;
};

}  // namespace

void serve(Descriptor connection, const ServeOptions& options, CounterSlot& counters) noexcept {
  DirectOutput output(connection.get(), counters);
  serve_through(output, std::move(connection), options, counters);
}

std::optional<Descriptor> accept_one(int listener, Admission& admission, CounterSlot& counters) {
  for (;;) {
    Descriptor connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) {
      CounterSlot::add(counters.accepted, 1);
      if (admission.admits(listener)) return connection;
      admission.refuse(std::move(connection), counters);
      continue;
    }
    const int error = errno;
    switch (classify_accept_error(error)) {
      case AcceptVerdict::retry:
        if (error != EINTR && error != EAGAIN) CounterSlot::add(counters.accept_errors, 1);
        break;
      case AcceptVerdict::back_off:
        CounterSlot::add(counters.accept_errors, 1);
        if (admission.refuse_by_reserve(listener, counters)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(accept_backoff_ms));
        break;
      case AcceptVerdict::stopped:
        return std::nullopt;
      case AcceptVerdict::fatal:
        throw std::system_error(error, std::generic_category(), "accept");
    }
  }
}

std::optional<Descriptor> accept_one(int listener, CounterSlot& counters) {
  Admission everyone({});
  return accept_one(listener, everyone, counters);
}

}  // namespace trivium::net
