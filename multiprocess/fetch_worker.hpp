// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "channel.hpp"
#include "child_process.hpp"
#include "shared/net/url.hpp"

namespace trivium::multiprocess {

// What handoff's main process and its worker programs agree on.

/// The program, in the directory of the client's own.
inline constexpr const char* fetch_worker_program = "fetch_worker";

/// The descriptors that a worker inherits.
enum FetchWorkerDescriptor {
  worker_work = first_inherited,  ///< a channel's receiver; closed: the worker ends
  worker_results = worker_work + receiver_descriptors(1),  ///< a channel's sender
  worker_end = worker_results + sender_descriptors,
};

/// One URL to fetch.
struct Work {
  std::uint64_t index;
  std::string url;

  /// A URL that is too long stays too long, and no longer than a message may be.
  [[nodiscard]] std::string bytes() const {
    std::string message(reinterpret_cast<const char*>(&index), sizeof index);
    return message.append(url, 0, net::max_url + 1);
  }
  /// Requires: the bytes are those of a piece of work.
  [[nodiscard]] static Work from(std::string_view bytes) {
    Work work{};
    std::memcpy(&work.index, bytes.data(), sizeof work.index);
    work.url = bytes.substr(sizeof work.index);
    return work;
  }
};

/// The bounds of a worker's channel of work: it never has more than one URL.
inline constexpr ChannelLimits work_limits{
    .messages = 1, .message_bytes = sizeof(std::uint64_t) + net::max_url + 1};

}  // namespace trivium::multiprocess
