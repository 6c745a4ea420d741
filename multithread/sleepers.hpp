// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>

namespace trivium::multithread {

/// The threads that sleep until something may have become possible, and how they are woken: an
/// event count over a futex. Every member may be called by any thread at any time.
///
/// Who wants to sleep announces itself, looks once more whether it need not, and only then sleeps.
/// Who makes something possible does so first and then asks `need_waking`. All of that is
/// sequentially consistent, so at least one of the two sees what the other has done.
///
/// Who wakes takes one sleeper off those who wait, and leaves a token in its place, which one of
/// them takes along. While a token lies there `wake_one` leaves no second: whoever takes it looks
/// after taking it, and so sees all that was done by those who relied on it. In return it has a
/// duty: when its own business is done, it wakes the next if there may be more to do. So a wake-up
/// costs a system call for each thread that has to be woken, and not for each message; and of
/// many sleepers only as many wake as find something to do, and at most one more.
class Sleepers {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Ticket = std::uint32_t;

  /// Whether somebody waits, and nobody has been woken who is still to look.
  [[nodiscard]] bool need_waking() const noexcept { return state_.load() - 1 < token - 1; }

  /// Counts the calling thread among those who wait. It is to look again then, and after that to
  /// call `sleep`, `withdraw`, or both.
  [[nodiscard]] Ticket announce() noexcept {
    // A token that was left before is for those who waited before.
    const Ticket ticket = wakings_.load();
    state_.fetch_add(1);
    return ticket;
  }

  /// Blocks until a token is taken, and with it the duty; then the thread waits no more. False at
  /// the deadline: it still waits, and is to withdraw.
  [[nodiscard]] bool sleep(Ticket ticket, Deadline deadline) noexcept {
    for (;;) {
      const bool late = !futex_wait(ticket, deadline);
      ticket = wakings_.load();
      State state = state_.load();
      while (state >= token) {
        if (state_.compare_exchange_weak(state, state - token)) return true;
      }
      if (late) return false;
    }
  }

  /// Ends the wait of a thread that does not want to sleep (any more). False if it was woken
  /// meanwhile, or another was: it took the token, and the duty with it.
  [[nodiscard]] bool withdraw() noexcept {
    // A token goes first: it may have been left for this thread alone, and the others sleep on.
    State state = state_.load();
    while (!state_.compare_exchange_weak(state, state >= token ? state - token : state - 1)) {
    }
    return state < token;
  }

  /// Wakes one thread, if `need_waking`.
  void wake_one() noexcept {
    State state = state_.load();
    do {
      if (waiting(state) == 0 || state >= token) return;
    } while (!state_.compare_exchange_weak(state, state - 1 + token));
    futex_wake(1);
  }

  /// Wakes all who wait now.
  void wake_all() noexcept {
    State state = state_.load();
    do {
      if (waiting(state) == 0) return;
    } while (!state_.compare_exchange_weak(state, state + waiting(state) * (token - 1)));
    futex_wake(INT_MAX);
  }

 private:
  // Threads that wait in the lower half, tokens in the upper. Together they are as many as have
  // announced themselves and not gone, so that there is a token for everyone who was woken.
  using State = std::uint64_t;
  static constexpr State token = State{1} << 32;
  [[nodiscard]] static State waiting(State state) noexcept { return state & (token - 1); }

  // False when the deadline has passed.
  bool futex_wait(Ticket ticket, Deadline deadline) noexcept {
    using namespace std::chrono;
    const auto at = std::max(deadline.time_since_epoch(), Deadline::duration::zero());
    const auto whole = duration_cast<seconds>(at);
    const timespec time{static_cast<std::time_t>(whole.count()),
                        static_cast<long>(nanoseconds(at - whole).count())};
    const timespec* const timeout = deadline == Deadline::max() ? nullptr : &time;
    return ::syscall(SYS_futex, &wakings_, FUTEX_WAIT_BITSET_PRIVATE, ticket, timeout, nullptr,
                     FUTEX_BITSET_MATCH_ANY) == 0 ||
           errno != ETIMEDOUT;
  }

  void futex_wake(int count) noexcept {
    wakings_.fetch_add(1);
    ::syscall(SYS_futex, &wakings_, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
  }

  std::atomic<State> state_{0};
  std::atomic<Ticket> wakings_{0};  // the futex: a sleeper whose ticket is old does not fall asleep
  static_assert(sizeof(std::atomic<Ticket>) == sizeof(Ticket));
};

}  // namespace trivium::multithread
