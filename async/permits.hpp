// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <optional>

#include "channel.hpp"

namespace trivium::async {

/// The limit on connections over all loops: a bounded channel of permits, used as a semaphore. Full
/// means nobody accepts. Safe to use from any loop and thread.
class Permits {
 public:
  /// 0 is no limit.
  Permits(Executor executor, std::size_t limit) {
    if (limit > 0) channel_.emplace(executor, limit);
  }

  /// Suspends until there is a permit; false once permits were closed.
  [[nodiscard]] Task<bool> take() {
    if (!channel_) co_return true;
    Permit permit;
    const ChannelStatus status = co_await channel_->send(std::move(permit));
    co_return status == ChannelStatus::ok;
  }

  /// Lets go of one that was taken.
  void give_back() {
    Permit permit;
    if (channel_) (void)channel_->try_receive(permit);
  }

  /// Wakes everyone who waits for a permit; none is given from then on.
  void close() {
    if (channel_) channel_->close();
  }

 private:
  struct Permit {};

  std::optional<Channel<Permit>> channel_;
};

}  // namespace trivium::async
