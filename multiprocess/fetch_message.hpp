// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel.hpp"
#include "shared/app/fetch_results.hpp"

namespace trivium::multiprocess {

// How results travel from workers to the main process: over one channel with a lane for each
// worker, a result as a message with its head and the beginning of its body, and as many more as
// the rest of the body takes. Messages of one worker come in order; those of others may stand
// between them.

inline constexpr std::size_t result_bytes = 32 * 1024;

/// The bounds of the channel of results from so many workers: one that meets its lane full waits.
[[nodiscard]] constexpr ChannelLimits result_limits(std::size_t workers) noexcept {
  return {.messages = 4, .message_bytes = result_bytes, .senders = workers};
}

/// Sends one result; false once the channel is closed. Blocks while it is full.
[[nodiscard]] bool send_result(ChannelSender& sender, std::size_t unit,
                               const app::Finished& finished);

/// A result, and the unit that sent it.
struct Received {
  std::size_t unit;
  app::Finished finished;
};

/// Puts the results of all workers together from their messages.
class ResultAssembler {
 public:
  /// Takes one message; the result, if it was its last. A result whose unit died before its last
  /// message gives way to the first of the unit's successor.
  [[nodiscard]] std::optional<Received> take(std::string_view message);

 private:
  struct Partial {
    app::Finished finished{};
    std::size_t missing = 0;  // bytes of the body that are to come
  };

  std::vector<Partial> partial_;  // by unit
};

}  // namespace trivium::multiprocess
