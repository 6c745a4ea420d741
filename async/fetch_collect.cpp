// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_collect.hpp"

#include <fcntl.h>

#include "shared/net/descriptor.hpp"

namespace trivium::async {
namespace {

// Takes results until the run is over. References are to what outlives the front's run.
Task<> take_results(app::FetchClient& client, Results& results, Stream& signals) {
  while (!client.over()) {
    Finished finished;
    const ChannelStatus status = co_await results.receive_until(client.next_tick(), finished);
    switch (status) {
      case ChannelStatus::ok:
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
  results.close();  // who waits to send keeps this loop running, also when nobody is to take it
  signals.cancel();
}

// Closes the results when a signal comes, so that whoever waits for them need not look for it.
Task<> watch_signals(Stream& signals, Results& results) {
  const auto [cancelled] = co_await signals.async_wait(Stream::wait_read, as_result);
  if (!cancelled) results.close();
}

}  // namespace

void Front::collect(app::FetchClient& client, const std::vector<Loop*>& loops, Results& results) {
  net::Descriptor copy(net::checked(::fcntl(client.signals.descriptor(), F_DUPFD_CLOEXEC, 0),
                                    "cannot watch for signals"));
  Stream signals(context_, copy.get());
  (void)copy.release();
  // Waits first: the other may find all results there, and end without having waited once.
  asio::co_spawn(context_, watch_signals(signals, results), rethrow);
  asio::co_spawn(context_, take_results(client, results, signals), rethrow);
  try {
    for (Loop* loop : loops) {
      loop->run([this, loop] { asio::post(context_, [loop] { loop->check(); }); });
    }
    context_.run();
  } catch (...) {
    for (Loop* loop : loops) loop->halt();
    throw;
  }
  for (Loop* loop : loops) loop->halt();
}

}  // namespace trivium::async
