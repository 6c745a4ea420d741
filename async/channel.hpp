// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include "waiting_room.hpp"

namespace trivium::async {

/// A bounded queue between coroutines: many senders, many receivers, first in first out.
///
/// Every verb is safe to call from any thread and any loop; none blocks its thread. `send` suspends
/// while the channel is full, `receive` while it is empty; the others return at once, or at a
/// deadline. `close` wakes everyone: senders are refused from then on, receivers still get what is
/// queued. A send that fails leaves the value with its sender. The verbs are those of the other
/// models' channels.
///
/// Order: values are received in the order in which their sends took effect, and so each sender's
/// in the order in which it sent them. Whoever has waited longest is served first. A task that
/// waits for a channel is resumed on its own loop.
///
/// Nothing is lost or doubled: each verb takes effect once, under one lock, and whoever takes a
/// waiting task out of its queue, be it a peer, `close`, its deadline or the end of its loop, alone
/// decides what becomes of it. Receivers wait only where nothing is queued, so that a value goes to
/// the first of them; senders only where the channel is full, so that the first of them is taken in
/// as soon as there is room: nobody is passed by, and nobody has to look again. A task that waits
/// when its loop is halted is destroyed, as if it had not called the verb. (A value that it was
/// given, but did not live to see, goes with it.)
///
/// Costs: a verb that need not wait is a lock and a move, without an allocation, a coroutine's
/// frame or the loop's scheduler. One that waits is kept in its task's frame, without an allocation
/// but for a deadline's timer. A task that is woken by another of its loop runs next on that one's
/// thread; by anyone else, it is posted. On a pool, therefore, a task that sends and then computes
/// holds up whom it has woken, until it suspends or awaits a verb again.
///
/// Requires: the channel and the value outlive the verb; the loop is not halted while one of its
/// threads runs; the values' moves do not use the channel, whose lock is held.
template <typename T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>,
                "a value that is lost on its way could not be given back");

 public:
  using Deadline = Clock::time_point;

  /// A verb on its way. To be awaited by a task where it stands: `co_await channel.send(...)`.
  class Verb final : public Waiter {
   public:
    ~Verb() override = default;

   private:
    friend class Channel;
    enum class Way { send, receive };

    Verb(Channel& channel, Way way, T& value, Deadline deadline)
        : channel_(channel), value_(value), deadline_(deadline), way_(way) {}

    bool serve() override {
      WaitingRoom& room = *channel_.room_;
      const std::lock_guard lock(room.mutex);
      status_ = way_ == Way::send ? channel_.put(value_) : channel_.take(value_);
      if (status_ != ChannelStatus::would_block) return true;
      if (deadline_ != Deadline::max() && deadline_ <= Clock::now()) {
        status_ = ChannelStatus::timed_out;
        return true;
      }
      room.enter(way_ == Way::send ? room.senders : room.receivers, *this, deadline_);
      return false;
    }

    Channel& channel_;
    T& value_;
    const Deadline deadline_;
    const Way way_;
  };

  /// Takes memory for what is queued as it is needed. Requires: capacity is at least 1.
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Tells whoever still waits that it is closed. Requires: nobody is to call a verb.
  ~Channel() { close(); }

  [[nodiscard]] ChannelStatus try_send(T&& value) {
    const std::lock_guard lock(room_->mutex);
    return put(value);
  }

  [[nodiscard]] Verb send(T&& value) { return send_until(Deadline::max(), std::move(value)); }

  [[nodiscard]] Verb send_until(Deadline deadline, T&& value) {
    return Verb(*this, Verb::Way::send, value, deadline);
  }

  [[nodiscard]] ChannelStatus try_receive(T& value) {
    const std::lock_guard lock(room_->mutex);
    return take(value);
  }

  [[nodiscard]] Verb receive(T& value) { return receive_until(Deadline::max(), value); }

  [[nodiscard]] Verb receive_until(Deadline deadline, T& value) {
    return Verb(*this, Verb::Way::receive, value, deadline);
  }

  /// Ends the channel; a second call does nothing.
  void close() { room_->close(); }

 private:
  // Both require that the lock is held.
  ChannelStatus put(T& value) {
    if (room_->closed) return ChannelStatus::closed;
    if (Waiter* const receiver = WaitingRoom::next(room_->receivers)) {
      static_cast<Verb*>(receiver)->value_ = std::move(value);
      receiver->wake(ChannelStatus::ok);
      return ChannelStatus::ok;
    }
    if (queue_.size() == capacity_) return ChannelStatus::would_block;
    if (queue_.full()) queue_.set_capacity(std::min(capacity_, 2 * queue_.capacity() + 1));
    queue_.push_back(std::move(value));
    return ChannelStatus::ok;
  }

  ChannelStatus take(T& value) {
    if (queue_.empty()) return room_->closed ? ChannelStatus::closed : ChannelStatus::would_block;
    value = std::move(queue_.front());
    queue_.pop_front();
    if (Waiter* const sender = WaitingRoom::next(room_->senders)) {
      queue_.push_back(std::move(static_cast<Verb*>(sender)->value_));
      sender->wake(ChannelStatus::ok);
    }
    return ChannelStatus::ok;
  }

  const std::shared_ptr<WaitingRoom> room_ = std::make_shared<WaitingRoom>();
  const std::size_t capacity_;
  boost::circular_buffer<T> queue_;  // guarded by the room's mutex; grows up to the capacity
};

}  // namespace trivium::async
