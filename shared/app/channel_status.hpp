// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

namespace trivium::app {

/// How a verb of a channel ended; the same words in every model.
enum class ChannelStatus {
  ok,           ///< the value went over; after any other status a sender still has it
  would_block,  ///< a try: the channel is full, or empty
  timed_out,    ///< the deadline passed while the channel was full, or empty
  closed,       ///< nothing goes in any more; to a receiver: and nothing is left to take
};

}  // namespace trivium::app
