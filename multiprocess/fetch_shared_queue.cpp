// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// shared-queue: a fixed pool of --jobs forked processes, each of which takes the next URL's index
// from shared memory; the URLs themselves it has from before the fork.
//
// Costs: two atomic exchanges hand a URL out; its result comes back over a channel that all share.
// Risks: a crash fails one URL, and the worker is replaced.

#include <atomic>
#include <cstdint>
#include <optional>

#include "child_process.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_resolver.hpp"
#include "shared_memory.hpp"
#include "supervisor.hpp"

namespace trivium::multiprocess {
namespace {

// Which URL is next, and who took which. A URL is taken in one step, which tells by whom, so that
// a worker that is killed between any two instructions loses none: what it took is known, and the
// next one that comes moves the index on in its place.
class Queue {
 public:
  explicit Queue(std::size_t size)
      : size_(size), memory_(sizeof(Next) + size * sizeof(Owner)) {}  // all zero: nothing is taken

  std::optional<std::size_t> take(std::size_t unit) {
    for (std::size_t index = next(); index < size_; index = next()) {
      std::uint32_t nobody = 0;
      const bool mine = owners()[index].compare_exchange_strong(nobody, owner_of(unit));
      std::size_t expected = index;
      next().compare_exchange_strong(expected, index + 1);
      if (mine) return index;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool empty() const { return next() >= size_; }

  [[nodiscard]] std::vector<std::size_t> taken_by(std::size_t unit) const {
    std::vector<std::size_t> taken;
    for (std::size_t index = 0; index < size_; ++index) {
      if (owners()[index] == owner_of(unit)) taken.push_back(index);
    }
    return taken;
  }

 private:
  using Next = std::atomic<std::size_t>;
  using Owner = std::atomic<std::uint32_t>;  // 0: nobody
  static_assert(Next::is_always_lock_free && Owner::is_always_lock_free);

  static std::uint32_t owner_of(std::size_t unit) { return static_cast<std::uint32_t>(unit) + 1; }
  [[nodiscard]] Next& next() const { return *static_cast<Next*>(memory_.data()); }
  [[nodiscard]] Owner* owners() const {
    return reinterpret_cast<Owner*>(static_cast<char*>(memory_.data()) + sizeof(Next));
  }

  std::size_t size_;
  SharedMemory memory_;
};

void work_off(const app::FetchOptions& options, Queue& queue, std::size_t unit,
              const Channel& results) {
  close_all_but(results.sender_descriptors(unit));  // first: there may be no room for copies
  ChannelSender sender = results.sender(unit);
  while (const auto index = queue.take(unit)) {
    const Finished finished{*index,
                            net::blocking_fetch(options.urls[*index], options.limits, resolve)};
    if (!send_result(sender, unit, finished)) return;
  }
}

}  // namespace

void fetch_shared_queue(app::FetchClient& client) {
  Queue queue(client.size());
  Collector collector(client, [&](std::size_t unit) { return queue.taken_by(unit); });
  const auto start_worker = [&] {
    return collector.launch([&](std::size_t unit) {
      return fork_worker([&] { work_off(client.options, queue, unit, collector.results()); });
    });
  };
  Supervisor pool(collector.capacity(), {}, start_worker, Supervisor::one);
  while (!client.over()) {
    const auto events = collector.watch(pool.due());
    if (queue.empty()) pool.stop();
    for (const auto& worker : events.ended) pool.ended(worker);
    pool.replace();
  }
}

}  // namespace trivium::multiprocess
