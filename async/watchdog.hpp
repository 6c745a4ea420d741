// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <boost/intrusive/set.hpp>
#include <mutex>
#include <optional>

#include "asio.hpp"
#include "shared/protocol/echo_session.hpp"

namespace trivium::async {

class Watchdog;

/// One connection's time: how long it may wait, and the only way in which it waits.
///
/// Belongs to the connection's coroutine, which alone calls its members, but for `progress`, `over`
/// and `ready`, which the coroutine that writes for it may call as well; the watchdog may end their
/// waits from another thread of a pool meanwhile. Requires: the socket outlives it, and is not
/// closed before `leave`; no two wait for the same.
class Watch : public boost::intrusive::set_base_hook<> {
 public:
  /// Begins to count the idle time.
  Watch(Watchdog& watchdog, Socket& socket);
  ~Watch() { leave(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Takes note of bytes received or sent: idle time starts again. All that the hot path pays.
  void progress() noexcept;

  /// Stops the idle time until the next progress.
  void pause() noexcept { deadline_.store(Clock::time_point::max(), std::memory_order_relaxed); }

  /// Sets when all waits are over whatever progress there is: a line's time. `max` takes that back.
  void limit(Clock::time_point deadline);

  /// Forgets what ended the session's waits; from now on all waits together get the linger time.
  void linger();

  /// Why the connection may wait no longer; nothing while it may.
  [[nodiscard]] std::optional<protocol::CloseReason> over() const noexcept;

  /// Suspends until the socket is ready, or until it may wait no longer; then `over` says so.
  [[nodiscard]] auto ready(Socket::wait_type what) {
    return asio::async_initiate<decltype(as_result), void(boost::system::error_code)>(
        [this, what](auto handler) { start_wait(what, std::move(handler)); }, as_result);
  }

  /// Suspends until the timer goes off, or until the connection may wait no longer. `awake` follows
  /// before the timer goes.
  [[nodiscard]] auto sleep(Timer& timer) {
    return asio::async_initiate<decltype(as_result), void(boost::system::error_code)>(
        [this, &timer](auto handler) { start_sleep(timer, std::move(handler)); }, as_result);
  }
  void awake() noexcept;

  /// Ends the watch; the socket may be closed from then on.
  void leave() noexcept;

 private:
  friend class Watchdog;
  enum class Over { no, time, line, drain };
  enum class Phase { serving, lingering };

  // The wait starts, and is ended, under the lock: so no two threads use the socket at once, and a
  // sentence that falls before the wait is not missed by it.
  template <typename Handler>
  void start_wait(Socket::wait_type what, Handler handler) {
    const std::lock_guard lock(mutex_);
    if (over_.load(std::memory_order_relaxed) == Over::no) {
      socket_.async_wait(what, std::move(handler));
    } else {
      refuse(std::move(handler));
    }
  }
  template <typename Handler>
  void start_sleep(Timer& timer, Handler handler) {
    const std::lock_guard lock(mutex_);
    if (over_.load(std::memory_order_relaxed) == Over::no) {
      sleep_ = &timer;
      timer.async_wait(std::move(handler));
    } else {
      refuse(std::move(handler));
    }
  }
  template <typename Handler>
  void refuse(Handler handler) {
    asio::post(socket_.get_executor(),
               asio::append(std::move(handler),
                            boost::system::error_code(asio::error::operation_aborted)));
  }
  void sentence(Over over);

  Watchdog& watchdog_;
  Socket& socket_;
  std::atomic<Clock::time_point> deadline_;
  std::atomic<Clock::time_point> limit_{Clock::time_point::max()};
  std::atomic<Over> over_{Over::no};
  std::mutex mutex_;        // held while the socket is used here; guards:
  Timer* sleep_ = nullptr;  // what the connection sleeps by

  Phase phase_ = Phase::serving;  // guarded by the watchdog's mutex, as is:
  Clock::time_point check_;       // when the watchdog looks at the deadline next; the set's order
};

/// Watches over all connections of one event loop: ends the wait of one whose time is over.
///
/// Connections store their deadlines and move on; the watchdog sleeps until the earliest that it
/// knows of, and then looks whether that has moved. Safe to use from every thread of the loop.
class Watchdog {
 public:
  Watchdog(Executor executor, Clock::duration idle_timeout);

  [[nodiscard]] Executor executor() { return timer_.get_executor(); }

  /// The watchdog's own task; runs until `stop`.
  [[nodiscard]] Task<> run();

  /// The drain timeout is over: no connection may wait any longer, except to linger.
  void expire();

  /// Ends `run`. Requires: no connection is left, or will come.
  void stop();

 private:
  friend class Watch;
  struct Earlier {
    bool operator()(const Watch& a, const Watch& b) const noexcept { return a.check_ < b.check_; }
  };

  void file(Watch& watch, Clock::time_point check);
  void look(Clock::time_point now);

  const Clock::duration idle_timeout_;
  std::mutex mutex_;  // guards what stands below
  Timer timer_;
  bool stopped_ = false;
  bool expired_ = false;
  boost::intrusive::multiset<Watch, boost::intrusive::compare<Earlier>> watches_;
};

}  // namespace trivium::async
