// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// handoff: URLs are sent to a fixed pool of --jobs worker programs; results come back over one
// channel that all of them share.
//
// Costs: a message there and at least one back for each URL, the body in them. The main process
// sends the next URL to the worker whose result it took. Risks: a main process that is slow to take
// results starves the pool. A crash fails one URL, and the worker is replaced.

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "child_process.hpp"
#include "fetch_client.hpp"
#include "fetch_collect.hpp"
#include "fetch_worker.hpp"
#include "supervisor.hpp"

namespace trivium::multiprocess {
namespace {

struct Worker {
  std::optional<ChannelSender> work;
  std::optional<std::size_t> in_hand;  // the URL that it was sent last
};

class Handoff {
 public:
  explicit Handoff(app::FetchClient& client)
      : client_(client),
        collector_(
            client, [this](std::size_t unit) { return in_hand(unit); }, sender_descriptors) {}

  void run() {
    Supervisor pool(
        collector_.capacity(), {}, [this] { return start_worker(); }, Supervisor::one);
    while (!client_.over()) {
      const auto events = collector_.watch(pool.due());
      for (const auto unit : events.idle) hand_out(workers_[unit]);
      for (const auto& worker : events.ended) {
        take_back(workers_[worker.unit]);
        pool.ended(worker);
      }
      if (all_taken()) pool.stop();
      pool.replace();
    }
  }

 private:
  std::size_t start_worker() {
    const auto& limits = client_.options.limits;
    const auto shown = [](std::chrono::nanoseconds duration) {
      return std::to_string(std::chrono::ceil<std::chrono::microseconds>(duration).count()) + "us";
    };
    return collector_.launch([&](std::size_t unit) {
      const Channel work(work_limits);
      ChannelSender sender = work.sender();  // all that may be refused comes before the start
      std::vector<int> inherited = work.receiver_descriptors();
      for (const int end : collector_.results().sender_descriptors(unit)) inherited.push_back(end);
      const pid_t pid = start_program(
          program_beside(fetch_worker_program),
          {"--parent", std::to_string(::getpid()), "--unit", std::to_string(unit), "--timeout",
           shown(limits.timeout), "--connect-timeout", shown(limits.connect_timeout), "--max-body",
           std::to_string(limits.max_body)},
          inherited);
      workers_[unit].work.emplace(std::move(sender));
      workers_[unit].in_hand.reset();
      hand_out(workers_[unit]);
      return pid;
    });
  }

  // A worker that has ended does not take the URL, which comes back when that is known.
  void hand_out(Worker& worker) {
    if (returned_.empty() && next_ == client_.size()) return;
    const std::size_t index = returned_.empty() ? next_ : returned_.back();
    const Work work{.index = index, .url = client_.options.urls[index]};
    if (worker.work->try_send(work.bytes()) != ChannelStatus::ok) return;
    worker.in_hand = index;
    if (returned_.empty()) {
      ++next_;
    } else {
      returned_.pop_back();
    }
  }

  // What a worker was sent and had not taken when it died fails with nobody.
  void take_back(Worker& worker) {
    if (worker.in_hand && worker.work->undelivered() > 0) returned_.push_back(*worker.in_hand);
    worker.in_hand.reset();
  }

  std::vector<std::size_t> in_hand(std::size_t unit) const {
    const Worker& worker = workers_[unit];
    if (!worker.in_hand || worker.work->undelivered() > 0) return {};
    return {*worker.in_hand};
  }

  [[nodiscard]] bool all_taken() const {
    const auto untaken = [](const Worker& worker) {
      return worker.work && worker.work->undelivered() > 0;
    };
    return returned_.empty() && next_ == client_.size() &&
           std::none_of(workers_.begin(), workers_.end(), untaken);
  }

  app::FetchClient& client_;
  std::size_t next_ = 0;
  std::vector<std::size_t> returned_;  // by workers that died with them untaken
  std::vector<Worker> workers_ = std::vector<Worker>(client_.units());  // by unit
  Collector collector_;
};

}  // namespace

void fetch_handoff(app::FetchClient& client) {
  Handoff(client).run();
}

}  // namespace trivium::multiprocess
