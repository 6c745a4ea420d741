// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/worker.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <numeric>
#include <utility>

namespace trivium::load {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000 * us;

// Connections are first opened so far apart, and so many at once wait for the server's first sign,
// that no backlog overflows. Both are of all threads together.
constexpr std::int64_t opening_step = 100 * us;
constexpr std::size_t opening_window = 64;
// Operations on connections that are open already begin so far apart.
constexpr std::int64_t asking_step = 10 * us;
// Closed loop: after a failure a connection waits, and all that wait are opened so far apart, that
// a server that is gone costs next to nothing and one that comes back is met at once.
constexpr std::int64_t reopen_delay = 10 * ms;
constexpr std::int64_t reopen_step = 500 * us;
// Open loop: a connection that fails at once is tried again for the next operation at once, but
// so many times only before others have their turn.
constexpr int most_rounds = 16;

// What a thread has of something that is shared out evenly.
std::size_t share_of(std::size_t whole, std::size_t threads, std::size_t index) {
  return whole / threads + (index < whole % threads ? 1 : 0);
}

}  // namespace

Worker::Worker(const Options& options, const net::Address& target, HttpReference& reference,
               Agreement& agreement, Moments moments, std::size_t index)
    : options_(options),
      agreement_(agreement),
      moments_(std::move(moments)),
      thread_(index),
      shared_(options, target, reference, index),
      backlog_(options.one_shot() ? 1 : options.connections / options.threads + 1) {
  const std::size_t count = share_of(options.connections, options.threads, index);
  connections_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t number = i * options.threads + index;
    connections_.emplace_back(shared_, i, static_cast<std::uint32_t>(number), options.depth);
  }
}

void Worker::run() {
  // Planned starts are met to the microsecond, where the machine can.
  if (options_.open_loop()) ::prctl(PR_SET_TIMERSLACK, 1UL);
  refresh();
  if (!options_.one_shot()) establish();
  await_start();
  if (options_.mode != Mode::idle) begin_operations();
  while (shared_.now < measure_at_ && !agreement_.stop) turn(measure_at_);
  if (moments_.measuring && !agreement_.stop) moments_.measuring();
  while (shared_.now < end_at_ && !agreement_.stop) turn(end_at_);
  if (agreement_.stop) return;
  if (moments_.measured) moments_.measured();
  finish();
}

void Worker::establish() {
  const std::size_t window = std::max<std::size_t>(1, opening_window / options_.threads);
  const std::int64_t step = opening_step * static_cast<std::int64_t>(options_.threads);
  std::int64_t open_at = shared_.now;
  progressed_at_ = shared_.now;
  is_settled_.resize(connections_.size());
  // Whoever has given no sign for as long as an operation may take will not: the run begins
  // without the rest.
  const std::int64_t patience = options_.timeout.count();
  while (settled_ < connections_.size() && shared_.now - progressed_at_ <= patience &&
         !agreement_.stop) {
    std::int64_t until = progressed_at_ + patience + 1;
    while (opened_ < connections_.size() && opened_ < settled_ + window) {
      if (open_at > shared_.now) {
        until = std::min(until, open_at);
        break;
      }
      open_at += step;
      Connection& connection = connections_[opened_++];
      react(connection, connection.open());
    }
    if (settled_ < connections_.size()) turn(until);
  }
}

void Worker::await_start() {
  phase_ = Phase::held;
  shared_.results.established = static_cast<std::uint64_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const Connection& connection) { return connection.ready(); }));
  if (agreement_.establishing.fetch_sub(1) == 1) agreement_.start_at = shared_.now;
  std::int64_t start = 0;
  while ((start = agreement_.start_at) == 0 && !agreement_.stop) turn(shared_.now + ms);
  measure_at_ = start + options_.warmup.count();
  end_at_ = measure_at_ + options_.duration.count();
  shared_.recorder.measure(measure_at_, end_at_);
}

void Worker::begin_operations() {
  phase_ = Phase::running;
  if (options_.open_loop()) {
    schedule_.emplace(options_, thread_, agreement_.start_at);
    for (std::size_t i = connections_.size(); i > 0; --i) {
      free_.push_back(static_cast<std::uint32_t>(i - 1));
    }
    return;
  }
  const std::int64_t step = (options_.one_shot() ? opening_step : asking_step) *
                            static_cast<std::int64_t>(options_.threads);
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    waiting_.push_back({shared_.now + i * step, i});
  }
}

void Worker::turn(std::int64_t until) {
  std::int64_t wake_at = std::min(until, scan_at_);
  if (!waiting_.empty()) wake_at = std::min(wake_at, waiting_.front().due);
  if (schedule_ && schedule_->next() < end_at_) wake_at = std::min(wake_at, schedule_->next());
  const int ready = wait_for_events(wake_at);
  refresh();
  if (!connected_ && shared_.results.connected > 0) agreement_.connected = connected_ = true;
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    Connection& connection = connections_[event.data.u32];
    react(connection, connection.on_events(event.events));
  }
  reopen_what_is_due();
  deal_what_is_due();
  if (shared_.now >= scan_at_) scan();
}

int Worker::wait_for_events(std::int64_t until) {
  const std::int64_t left = std::max<std::int64_t>(0, until - shared_.now);
  const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
  const int size = static_cast<int>(events_.size());
  int ready = ::epoll_pwait2(shared_.epoll.get(), events_.data(), size, &limit, nullptr);
  if (ready < 0 && errno == ENOSYS) {
    const auto milliseconds = static_cast<int>((left + ms - 1) / ms);
    ready = ::epoll_wait(shared_.epoll.get(), events_.data(), size, milliseconds);
  }
  if (ready < 0 && errno != EINTR) net::checked(ready, "epoll_wait");
  return ready;
}

void Worker::reopen_what_is_due() {
  while (!waiting_.empty() && waiting_.front().due <= shared_.now) {
    Connection& connection = connections_[waiting_.front().index];
    waiting_.pop_front();
    refresh();
    if (connection.closed()) {
      react(connection, Status::over);
    } else if (connection.ready()) {
      react(connection, Status::ready);
    }
  }
}

void Worker::deal_what_is_due() {
  if (!schedule_) return;
  while (schedule_->next() <= shared_.now && schedule_->next() < end_at_) {
    const std::int64_t planned = schedule_->next();
    schedule_->advance();
    refresh();
    deal(planned);
  }
}

// An operation that is a connection takes any free one. A line belongs to the connection whose turn
// it is, as if each were a client with a schedule of its own: one that hangs does not give its
// lines to its neighbours.
void Worker::deal(std::int64_t planned) {
  shared_.recorder.begin(planned);
  if (options_.one_shot()) {
    backlog_.push(0, planned);
    if (free_.empty()) return;
    Connection& connection = connections_[free_.back()];
    free_.pop_back();
    react(connection, Status::over);
    return;
  }
  Connection& connection = connections_[next_];
  backlog_.push(next_, planned);
  next_ = (next_ + 1) % static_cast<std::uint32_t>(connections_.size());
  if (connection.closed()) {
    react(connection, Status::over);
  } else if (connection.ready() && connection.room()) {
    react(connection, Status::ready);
  }
}

/// Ends what takes too long. All operations have the same timeout, so that a look at each, a few
/// times within it, is cheaper than a timer for each.
void Worker::scan() {
  const std::int64_t timeout = options_.timeout.count();
  scan_at_ = shared_.now + std::clamp(timeout / 20, ms, 100 * ms);
  for (Connection& connection : connections_) {
    const auto since = connection.waits_since();
    if (since && shared_.now - *since > timeout) react(connection, connection.on_timeout());
  }
  for (std::size_t i = 0; backlog_.size() > 0 && i < backlog_.queues(); ++i) expire(i);
  if (moments_.looked) moments_.looked(shared_.now);
}

void Worker::expire(std::size_t queue) {
  while (!backlog_.empty(queue) && shared_.now - backlog_.front(queue) > options_.timeout.count()) {
    const std::int64_t planned = backlog_.pop(queue);
    shared_.recorder.end({Outcome::unsent, planned, 0, shared_.now});
  }
}

void Worker::react(Connection& connection, Status status) {
  for (int round = 0; status != Status::waiting; ++round) {
    if (round == most_rounds) {
      waiting_.push_back({shared_.now, index_of(connection)});
      return;
    }
    const auto next = go_on(connection, status);
    if (!next) return;
    status = *next;
  }
}

/// Does what comes next on a connection of which there is news; says how that went, if there was
/// something to do.
std::optional<Connection::Status> Worker::go_on(Connection& connection, Status status) {
  if (phase_ == Phase::establishing) settle(connection, status);
  if (phase_ == Phase::running || (phase_ == Phase::finishing && options_.open_loop())) {
    return options_.open_loop() ? go_on_open_loop(connection, status)
                                : go_on_closed_loop(connection, status);
  }
  // In idle every connection is an operation, whenever it ends. Otherwise one that was open when
  // the phase ended, and had nothing to do, may go: that is nobody's failure.
  const auto unclaimed = connection.take_unclaimed();
  const bool may_go = phase_ == Phase::finishing && options_.mode != Mode::idle;
  if (unclaimed && !(may_go && connection.was_ready())) count_unclaimed(*unclaimed);
  return std::nullopt;
}

std::optional<Connection::Status> Worker::go_on_closed_loop(Connection& connection, Status status) {
  if (status == Status::ready) {
    if (!connection.room()) return std::nullopt;
    while (connection.room()) {
      shared_.recorder.begin(shared_.now);
      connection.ask(shared_.now);
    }
    return connection.flush();
  }
  if (status == Status::failed) {
    if (const auto outcome = connection.take_unclaimed()) count_unclaimed(*outcome);
    const std::int64_t last = waiting_.empty() ? 0 : waiting_.back().due;
    waiting_.push_back(
        {std::max(shared_.now + reopen_delay, last + reopen_step), index_of(connection)});
    return std::nullopt;
  }
  if (!options_.one_shot()) return connection.open();
  shared_.recorder.begin(shared_.now);
  return connection.begin(shared_.now);
}

std::optional<Connection::Status> Worker::go_on_open_loop(Connection& connection, Status status) {
  const std::size_t queue = options_.one_shot() ? 0 : index_of(connection);
  if (status == Status::ready) {
    if (!connection.room() || backlog_.empty(queue)) return std::nullopt;
    while (connection.room() && !backlog_.empty(queue)) connection.ask(backlog_.pop(queue));
    return connection.flush();
  }
  // The attempt to open was made for the one that waits longest.
  const auto unclaimed = connection.take_unclaimed();
  if (unclaimed && !connection.was_ready() && !backlog_.empty(queue)) {
    shared_.recorder.end({*unclaimed, backlog_.pop(queue), 0, shared_.now});
  }
  if (!options_.one_shot()) {
    if (backlog_.empty(queue)) return std::nullopt;
    return connection.open();
  }
  if (backlog_.empty(queue)) {
    free_.push_back(index_of(connection));
    return std::nullopt;
  }
  return connection.begin(backlog_.pop(queue));
}

// What was open and is lost again was settled before, if there was word of it.
void Worker::settle(const Connection& connection, Status status) {
  if (status == Status::ready) progressed_at_ = shared_.now;
  const std::uint32_t index = index_of(connection);
  if (!is_settled_[index]) ++settled_;
  is_settled_[index] = true;
}

void Worker::count_unclaimed(Outcome outcome) {
  shared_.recorder.begin(shared_.now);
  shared_.recorder.end({outcome, shared_.now, 0, shared_.now});
}

void Worker::finish() {
  phase_ = Phase::finishing;
  shared_.results.in_flight = shared_.recorder.under_way();
  if (options_.mode == Mode::idle) ask_all();
  if (!options_.open_loop()) waiting_.clear();
  // All of it ends in one way or another: what waits in an open loop within the timeout, what is
  // put within another. A server that never answers must not look as if it had not been asked.
  while (awaits_any() && !agreement_.stop) turn(shared_.now + 100 * ms);
  shared_.results.abandoned = shared_.recorder.under_way();
}

/// Whether something that counts is still to end. In a closed loop the opening of a connection that
/// is to stay open is an operation if it fails.
bool Worker::awaits_any() const {
  if (shared_.recorder.under_way() > 0) return true;
  return !options_.open_loop() && options_.mode != Mode::idle &&
         std::any_of(connections_.begin(), connections_.end(),
                     [](const Connection& connection) { return !!connection.waits_since(); });
}

/// Asks each connection that was held whether it is alive. Those that failed before are counted.
void Worker::ask_all() {
  for (Connection& connection : connections_) {
    refresh();
    if (connection.ready()) {
      shared_.recorder.begin(shared_.now);
      connection.ask(shared_.now);
      react(connection, connection.flush());
    } else if (!connection.closed()) {
      react(connection, connection.on_timeout());
    } else if (index_of(connection) >= opened_) {
      count_unclaimed(Outcome::unsent);
    }
  }
}

}  // namespace trivium::load
