// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "session_driver.hpp"

#include <algorithm>
#include <array>

#include "shared/net/hazards.hpp"

namespace trivium::async {
namespace {

thread_local std::array<char, 64 * 1024> buffer;

}  // namespace

std::optional<std::size_t> Serving::send(std::span<const char> bytes) const {
  const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) {
    watch.progress();
    net::CounterSlot::add(counters.bytes_out, static_cast<std::uint64_t>(count));
    return static_cast<std::size_t>(count);
  }
  if (errno == EAGAIN || errno == EINTR) return 0;
  return std::nullopt;
}

std::span<char> read_buffer() noexcept {
  return buffer;
}

Task<> linger(int socket, Watch& watch) {
  if (::shutdown(socket, SHUT_WR) < 0) co_return;
  watch.linger();
  std::size_t left = protocol::linger_bytes;
  while (left > 0) {
    co_await watch.ready(Socket::wait_read);
    if (watch.over()) co_return;
    const auto some = read_buffer().first(std::min(left, buffer.size()));
    const auto count = ::recv(socket, some.data(), some.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) co_return;
    if (count > 0) left -= static_cast<std::size_t>(count);
  }
}

Task<std::string> perform(Executor executor, Watch& watch, protocol::Hazard hazard,
                          Offload* offload) {
  using Kind = protocol::Hazard::Kind;
  if (hazard.kind == Kind::sleep) {
    Timer timer(executor, hazard.duration);
    co_await watch.sleep(timer);
    watch.awake();
    co_return std::string();
  }
  const bool holds_a_thread =
      hazard.kind == Kind::block || hazard.kind == Kind::work || hazard.kind == Kind::hang;
  if (offload == nullptr || !holds_a_thread) co_return net::perform(hazard);
  co_await offload->run(executor, hazard);
  co_return std::string();
}

}  // namespace trivium::async
