// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "channel.hpp"
#include "child_process.hpp"

namespace trivium::multiprocess {

// What handoff's supervisor and its worker programs agree on.

/// The program, in the directory of the server's own.
inline constexpr const char* worker_program = "echo_worker";

/// The descriptors that a worker inherits.
enum WorkerDescriptor {
  worker_connections = first_inherited,  ///< brings connected sockets; its end is the worker's end
  worker_board,
  worker_reports,  ///< a channel's sender, which has more than one
  worker_end = worker_reports + sender_descriptors,
};

/// What a worker tells the supervisor.
struct Report {
  enum class Kind : std::uint32_t {
    credit,  ///< it is idle, and takes one connection
    begun,   ///< it has the connection, and will now send its first byte
  };

  std::uint32_t unit;
  Kind kind;

  [[nodiscard]] std::string_view bytes() const noexcept {
    return {reinterpret_cast<const char*>(this), sizeof *this};
  }
  /// Requires: the bytes are those of a report.
  [[nodiscard]] static Report from(std::string_view bytes) noexcept {
    Report report{};
    std::memcpy(&report, bytes.data(), sizeof report);
    return report;
  }
};

/// The bounds of the channel of reports from so many workers. A worker gives no second credit
/// before its first was used, so that it never meets its lane full.
[[nodiscard]] constexpr ChannelLimits report_limits(std::size_t workers) noexcept {
  return {.messages = 4, .message_bytes = sizeof(Report), .senders = workers};
}

}  // namespace trivium::multiprocess
