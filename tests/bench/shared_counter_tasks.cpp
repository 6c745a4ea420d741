// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <benchmark/benchmark.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <utility>

#include "async/asio.hpp"
#include "async/channel.hpp"
#include "async/permits.hpp"
#include "shared_counter.hpp"

namespace trivium::bench::tasks {
namespace {

namespace asio = async::asio;
using async::ChannelStatus;
using Strand = asio::strand<async::Executor>;
using Mailbox = async::Channel<std::uint64_t>;

// Each reference below is to something that outlives the loop's run.

async::Task<> bump_locked(async::Permits& mutex, std::uint64_t& counter, std::uint64_t bumps) {
  for (std::uint64_t i = 0; i < bumps; ++i) {
    async::Permit permit;
    const bool locked = co_await mutex.take(permit);
    if (!locked) throw std::runtime_error("the lock was closed");
    ++counter;
  }
}

// Goes back to the pool after each bump, since what a task does beside is to run in parallel.
async::Task<> bump_in_strand(Strand strand, std::uint64_t& counter, std::uint64_t bumps) {
  const auto pool = co_await asio::this_coro::executor;
  const auto enter = [strand](auto handler) {
    asio::post(asio::bind_executor(strand, std::move(handler)));
  };
  for (std::uint64_t i = 0; i < bumps; ++i) {
    co_await asio::async_initiate<const asio::deferred_t, void()>(enter, asio::deferred);
    ++counter;
    co_await asio::post(pool, asio::deferred);
  }
}

async::Task<> send_bumps(Mailbox& mailbox, std::atomic<std::size_t>& left, std::uint64_t bumps) {
  for (std::uint64_t i = 0; i < bumps; ++i) {
    std::uint64_t one = 1;
    const ChannelStatus status = co_await mailbox.send(std::move(one));
    if (status != ChannelStatus::ok) throw std::runtime_error("send failed");
  }
  if (--left == 0) mailbox.close();
}

async::Task<> own(Mailbox& mailbox, std::uint64_t& counter) {
  for (std::uint64_t amount = 0;;) {
    const ChannelStatus status = co_await mailbox.receive(amount);
    if (status != ChannelStatus::ok) co_return;
    counter += amount;
  }
}

async::Task<> bump_atomic(std::atomic<std::uint64_t>& counter, std::uint64_t bumps) {
  for (std::uint64_t i = 0; i < bumps; ++i) ++counter;
  co_return;
}

// Each bump is one in memory, as it would be between two awaits: the compiler must not add them up.
async::Task<> bump_plainly(std::uint64_t& counter, std::uint64_t bumps) {
  for (std::uint64_t i = 0; i < bumps; ++i) {
    ++counter;
    benchmark::ClobberMemory();
  }
  co_return;
}

// One thread spares the loop most of its locking, as in async/loop.cpp.
struct Loop : asio::io_context {
  explicit Loop(std::size_t pool)
      : io_context(pool == 1 ? BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO : static_cast<int>(pool)) {}
};

// Spawns the units that `make` makes, and lets the pool run until all have ended.
Span run(Loop& loop, std::size_t pool, std::size_t units,
         const std::function<async::Task<>()>& make) {
  for (std::size_t i = 0; i < units; ++i) asio::co_spawn(loop, make(), async::rethrow);
  return run_in_threads(Bodies(pool, [&loop] { loop.run(); }));
}

}  // namespace

Outcome by_lock(std::size_t pool, std::size_t units, std::uint64_t bumps_each) {
  Loop loop(pool);
  async::Permits mutex(1);
  std::uint64_t counter = 0;
  const Span span = run(loop, pool, units, [&] { return bump_locked(mutex, counter, bumps_each); });
  return {counter, span};
}

Outcome by_strand(std::size_t pool, std::size_t units, std::uint64_t bumps_each) {
  Loop loop(pool);
  const Strand strand(loop.get_executor());
  std::uint64_t counter = 0;
  const Span span =
      run(loop, pool, units, [&] { return bump_in_strand(strand, counter, bumps_each); });
  return {counter, span};
}

Outcome by_message(std::size_t pool, std::size_t units, std::uint64_t bumps_each) {
  Loop loop(pool);
  Mailbox mailbox(1024);
  std::atomic<std::size_t> left = units;
  std::uint64_t counter = 0;
  asio::co_spawn(loop, own(mailbox, counter), async::rethrow);
  const Span span = run(loop, pool, units, [&] { return send_bumps(mailbox, left, bumps_each); });
  return {counter, span};
}

Outcome by_atomic(std::size_t pool, std::size_t units, std::uint64_t bumps_each) {
  Loop loop(pool);
  std::atomic<std::uint64_t> counter = 0;
  const Span span = run(loop, pool, units, [&] { return bump_atomic(counter, bumps_each); });
  return {counter, span};
}

Outcome plainly(std::size_t pool, std::size_t units, std::uint64_t bumps_each) {
  Loop loop(pool);
  std::uint64_t counter = 0;
  benchmark::DoNotOptimize(&counter);
  const Span span = run(loop, pool, units, [&] { return bump_plainly(counter, bumps_each); });
  return {counter, span};
}

}  // namespace trivium::bench::tasks
