// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "asio.hpp"
#include "shared/net/hazards.hpp"
#include "shared/protocol/hazard.hpp"

namespace trivium::async {

/// Threads that compute and block, so that those which run the loops do not: a heavy line then
/// holds up its own connection, and no neighbour. Safe to use from any loop and thread.
///
/// What is handed over and waits for a thread is at most one line for each connection. Requires:
/// outlived by the loops whose tasks use it.
class Offload {
 public:
  /// With 0 threads there is no pool, and nothing is to be offloaded.
  explicit Offload(std::size_t threads) {
    if (threads > 0) pool_.emplace(threads);
  }

  [[nodiscard]] bool offers() const noexcept { return pool_.has_value(); }

  /// Carries a hazard out on a thread of the pool; suspends until that is done, and goes on on the
  /// loop of `home`. The drain timeout does not end it. Requires: `offers`, and that the hazard
  /// answers for itself.
  [[nodiscard]] auto run(Executor home, protocol::Hazard hazard) {
    return asio::async_initiate<decltype(asio::deferred), void()>(
        [this, home, hazard](auto task) {
          asio::post(*pool_, [home, hazard, task = std::move(task)]() mutable {
            (void)net::perform(hazard);
            asio::post(home, std::move(task));
          });
        },
        asio::deferred);
  }

 private:
  std::optional<asio::thread_pool> pool_;
};

}  // namespace trivium::async
