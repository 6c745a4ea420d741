// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/backlog.hpp"

namespace trivium::load {

void Backlog::push(std::size_t queue, std::int64_t planned) {
  std::uint32_t node = unused_;
  if (node == nothing) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({planned, nothing});
  } else {
    unused_ = nodes_[node].next;
    nodes_[node] = {planned, nothing};
  }
  Queue& into = queues_[queue];
  (into.first == nothing ? into.first : nodes_[into.last].next) = node;
  into.last = node;
  ++size_;
}

std::int64_t Backlog::pop(std::size_t queue) noexcept {
  Queue& from = queues_[queue];
  const std::uint32_t node = from.first;
  from.first = nodes_[node].next;
  nodes_[node].next = unused_;
  unused_ = node;
  --size_;
  return nodes_[node].planned;
}

}  // namespace trivium::load
