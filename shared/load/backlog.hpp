// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trivium::load {

/// Operations whose planned start has passed and that wait for a connection: queues, first in,
/// first out, over one store that grows to the most that ever waited at once.
class Backlog {
 public:
  explicit Backlog(std::size_t queues) : queues_(queues) {}

  [[nodiscard]] bool empty(std::size_t queue) const noexcept {
    return queues_[queue].first == nothing;
  }
  [[nodiscard]] std::size_t queues() const noexcept { return queues_.size(); }
  /// How many wait, in all queues.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void push(std::size_t queue, std::int64_t planned);

  /// The one that waits longest. Requires: not empty.
  [[nodiscard]] std::int64_t front(std::size_t queue) const noexcept {
    return nodes_[queues_[queue].first].planned;
  }
  /// Takes it out. Requires: not empty.
  std::int64_t pop(std::size_t queue) noexcept;

 private:
  static constexpr std::uint32_t nothing = ~std::uint32_t{0};

  struct Node {
    std::int64_t planned;
    std::uint32_t next;
  };
  struct Queue {
    std::uint32_t first = nothing;
    std::uint32_t last = nothing;
  };

  std::vector<Queue> queues_;
  std::vector<Node> nodes_;
  std::uint32_t unused_ = nothing;  // nodes that were given back
  std::size_t size_ = 0;
};

}  // namespace trivium::load
