// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_collect.hpp"

#include <thread>

#include "shared/net/descriptor.hpp"

namespace trivium::multithread {
namespace {

// Closes the results when a signal comes, so that whoever waits for them need not look for it.
class SignalWatch {
 public:
  SignalWatch(const app::FetchClient& client, Results& results)
      : over_(net::make_event()), thread_([this, &client, &results] {
          while (true) {
            const auto ready =
                net::wait_readable(client.signals.descriptor(), over_.get(), net::forever);
            if (ready.first) results.close();
            if (ready.first || ready.second) return;
          }
        }) {}
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch() {
    net::ring(over_.get());
    thread_.join();
  }

 private:
  net::Descriptor over_;
  std::thread thread_;
};

void join_all(Units& units) {
  while (units.running() > 0) (void)net::wait_readable(units.ended(), -1, net::forever);
  units.reap();
}

}  // namespace

void collect(app::FetchClient& client, Units& units, Results& results,
             const std::function<void()>& on_result) {
  const SignalWatch watch(client, results);
  while (!client.over()) {
    Finished finished;
    switch (results.receive_until(client.next_tick(), finished)) {
      case ChannelStatus::ok:
        on_result();
        client.deliver(std::move(finished));
        break;
      case ChannelStatus::closed:
        client.interrupt();
        break;
      case ChannelStatus::timed_out:
      case ChannelStatus::would_block:
        client.tick();
        break;
    }
  }
  if (client.stopped()) client.exit_now();
  join_all(units);
}

}  // namespace trivium::multithread
