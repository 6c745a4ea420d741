// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_collect.hpp"

#include <system_error>
#include <utility>

namespace trivium::multithread {

Collector::Collector(app::FetchClient& client)
    : client_(client),
      results_(client.units()),
      over_(net::make_event()),
      watch_([this] { watch_signals(); }) {}

Collector::~Collector() {
  end_watch();
}

void Collector::end_watch() {
  net::ring(over_.get());
  watch_.join();
}

void Collector::exit_now() {
  end_watch();
  units_.abandon();
  client_.exit_now();
}

// Closes the results when a signal comes, so that whoever waits for them need not look for it.
void Collector::watch_signals() {
  for (;;) {
    const auto ready = net::wait_readable(client_.signals.descriptor(), over_.get(), net::forever);
    if (ready.first) results_.close();
    if (ready.first || ready.second) return;
  }
}

void Collector::start_pool(const std::function<void()>& body) {
  try {
    for (std::size_t i = 0; i < client_.units(); ++i) {
      units_.start([body](net::CounterSlot&) { body(); });
    }
  } catch (const std::system_error& error) {
    client_.fail(error);
    exit_now();
  }
}

void Collector::run(const std::function<void()>& on_result) {
  while (!client_.over()) {
    Finished finished;
    switch (results_.receive_until(client_.next_tick(), finished)) {
      case ChannelStatus::ok:
        on_result();
        client_.deliver(std::move(finished));
        break;
      case ChannelStatus::closed:
        client_.interrupt();
        break;
      case ChannelStatus::timed_out:
      case ChannelStatus::would_block:
        client_.tick();
        break;
    }
  }
  if (client_.stopped()) exit_now();
  while (units_.running() > 0) (void)net::wait_readable(units_.ended(), -1, net::forever);
  units_.reap();
}

}  // namespace trivium::multithread
