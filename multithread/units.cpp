// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "units.hpp"

#include <pthread.h>

#include <csignal>
#include <utility>

#include "shared/app/signals.hpp"

namespace trivium::multithread {
namespace {

// The deepest frame holds one read buffer of 64 KiB; a small stack is what makes threads cheap to
// start and to keep. Sanitizers need room of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t stack_size = 2 * 1024 * 1024;
#else
constexpr std::size_t stack_size = 256 * 1024;
#endif

void use_small_stacks() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

}  // namespace

Units::Units() : ended_(net::make_event()) {
  use_small_stacks();
  app::make_interrupting(app::kick_signal);
}

void Units::start(Body body) {
  const std::lock_guard lock(mutex_);
  const auto unit = running_.emplace(running_.end());
  try {
    // The new thread cannot end its unit before this one has stored the thread: both lock.
    unit->thread = std::thread([this, unit, body = std::move(body)] {
      body(unit->counters);
      const std::lock_guard ending(mutex_);
      finished_.splice(finished_.end(), running_, unit);
      net::ring(ended_.get());
    });
  } catch (...) {
    running_.erase(unit);
    throw;
  }
  ++retired_.units_started;
}

void Units::reap() {
  std::list<Unit> finished;
  {
    const std::lock_guard lock(mutex_);
    net::silence(ended_.get());
    finished.swap(finished_);
    for (auto& unit : finished) retired_.fold(unit.counters);
  }
  for (auto& unit : finished) {
    if (unit.thread.joinable()) unit.thread.join();  // else it was abandoned
  }
}

std::size_t Units::running() const {
  const std::lock_guard lock(mutex_);
  return running_.size();
}

void Units::kick() {
  const std::lock_guard lock(mutex_);
  for (auto& unit : running_) pthread_kill(unit.thread.native_handle(), app::kick_signal);
}

void Units::abandon() {
  const std::lock_guard lock(mutex_);
  for (auto* units : {&running_, &finished_}) {
    for (auto& unit : *units) unit.thread.detach();
  }
}

net::Totals Units::totals() const {
  const std::lock_guard lock(mutex_);
  net::Totals totals = retired_;
  for (const auto& unit : running_) totals += unit.counters;
  for (const auto& unit : finished_) totals += unit.counters;
  return totals;
}

}  // namespace trivium::multithread
