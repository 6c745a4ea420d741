// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "shared/load/exchange.hpp"
#include "shared/load/options.hpp"
#include "shared/load/recorder.hpp"
#include "shared/load/results.hpp"
#include "shared/load/script.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"

namespace trivium::load {

/// The time by CLOCK_MONOTONIC, in nanoseconds.
[[nodiscard]] std::int64_t monotonic_now() noexcept;

/// What all connections of a thread share: where they go, their bytes, and what they found.
struct Shared {
  static constexpr std::size_t buffer_size = 64 * 1024;

  /// `index` is the thread's.
  Shared(const Options& options, const net::Address& where, HttpReference& bodies,
         std::size_t index);

  net::Address target;
  bool spread_sources;
  std::uint32_t next_source;
  Script script;
  HttpReference* reference;
  net::Descriptor epoll;
  std::unique_ptr<char[]> incoming;
  std::unique_ptr<char[]> outgoing;
  Results results;
  Recorder recorder;
  std::int64_t now = 0;  ///< when the clock was read last
};

/// One connection and the operations that are in flight on it. Never blocks. Its socket is
/// registered with the epoll of `Shared`, edge-triggered, under the connection's slot. When an
/// operation ends it is counted; what happens next is for the caller to say.
class Connection {
 public:
  enum class Status : std::uint8_t {
    waiting,  ///< for the peer
    ready,    ///< open, with room for an operation
    over,     ///< closed in order
    failed,   ///< closed by what went wrong
  };

  /// `slot` is its place in the thread, by which epoll knows it; `index` its number in the run.
  Connection(Shared& shared, std::uint32_t slot, std::uint32_t index, std::size_t depth);

  /// Opens a connection on which to ask later. Requires: closed.
  [[nodiscard]] Status open();
  /// Begins an operation that is a connection. Requires: closed.
  [[nodiscard]] Status begin(std::int64_t planned);

  /// Puts an operation in flight; `flush` sends it. Requires: ready, and room.
  void ask(std::int64_t planned) noexcept;
  [[nodiscard]] Status flush();

  /// Takes what epoll said.
  [[nodiscard]] Status on_events(std::uint32_t events);
  /// Gives up what is in flight: `timed_out`, or `wrong` where wrong bytes had come by then.
  [[nodiscard]] Status on_timeout();
  void close() noexcept;

  [[nodiscard]] bool closed() const noexcept { return !socket_; }
  /// Whether operations can be asked now: connected, and greeted where the server greets.
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  [[nodiscard]] bool room() const noexcept { return exchange_.room(); }
  [[nodiscard]] std::size_t in_flight() const noexcept { return exchange_.in_flight(); }
  /// Since when something is awaited: since the oldest operation in flight was put, or since the
  /// opening; nothing where nothing is.
  [[nodiscard]] std::optional<std::int64_t> waits_since() const noexcept;

  /// How the connection failed, where no operation was in flight to which that was counted. Asked
  /// once.
  [[nodiscard]] std::optional<Outcome> take_unclaimed() noexcept;
  /// Whether the connection that failed last had been ready.
  [[nodiscard]] bool was_ready() const noexcept { return was_ready_; }

 private:
  [[nodiscard]] Status connect();
  [[nodiscard]] Status enlist();
  [[nodiscard]] Status receive(std::uint32_t events);
  [[nodiscard]] Status take(std::string_view bytes);
  [[nodiscard]] Status end_of_stream();
  [[nodiscard]] Status fail(Outcome outcome);
  [[nodiscard]] Status fail_wrong(std::string_view bytes);
  void end_oldest(Outcome outcome);
  void note_connected() noexcept;

  Shared* shared_;
  net::Descriptor socket_;
  Exchange exchange_;
  std::int64_t opened_ = 0;
  std::int64_t first_byte_ = 0;
  std::uint32_t slot_;
  bool connected_ = false;
  bool ready_ = false;
  bool was_ready_ = false;
  bool spoken_ = false;  // a byte has come
  bool ended_ = false;   // our side
  std::optional<Outcome> unclaimed_;
};

}  // namespace trivium::load
