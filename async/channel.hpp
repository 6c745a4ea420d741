// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <boost/asio/experimental/concurrent_channel.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "asio.hpp"
#include "shared/app/channel_status.hpp"

namespace trivium::async {

using app::ChannelStatus;

/// A bounded queue between coroutines: many senders, many receivers, first in first out.
///
/// Every verb is safe to call from any thread and any loop; none blocks its thread. `send` suspends
/// while the channel is full, `receive` while it is empty; the others return at once, or at a
/// deadline. `close` wakes everyone: senders are refused from then on, receivers still get what is
/// queued. A send that fails leaves the value with its sender. The verbs are those of the other
/// models' channels. The value and the channel are to outlive the task that a verb returns: await
/// it where it stands.
template <typename T>
class Channel {
 public:
  using Deadline = Clock::time_point;

  /// The executor's loop is to outlive the channel. Requires: capacity is at least 1.
  Channel(Executor executor, std::size_t capacity)
      : inside_(std::make_shared<Inside>(executor, capacity)) {}

  [[nodiscard]] ChannelStatus try_send(T&& value) {
    const std::lock_guard lock(inside_->mutex);
    if (inside_->closed) return ChannelStatus::closed;
    const Box box = std::make_shared<T>(std::move(value));
    if (inside_->queue.try_send(Error(), box)) return ChannelStatus::ok;
    value = std::move(*box);
    return ChannelStatus::would_block;
  }

  [[nodiscard]] Task<ChannelStatus> send(T&& value) {
    return send_until(Deadline::max(), std::move(value));
  }

  [[nodiscard]] Task<ChannelStatus> send_until(Deadline deadline, T&& value) {
    const Executor executor = co_await asio::this_coro::executor;
    Timer timer(executor);
    // Asio drops what is in a send that was cancelled, so the sender keeps an owner of its own.
    const Box box = std::make_shared<T>(std::move(value));
    const auto start = [this, deadline, &timer, &box](auto handler) {
      const auto inside = inside_;  // once the operation has started, the frame may be gone
      const std::lock_guard lock(inside->mutex);
      if (inside->closed) {
        asio::post(asio::append(std::move(handler), closed_error()));
      } else {
        inside->arm(timer, deadline, &Inside::wake_senders);
        inside->queue.async_send(Error(), box, std::move(handler));
      }
    };
    for (;;) {
      const auto [error] =
          co_await asio::async_initiate<decltype(as_result), void(Error)>(start, as_result);
      if (!error) co_return ChannelStatus::ok;
      const bool late = Clock::now() >= deadline;
      if (!late && !inside_->is_closed()) continue;  // it was woken for somebody else's sake
      value = std::move(*box);
      co_return inside_->is_closed() ? ChannelStatus::closed : ChannelStatus::timed_out;
    }
  }

  [[nodiscard]] ChannelStatus try_receive(T& value) {
    const std::lock_guard lock(inside_->mutex);
    const auto take = [&value](Error, const Box& box) { value = std::move(*box); };
    if (inside_->queue.try_receive(take)) return ChannelStatus::ok;
    return inside_->closed ? ChannelStatus::closed : ChannelStatus::would_block;
  }

  [[nodiscard]] Task<ChannelStatus> receive(T& value) {
    return receive_until(Deadline::max(), value);
  }

  [[nodiscard]] Task<ChannelStatus> receive_until(Deadline deadline, T& value) {
    const Executor executor = co_await asio::this_coro::executor;
    Timer timer(executor);
    const auto start = [this, deadline, &timer](auto handler) {
      const auto inside = inside_;
      const std::lock_guard lock(inside->mutex);
      if (inside->closed) {
        Box box;
        inside->queue.try_receive([&box](Error, Box taken) { box = std::move(taken); });
        const Error error = box ? Error() : closed_error();
        asio::post(asio::append(std::move(handler), error, std::move(box)));
      } else {
        inside->arm(timer, deadline, &Inside::wake_receivers);
        inside->queue.async_receive(std::move(handler));
      }
    };
    for (;;) {
      const auto [error, box] =
          co_await asio::async_initiate<decltype(as_result), void(Error, Box)>(start, as_result);
      if (!error) {
        value = std::move(*box);
        co_return ChannelStatus::ok;
      }
      const auto status = try_receive(value);
      if (status != ChannelStatus::would_block) co_return status;
      if (Clock::now() >= deadline) co_return ChannelStatus::timed_out;
    }
  }

  /// Ends the channel; a second call does nothing.
  void close() {
    {
      const std::lock_guard lock(inside_->mutex);
      inside_->closed = true;
    }
    inside_->wake_senders();
    inside_->wake_receivers();
  }

 private:
  using Error = boost::system::error_code;
  using Box = std::shared_ptr<T>;
  using Queue = asio::experimental::concurrent_channel<Executor, void(Error, Box)>;

  // Asio 1.81 needs help in three places: its close forgets what is queued and who waits to send;
  // its cancel leaves a channel that had receivers waiting without its buffer; and a deadline by
  // `||` races where a pool has no strand. So closing is a flag of ours, and both it and deadlines
  // wake one whole side, which looks again.
  struct Inside : std::enable_shared_from_this<Inside> {
    Inside(Executor executor, std::size_t capacity) : queue(executor, capacity) {}

    std::mutex mutex;  // guards what stands below
    Queue queue;
    bool closed = false;

    // Wakes one side at the deadline. The lock makes sure that this finds the operation waiting; if
    // it comes late, when the verb has ended, it wakes others, who look again. Requires: the lock
    // is held.
    void arm(Timer& timer, Deadline deadline, void (Inside::*wake)()) {
      if (deadline == Deadline::max()) return;
      timer.expires_at(deadline);
      timer.async_wait([inside = this->shared_from_this(), wake](Error cancelled) {
        if (!cancelled) (inside.get()->*wake)();
      });
    }

    // Where something can be received, only senders can be waiting.
    void wake_senders() {
      const std::lock_guard lock(mutex);
      if (queue.ready()) queue.cancel();
    }

    // Where nothing can be received, only receivers can be waiting, and a reset drops nothing.
    void wake_receivers() {
      const std::lock_guard lock(mutex);
      if (!queue.ready()) queue.reset();
    }

    bool is_closed() {
      const std::lock_guard lock(mutex);
      return closed;
    }
  };

  static Error closed_error() {
    return asio::experimental::error::make_error_code(asio::experimental::error::channel_closed);
  }

  std::shared_ptr<Inside> inside_;
};

}  // namespace trivium::async
