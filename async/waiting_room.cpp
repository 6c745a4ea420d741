// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "waiting_room.hpp"

#include <algorithm>

namespace trivium::async {

// The tasks of one loop that go on without its scheduler, within one step of one of its threads:
// the one that awaited an operation which did not have to wait, and one that was woken meanwhile.
//
// A task that is woken by another of its loop follows it on the same thread, as soon as that
// suspends: no allocation, no lock, no system call. If the other goes on to another operation
// first, the one that was woken is posted, for any thread of a pool to take. After so many steps
// everything goes through the scheduler, so that the loop's other tasks have their turn. The stack
// does not grow: whoever goes on is called from `run`, not from the task before it.
class Relay {
 public:
  explicit Relay(const asio::io_context& loop) noexcept;
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // The calling thread's, if it is that loop's.
  static Relay* find(const asio::io_context& loop) noexcept;

  void go_on(Waiter& waiter);
  void follow(Waiter& waiter);
  void run();

 private:
  static constexpr int most_steps = 64;

  // Not to be cached over a suspension, and so not to be seen by a coroutine.
  static constinit thread_local Relay* innermost;

  const asio::io_context& loop_;
  Relay* const outer_;  // of another loop, which runs this thread's
  Waiter* current_ = nullptr;
  Waiter* next_ = nullptr;
};

constinit thread_local Relay* Relay::innermost = nullptr;

Relay::Relay(const asio::io_context& loop) noexcept : loop_(loop), outer_(innermost) {
  innermost = this;
}

Relay::~Relay() {
  innermost = outer_;
  if (current_ != nullptr) current_->post();
  if (next_ != nullptr) next_->post();
}

Relay* Relay::find(const asio::io_context& loop) noexcept {
  return innermost != nullptr && &innermost->loop_ == &loop ? innermost : nullptr;
}

void Relay::go_on(Waiter& waiter) {
  // It is taken where one task has started another within its step.
  if (current_ != nullptr) return waiter.post();
  current_ = &waiter;
}

void Relay::follow(Waiter& waiter) {
  if (next_ != nullptr) return waiter.post();
  next_ = &waiter;
}

void Relay::run() {
  bool next_is_old = false;  // it has waited for a whole step
  for (int step = 0; step < most_steps; ++step) {
    if (current_ != nullptr && next_is_old) std::exchange(next_, nullptr)->post();
    Waiter* const waiter = std::exchange(current_ != nullptr ? current_ : next_, nullptr);
    if (waiter == nullptr) return;
    next_is_old = next_ != nullptr;
    waiter->let_go_(*waiter, Waiter::End::resume);
  }
}

// What ends a wait at its deadline. It may go off late, when the waiter is gone, and even the
// channel.
struct Alarm {
  Alarm(std::shared_ptr<WaitingRoom> where, Waiter& whose, asio::io_context& loop)
      : room(std::move(where)), waiter(&whose), timer(loop.get_executor()) {}

  void go_off() {
    const std::lock_guard lock(room->mutex);
    if (waiter == nullptr || waiter->queue_ == nullptr) return;
    waiter->queue_->erase(Waiters::s_iterator_to(*waiter));
    waiter->queue_ = nullptr;
    waiter->wake(ChannelStatus::timed_out);
  }

  const std::shared_ptr<WaitingRoom> room;
  Waiter* waiter;  // guarded by the room's mutex
  Timer timer;     // used by the waiter's task alone
};

Waiter::~Waiter() {
  if (!alarm_) return;
  {
    const std::lock_guard lock(alarm_->room->mutex);
    alarm_->waiter = nullptr;
  }
  alarm_->timer.cancel();
}

void Waiter::begin() {
  if (Relay* const relay = Relay::find(*loop_)) {
    if (serve()) relay->go_on(*this);
    return;
  }
  Relay relay(*loop_);
  if (serve()) relay.go_on(*this);
  relay.run();
}

void Waiter::wake(ChannelStatus status) {
  status_ = status;
  Relay* const relay = Relay::find(*loop_);
  relay != nullptr ? relay->follow(*this) : post();
}

// What a loop is given to resume a task; a loop that drops it abandons the task.
struct Waiter::Resume {
  struct Abandon {
    void operator()(Waiter* waiter) const { waiter->let_go_(*waiter, End::abandon); }
  };

  void operator()() {
    Relay relay(*waiter->loop_);
    relay.go_on(*waiter.release());
    relay.run();
  }

  std::unique_ptr<Waiter, Abandon> waiter;
};

void Waiter::post() {
  const auto executor = asio::require(loop_->get_executor(), asio::execution::blocking.never);
  executor.execute(Resume{{this, {}}});
}

namespace {

// A loop's list of the rooms where its tasks have waited.
class Rooms : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;

  explicit Rooms(asio::execution_context& loop) : service(loop) {}

  void add(std::weak_ptr<WaitingRoom> room) {
    const std::lock_guard lock(mutex_);
    if (rooms_.size() == rooms_.capacity()) {
      std::erase_if(rooms_, [](const auto& known) { return known.expired(); });
      rooms_.reserve(2 * rooms_.size() + 1);
    }
    rooms_.push_back(std::move(room));
  }

 private:
  void shutdown() override {
    for (const auto& known : rooms_) {
      if (const auto room = known.lock()) room->evict(context());
    }
    rooms_.clear();
  }

  std::mutex mutex_;  // guards what stands below, while the loop runs
  std::vector<std::weak_ptr<WaitingRoom>> rooms_;
};

}  // namespace

void WaitingRoom::enter(Waiters& queue, Waiter& waiter, Deadline deadline) {
  know(*waiter.loop_);
  if (deadline != Deadline::max()) set_alarm(waiter, deadline);
  waiter.queue_ = &queue;
  queue.push_back(waiter);
}

Waiter* WaitingRoom::next(Waiters& queue) noexcept {
  if (queue.empty()) return nullptr;
  Waiter& waiter = queue.front();
  queue.pop_front();
  waiter.queue_ = nullptr;
  return &waiter;
}

void WaitingRoom::close() {
  const std::lock_guard lock(mutex);
  closed = true;
  for (Waiters* queue : {&senders, &receivers}) {
    while (Waiter* const waiter = next(*queue)) waiter->wake(ChannelStatus::closed);
  }
}

void WaitingRoom::evict(const asio::execution_context& loop) {
  Waiters evicted;
  {
    const std::lock_guard lock(mutex);
    std::erase(loops_, &loop);
    for (Waiters* queue : {&senders, &receivers}) {
      for (auto at = queue->begin(); at != queue->end();) {
        Waiter& waiter = *at++;
        if (waiter.loop_ != &loop) continue;
        queue->erase(Waiters::s_iterator_to(waiter));
        waiter.queue_ = nullptr;
        evicted.push_back(waiter);
      }
    }
  }
  while (!evicted.empty()) {
    Waiter& waiter = evicted.front();
    evicted.pop_front();
    waiter.let_go_(waiter, Waiter::End::abandon);
  }
}

// Requires: the lock is held, and the calling thread runs the loop.
void WaitingRoom::know(asio::io_context& loop) {
  if (std::find(loops_.begin(), loops_.end(), &loop) != loops_.end()) return;
  asio::use_service<Rooms>(loop).add(weak_from_this());
  loops_.push_back(&loop);
}

// Requires: the lock is held, so that the alarm cannot go off before the waiter is in its queue.
void WaitingRoom::set_alarm(Waiter& waiter, Deadline deadline) {
  waiter.alarm_ = std::make_shared<Alarm>(shared_from_this(), waiter, *waiter.loop_);
  waiter.alarm_->timer.expires_at(deadline);
  waiter.alarm_->timer.async_wait([alarm = waiter.alarm_](boost::system::error_code cancelled) {
    if (!cancelled) alarm->go_off();
  });
}

}  // namespace trivium::async
