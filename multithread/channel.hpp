// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "shared/app/channel_status.hpp"
#include "sleepers.hpp"

namespace trivium::multithread {

using app::ChannelStatus;

/// A bounded queue between threads: many senders, many receivers, first in first out.
///
/// Every verb is safe to call from any thread. `send` blocks while the channel is full, `receive`
/// while it is empty; the others return at once, or at a deadline. `close` wakes everyone: senders
/// are refused from then on, receivers still get what is queued. A send that fails leaves the value
/// with its sender. The verbs are those of the other models' channels.
///
/// Promised: a value is received once where its send returned ok, and never where it returned
/// anything else, however a close races with it. Values come in the order in which their sends took
/// effect, so those of one sender in the order of its sends. Among those who wait there is no
/// order. Who sleeps costs no CPU.
///
/// No lock is taken: a thread that is preempted inside a verb holds up those who need the very cell
/// that it is at. A try waits for such a thread, so that full and empty mean what they say, and
/// yields its CPU meanwhile.
template <typename T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                    std::is_nothrow_destructible_v<T>,
                "a value is moved where nothing may fail");

 public:
  using Deadline = Sleepers::Deadline;

  /// A verb that would have to sleep looks again and again for as long as `spin` before it does.
  /// That costs up to so much of a core for each time that it waits, and where no core is free it
  /// takes that time from whoever is waited for. Requires: capacity is at least 1.
  explicit Channel(std::size_t capacity, std::chrono::nanoseconds spin = {})
      : capacity_(capacity),
        lap_(Position{2} << std::bit_width(capacity)),
        spin_(spin),
        cells_(std::make_unique_for_overwrite<Cell[]>(capacity)) {
    for (std::size_t i = 0; i < capacity; ++i) {
      cells_[i].turn.store(i * 2, std::memory_order_relaxed);
    }
  }

  /// Destroys what is still queued. Requires: no verb is running, nor will be.
  ~Channel() {
    const Position end = tail_ & ~closed_mark;
    for (Position at = head_; at != end; at = next(at)) std::destroy_at(&cell(at).value);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  [[nodiscard]] ChannelStatus try_send(T&& value) {
    for (;;) {
      const ChannelStatus status = put(value);
      if (status != ChannelStatus::would_block || full()) return status;
      std::this_thread::yield();
    }
  }

  [[nodiscard]] ChannelStatus send(T&& value) {
    return send_until(Deadline::max(), std::move(value));
  }

  [[nodiscard]] ChannelStatus send_until(Deadline deadline, T&& value) {
    const ChannelStatus status = put(value);
    if (status != ChannelStatus::would_block) return status;
    return wait(
        senders_, deadline, [&] { return put(value); }, [&] { return try_send(std::move(value)); },
        [&] { return !full(); });
  }

  [[nodiscard]] ChannelStatus try_receive(T& value) {
    for (;;) {
      const ChannelStatus status = take(value);
      if (status != ChannelStatus::would_block || empty()) return status;
      std::this_thread::yield();
    }
  }

  [[nodiscard]] ChannelStatus receive(T& value) { return receive_until(Deadline::max(), value); }

  [[nodiscard]] ChannelStatus receive_until(Deadline deadline, T& value) {
    const ChannelStatus status = take(value);
    if (status != ChannelStatus::would_block) return status;
    return wait(
        receivers_, deadline, [&] { return take(value); }, [&] { return try_receive(value); },
        [&] { return !empty(); });
  }

  /// Ends the channel; a second call does nothing.
  void close() {
    tail_.fetch_or(closed_mark);
    senders_.wake_all();
    receivers_.wake_all();
  }

 private:
  // The algorithm is the bounded queue with a sequence number in each cell (D. Vyukov, "Bounded
  // MPMC queue", 1024cores.net), with the closed mark in the tail (as in crossbeam-channel), over
  // the event counts of sleepers.hpp.
  //
  // A position is a lap and, in the bits below, twice the index of a cell. A cell whose turn is a
  // position is free for the value that is sent there; its turn is one more while it holds that
  // value, and a lap more once it was received. Who sends claims the tail's cell by moving the
  // tail on, fills it and then passes the turn; who receives does so at the head. The close sets
  // its mark in the tail, so that it is before or after every claim, and what was claimed before
  // is going to be filled.
  //
  // No wake-up is lost: what lets a receiver go on is the passing of a turn, the claim of the value
  // before it, or the close. The first and the last look for sleepers afterwards, as Sleepers asks
  // for. A claim doesn't, since a receiver that claims is not one that sleeps; but a waking that
  // was meant for a later value can have been used up by a receiver that found the cell at the
  // head claimed and not yet filled, and slept again. Who fills that cell wakes a receiver, whose
  // duty it is to wake the next if the queue is not empty, and so on. Likewise for senders.
  // tests/contract/multithread_channel_model_test.cpp goes through every interleaving.
  using Position = std::uint64_t;
  static constexpr Position closed_mark = Position{1} << 63;
  static constexpr std::size_t cache_line = 64;

  // Not padded to cache lines: where every cell has lines of its own, more of them go from core to
  // core for each value, and that costs more than neighbours that share one.
  struct Cell {
    Cell() noexcept {}
    ~Cell() {}
    std::atomic<Position> turn;
    union {
      T value;
    };
  };

  [[nodiscard]] Cell& cell(Position at) const { return cells_[(at & (lap_ - 1)) / 2]; }

  [[nodiscard]] Position next(Position at) const {
    return (at & (lap_ - 1)) / 2 + 1 < capacity_ ? at + 2 : (at & ~(lap_ - 1)) + lap_;
  }

  // Both are exact: what moves is read first, so that at the second reading it was as it is told.
  [[nodiscard]] bool full() const {
    const Position tail = tail_.load();
    return head_.load() + lap_ == tail;
  }
  [[nodiscard]] bool empty() const {
    const Position head = head_.load();
    return tail_.load() == head;
  }

  // `would_block` says that the cell is not free: full, or somebody is just receiving from it.
  ChannelStatus put(T& value) {
    Position tail = tail_.load();
    for (;;) {
      if ((tail & closed_mark) != 0) return ChannelStatus::closed;
      Cell& mine = cell(tail);
      if (mine.turn.load() == tail) {
        if (!tail_.compare_exchange_weak(tail, next(tail))) continue;
        std::construct_at(&mine.value, std::move(value));
        mine.turn.store(tail + 1);
        if (receivers_.need_waking()) receivers_.wake_one();
        return ChannelStatus::ok;
      }
      if (const Position seen = std::exchange(tail, tail_.load()); tail == seen) {
        return ChannelStatus::would_block;
      }
    }
  }

  // `would_block` says that the cell has no value: empty, or somebody is just sending to it.
  ChannelStatus take(T& value) {
    Position head = head_.load();
    for (;;) {
      Cell& mine = cell(head);
      if (mine.turn.load() == head + 1) {
        if (!head_.compare_exchange_weak(head, next(head))) continue;
        value = std::move(mine.value);
        std::destroy_at(&mine.value);
        mine.turn.store(head + lap_);
        if (senders_.need_waking()) senders_.wake_one();
        return ChannelStatus::ok;
      }
      if (const Position seen = std::exchange(head, head_.load()); head == seen) {
        const bool over = tail_.load() == (head | closed_mark);
        return over ? ChannelStatus::closed : ChannelStatus::would_block;
      }
    }
  }

  // Attempts until the status is another than `would_block`; at the deadline once more, exactly.
  // `more` says whether one who was woken is to wake the next.
  template <typename Attempt, typename Exact, typename More>
  [[gnu::noinline]] ChannelStatus wait(Sleepers& sleepers, Deadline deadline, Attempt attempt,
                                       Exact exact, More more) {
    bool woken = false;
    for (;;) {
      ChannelStatus status = spin(deadline, attempt);
      if (status == ChannelStatus::would_block) {
        const Sleepers::Ticket ticket = sleepers.announce();
        status = attempt();
        if (status == ChannelStatus::would_block && sleepers.sleep(ticket, deadline)) {
          woken = true;
          status = attempt();
          if (status == ChannelStatus::would_block) continue;
        } else {
          if (!sleepers.withdraw()) woken = true;
          if (status == ChannelStatus::would_block) status = exact();
        }
      }
      if (woken && sleepers.need_waking() && more()) sleepers.wake_one();
      return status == ChannelStatus::would_block ? ChannelStatus::timed_out : status;
    }
  }

  template <typename Attempt>
  ChannelStatus spin(Deadline deadline, Attempt attempt) {
    if (spin_ <= std::chrono::nanoseconds::zero()) return ChannelStatus::would_block;
    const Deadline end = std::min(deadline, std::chrono::steady_clock::now() + spin_);
    do {
      for (int i = 0; i < 16; ++i) {  // the clock is read more rarely than the cell
        const ChannelStatus status = attempt();
        if (status != ChannelStatus::would_block) return status;
        pause();
      }
    } while (std::chrono::steady_clock::now() < end);
    return ChannelStatus::would_block;
  }

  static void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  const std::size_t capacity_;
  const Position lap_;
  const std::chrono::nanoseconds spin_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(cache_line) std::atomic<Position> tail_{0};
  alignas(cache_line) std::atomic<Position> head_{0};
  alignas(cache_line) Sleepers senders_;
  alignas(cache_line) Sleepers receivers_;
};

}  // namespace trivium::multithread
