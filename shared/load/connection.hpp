// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "shared/load/message.hpp"
#include "shared/load/options.hpp"
#include "shared/load/reply_checker.hpp"
#include "shared/load/tally.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"

namespace trivium::load {

/// The time by CLOCK_MONOTONIC, in nanoseconds.
[[nodiscard]] std::int64_t monotonic_now() noexcept;

/// What all connections of a run share: where they go, their bytes, and what they found.
struct Shared {
  static constexpr std::size_t buffer_size = 64 * 1024;

  Shared(const Options& options, const net::Address& where);

  Mode mode;
  net::Address target;
  /// Sources are spread over 127.0.0.0/8, so that ports do not run out: 28,232 for each source.
  bool spread_sources;
  std::uint32_t opened = 0;
  Message message;
  net::Descriptor epoll;
  std::unique_ptr<char[]> buffer;
  Tally* tally = nullptr;  ///< of the phase that runs
  std::uint64_t connected = 0;
  std::optional<Fault> first_fault;
};

/// One connection of the closed loop and the operation that is under way on it. Never blocks. Its
/// socket is registered with the epoll of `Shared`, edge-triggered, under the connection's index.
class Connection {
 public:
  Connection(Shared& shared, std::uint32_t index) noexcept;

  /// Begins the next operation; opens the connection first where it is closed. Returns how the
  /// operation ended where it ended at once, which is never well.
  [[nodiscard]] std::optional<Outcome> begin(std::int64_t now);

  /// Takes what epoll said. Returns how the operation ended, if it did. But for `ok` in lines the
  /// connection is closed then.
  [[nodiscard]] std::optional<Outcome> on_events(std::uint32_t events);

  /// Gives up the operation: `timed_out`, or `wrong` where wrong bytes had come by then.
  [[nodiscard]] Outcome on_timeout();

  void close() noexcept;

  [[nodiscard]] bool busy() const noexcept { return busy_; }
  /// When the operation began. In lines the first begins when the head has come.
  [[nodiscard]] std::int64_t started() const noexcept { return started_; }
  /// Whether the kernel took the whole question.
  [[nodiscard]] bool sent() const noexcept { return sent_ != 0 && sent_ == question_size_; }

 private:
  enum class Due : std::uint8_t { head, answer };

  [[nodiscard]] std::optional<Outcome> open();
  [[nodiscard]] std::optional<Outcome> send_rest();
  [[nodiscard]] std::optional<Outcome> receive(std::uint32_t events);
  [[nodiscard]] std::optional<Outcome> end_of_stream();
  [[nodiscard]] Outcome fail(Outcome outcome) noexcept;
  [[nodiscard]] Outcome fail_wrong(std::string_view bytes);
  [[nodiscard]] std::string_view due() const noexcept;
  void note_connected() noexcept;

  Shared* shared_;
  net::Descriptor socket_;
  std::uint32_t index_;
  std::uint64_t number_;
  std::int64_t started_ = 0;
  std::size_t sent_ = 0;
  std::size_t question_size_;
  ReplyChecker checker_;
  Due due_ = Due::head;
  bool busy_ = false;
  bool connected_ = false;
  std::optional<Outcome> gone_;  // how the stream ended between two operations
};

}  // namespace trivium::load
