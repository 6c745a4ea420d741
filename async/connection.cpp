// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "connection.hpp"

#include <fcntl.h>

#include <system_error>

#include "session_driver.hpp"
#include "shared/net/accept.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/listener.hpp"

namespace trivium::async {
namespace {

// Output that the connection's own task writes; what was written, the kernel has.
class DirectOutput {
 public:
  static constexpr bool is_sent = false;

  DirectOutput(const Serving& serving, Loop&) noexcept : serving_(serving) {}

  bool write(std::span<const char> bytes) {
    const auto count = serving_.send(bytes);
    if (count) {
      serving_.session.written(*count);
    } else {
      serving_.session.abort(protocol::CloseReason::reset);
    }
    return count != 0U;
  }

  auto room() { return serving_.watch.ready(Socket::wait_write); }
  void drop() const noexcept {}
  std::optional<protocol::CloseReason> failure() const noexcept { return std::nullopt; }
  void end() const noexcept {}

 private:
  const Serving& serving_;
};

Task<> wait_for(Executor executor, Clock::duration duration) {
  Timer timer(executor, duration);
  co_await timer.async_wait(as_result);
}

}  // namespace

Task<> serve(Connection&& connection, Loop& loop, ServeOptions options,
             net::CounterSlot& counters) {
  return drive<DirectOutput>(std::move(connection), loop, options, counters);
}

Task<std::optional<Connection>> accept_one(Listener& listener, Permits& permits,
                                           net::Admission& admission, net::CounterSlot& counters) {
  for (;;) {
    Permit permit;
    if (permits.limited() && !admission.refuses()) {
      co_await listener.async_wait(Listener::wait_read, as_result);
      const bool permitted = co_await permits.take(permit);
      if (!permitted) co_return std::nullopt;
    }
    auto [error, socket] = co_await listener.async_accept(as_result);
    if (!error) {
      net::CounterSlot::add(counters.accepted, 1);
      const bool full = permits.limited() && admission.refuses() && !permits.try_take(permit);
      if (full || !admission.admits(listener.native_handle())) {
        boost::system::error_code ignored;
        admission.refuse(net::Descriptor(socket.release(ignored)), counters);
        continue;
      }
      co_return std::optional<Connection>(std::in_place, std::move(socket), std::move(permit));
    }
    switch (net::classify_accept_error(error.value())) {
      case net::AcceptVerdict::retry:
        net::CounterSlot::add(counters.accept_errors, 1);
        break;
      case net::AcceptVerdict::back_off:
        net::CounterSlot::add(counters.accept_errors, 1);
        if (admission.refuse_by_reserve(listener.native_handle(), counters)) break;
        co_await wait_for(listener.get_executor(),
                          std::chrono::milliseconds(net::accept_backoff_ms));
        break;
      case net::AcceptVerdict::stopped:
        co_return std::nullopt;
      case net::AcceptVerdict::fatal:
        throw std::system_error(error, "accept");
    }
  }
}

Listener adopt_listener(Executor executor, int listener) {
  net::Descriptor copy(
      net::checked(::fcntl(listener, F_DUPFD_CLOEXEC, 0), "cannot adopt the listener"));
  const bool v6 = net::local_address(listener).family() == AF_INET6;
  Listener adopted(executor, v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), copy.get());
  (void)copy.release();
  adopted.set_option(asio::socket_base::enable_connection_aborted(true));
  return adopted;
}

}  // namespace trivium::async
