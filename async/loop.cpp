// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "loop.hpp"

#include <algorithm>
#include <utility>

namespace trivium::async {

Loop::Loop(std::size_t threads, Clock::duration idle_timeout)
    : slots_(threads),
      context_(threads == 1 ? BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO : static_cast<int>(threads)),
      watchdog_(context_.get_executor(), idle_timeout) {
  asio::co_spawn(context_, watchdog_.run(), rethrow);
}

void Loop::start(Task<> task) {
  ++tasks_;
  asio::co_spawn(context_, std::move(task), [this](std::exception_ptr failure) {
    rethrow(failure);
    if (--tasks_ == 0) watchdog_.stop();
  });
}

void Loop::start_unit(Task<> task) {
  units_started_.fetch_add(1, std::memory_order_relaxed);
  start(std::move(task));
}

net::CounterSlot& Loop::next_slot() noexcept {
  if (slots_.size() == 1) return slots_.front();
  return slots_[turn_.fetch_add(1, std::memory_order_relaxed) % slots_.size()];
}

std::size_t Loop::run(std::function<void()> ended) {
  running_ = slots_.size();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    threads_.emplace_back([this, ended] {
      try {
        context_.run();
      } catch (...) {
        context_.stop();
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
      }
      --running_;
      ended();
    });
  }
  return threads_.size();
}

void Loop::halt() {
  context_.stop();
  threads_.clear();
  context_.shutdown();
}

void Loop::abandon() {
  for (auto& thread : threads_) thread.detach();
}

void Loop::check() const {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void Loop::expire() {
  asio::post(context_, [this] { watchdog_.expire(); });
}

void Loop::add_to(net::Totals& totals) const {
  // The acceptor's slot, the first, comes last: what others count as closed it had counted before.
  std::for_each(slots_.rbegin(), slots_.rend(), [&](const auto& slot) { totals += slot; });
  totals.units_started += units_started_.load(std::memory_order_relaxed);
}

}  // namespace trivium::async
