// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "async/channel.hpp"

namespace trivium::async {

/// Threads that run one loop.
class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_(threads) {}

  void start(Task<> task) { asio::co_spawn(context_, std::move(task), rethrow); }

  /// Goes on until all tasks have waited, on the calling thread.
  void poll() {
    context_.restart();
    context_.poll();
  }

  /// Goes on until all tasks have ended.
  void run() {
    context_.restart();
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads_; ++i) helpers.emplace_back([this] { context_.run(); });
    context_.run();
  }

  [[nodiscard]] asio::io_context& context() noexcept { return context_; }

 private:
  const std::size_t threads_;
  asio::io_context context_;
};

/// A value that can only be moved, has no default, and knows whether it was moved away.
class Parcel {
 public:
  Parcel(int sender, int number)
      : content_(std::make_unique<std::pair<int, int>>(sender, number)) {}

  [[nodiscard]] bool is_here() const noexcept { return content_ != nullptr; }
  [[nodiscard]] int sender() const { return content_->first; }
  [[nodiscard]] int number() const { return content_->second; }

 private:
  std::unique_ptr<std::pair<int, int>> content_;
};

using Parcels = Channel<Parcel>;

}  // namespace trivium::async
