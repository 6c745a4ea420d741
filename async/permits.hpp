// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "channel.hpp"

namespace trivium::async {

class Permits;

/// Leave to hold one connection; gives itself back at the end. An empty one is for where no limit
/// is. Move-only.
class Permit {
 public:
  Permit() noexcept = default;
  explicit Permit(Permits& issuer) noexcept : issuer_(&issuer) {}
  Permit(Permit&& other) noexcept : issuer_(std::exchange(other.issuer_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(issuer_, other.issuer_);
    return *this;
  }
  inline ~Permit();

 private:
  Permits* issuer_ = nullptr;
};

/// The limit on connections over all loops: a bounded channel used as a semaphore. Full means
/// nobody accepts. Safe to use from any loop and thread; outlives its permits.
class Permits {
 public:
  /// 0 is no limit.
  explicit Permits(std::size_t limit) {
    if (limit > 0) channel_.emplace(limit);
  }

  [[nodiscard]] bool limited() const noexcept { return channel_.has_value(); }

  /// Suspends until there is a permit; false once permits were closed. Requires: `limited`.
  [[nodiscard]] Task<bool> take(Permit& permit) {
    Token token;
    const ChannelStatus status = co_await channel_->send(std::move(token));
    if (status == ChannelStatus::ok) permit = Permit(*this);
    co_return status == ChannelStatus::ok;
  }

  /// Takes a permit if there is one, or if they were closed: nobody is limited any more. Requires:
  /// `limited`.
  [[nodiscard]] bool try_take(Permit& permit) {
    Token token;
    const ChannelStatus status = channel_->try_send(std::move(token));
    if (status == ChannelStatus::ok) permit = Permit(*this);
    return status != ChannelStatus::would_block;
  }

  /// Wakes everyone who waits for a permit; none is given from then on.
  void close() {
    if (channel_) channel_->close();
  }

 private:
  friend class Permit;
  struct Token {};

  void give_back() {
    Token token;
    (void)channel_->try_receive(token);
  }

  std::optional<Channel<Token>> channel_;
};

Permit::~Permit() {
  if (issuer_ != nullptr) issuer_->give_back();
}

}  // namespace trivium::async
