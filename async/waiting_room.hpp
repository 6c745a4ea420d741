// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "asio.hpp"
#include "shared/app/channel_status.hpp"

namespace trivium::async {

using app::ChannelStatus;

struct Alarm;
class Waiter;

using WaiterHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;
using Waiters = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

/// An operation that a task awaits, and the task while it does; lives in the task's frame.
///
/// The task owns this, and this owns the suspended task: whoever takes it out of its queue is to
/// let it go on or to abandon it, once.
class Waiter : public WaiterHook {
 public:
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Makes this an operation of Asio's, to be awaited where it stands.
  template <asio::completion_token_for<void(ChannelStatus)> Token>
  auto operator()(Token&& token) {
    return asio::async_initiate<Token, void(ChannelStatus)>(
        [this](auto handler) {
          hold(std::move(handler));
          begin();
        },
        token);
  }

  /// Lets the task go on, with that status, on its own loop: next on the calling thread, where that
  /// is in the midst of such tasks of the loop, else by a post. Never resumes it within the call.
  void wake(ChannelStatus status);

 protected:
  Waiter() = default;
  virtual ~Waiter();

  /// Tries the operation. False where it has to wait: then others may have let the task go on.
  virtual bool serve() = 0;

  ChannelStatus status_ = ChannelStatus::would_block;  ///< what the task is told

 private:
  friend struct Alarm;
  friend class Relay;
  friend class WaitingRoom;
  enum class End { resume, abandon };
  struct Resume;

  // The handler is the task, suspended. It moves off the frame first, which it may destroy.
  template <typename Handler>
  void hold(Handler handler) {
    static_assert(sizeof(Handler) <= sizeof task_ && alignof(Handler) <= alignof(void*));
    loop_ = &asio::get_associated_executor(handler).context();
    ::new (static_cast<void*>(task_)) Handler(std::move(handler));
    let_go_ = [](Waiter& waiter, End end) {
      auto* const held = std::launder(reinterpret_cast<Handler*>(waiter.task_));
      Handler task(std::move(*held));
      held->~Handler();
      if (end == End::resume) task(waiter.status_);
    };
  }
  void begin();
  void post();

  asio::io_context* loop_ = nullptr;
  Waiters* queue_ = nullptr;  // where it waits; guarded by the room's mutex
  std::shared_ptr<Alarm> alarm_;
  void (*let_go_)(Waiter&, End) = nullptr;
  alignas(void*) std::byte task_[2 * sizeof(void*)];
};

/// Who waits at one channel, and the lock of that channel. Outlives it for the sake of alarms.
///
/// A loop that is shut down takes the tasks that wait on it out of every room, and destroys them.
class WaitingRoom : public std::enable_shared_from_this<WaitingRoom> {
 public:
  using Deadline = Clock::time_point;

  std::mutex mutex;  ///< guards the channel, and what stands below
  bool closed = false;
  Waiters senders;
  Waiters receivers;

  /// Makes the waiter the last of its queue; at the deadline it times out. Requires: the lock is
  /// held.
  void enter(Waiters& queue, Waiter& waiter, Deadline deadline);

  /// Takes the first waiter out of its queue; null where there is none. Requires: the lock is held.
  [[nodiscard]] static Waiter* next(Waiters& queue) noexcept;

  /// Refuses everyone who waits, and whoever comes.
  void close();

  /// Abandons the tasks of a loop that is being shut down. Requires: no thread runs the loop.
  void evict(const asio::execution_context& loop);

 private:
  void know(asio::io_context& loop);
  void set_alarm(Waiter& waiter, Deadline deadline);

  std::vector<const asio::execution_context*> loops_;  // that will tell when they are shut down
};

}  // namespace trivium::async
