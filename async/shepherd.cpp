// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shepherd.hpp"

#include <fcntl.h>

#include "shared/net/descriptor.hpp"
#include "shared/net/listener.hpp"

namespace trivium::async {
namespace {

using Flock = std::vector<Loop*>;

net::Totals count(const Flock& loops) {
  net::Totals totals;
  for (const Loop* loop : loops) loop->add_to(totals);
  return totals;
}

// Obeys signals until it is cancelled. The references are the shepherd's own.
Task<> obey(app::EchoServer& server, const Flock& loops, const std::function<void()>& stop,
            Stream& signals, Timer& drain_timer) {
  for (;;) {
    const auto [ended] = co_await signals.async_wait(Stream::wait_read, as_result);
    if (ended) co_return;
    while (const auto command = server.signals.take()) {
      switch (*command) {
        case app::Command::report:
          server.report(count(loops));
          break;
        case app::Command::drain:
          net::shut_listener(server.listener.get());
          server.listener.close();  // the loops accept from copies, and close them as they see this
          stop();
          drain_timer.expires_after(server.options.drain_timeout);
          drain_timer.async_wait([&](boost::system::error_code cancelled) {
            if (cancelled) return;
            for (Loop* loop : loops) loop->expire();
            drain_timer.expires_after(app::give_up_after);
            drain_timer.async_wait([&](boost::system::error_code all_ended) {
              if (all_ended) return;
              for (Loop* loop : loops) loop->abandon();
              server.exit_drained(count(loops));
            });
          });
          break;
        case app::Command::kill:
          for (Loop* loop : loops) loop->abandon();
          server.exit_killed(count(loops));
        case app::Command::child_ended:
          break;
      }
    }
  }
}

}  // namespace

ServeOptions serve_options(const app::EchoServer& server, Offload& offload) {
  return {.limits = server.limits(),
          .line_timeout = server.options.line_timeout,
          .offload = offload.offers() ? &offload : nullptr};
}

net::Totals shepherd(app::EchoServer& server, const Flock& loops,
                     const std::function<void()>& stop) {
  asio::io_context context(1);
  net::Descriptor copy(net::checked(::fcntl(server.signals.descriptor(), F_DUPFD_CLOEXEC, 0),
                                    "cannot watch for signals"));
  Stream signals(context.get_executor(), copy.get());
  (void)copy.release();
  Timer drain_timer(context.get_executor());
  asio::co_spawn(context, obey(server, loops, stop, signals, drain_timer), rethrow);
  std::size_t running = 0;
  const auto thread_ended = [&](Loop& loop) {
    loop.check();
    if (loop.running() == 0) loop.halt();
    if (--running > 0) return;
    signals.cancel();
    drain_timer.cancel();
  };
  try {
    for (Loop* loop : loops) {
      running += loop->run(
          [&, loop] { asio::post(context, [&thread_ended, loop] { thread_ended(*loop); }); });
    }
    server.announce();
    context.run();
  } catch (...) {
    for (Loop* loop : loops) loop->halt();
    throw;
  }
  return count(loops);
}

}  // namespace trivium::async
