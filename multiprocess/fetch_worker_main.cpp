// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The program that fetch --strategy handoff starts for each of its workers: it gets a URL, fetches
// it, sends the result, and gets the next.

#include <exception>

#include "fetch_message.hpp"
#include "fetch_resolver.hpp"
#include "fetch_worker.hpp"
#include "shared/app/command_line.hpp"
#include "shared/app/say.hpp"
#include "shared/net/blocking_fetch.hpp"

namespace trivium::multiprocess {
namespace {

struct WorkerOptions {
  std::size_t parent = 0;
  std::size_t unit = 0;
  net::FetchLimits limits;
};

std::optional<int> parse_worker_options(int argc, char** argv, WorkerOptions& options) {
  CLI::App app("Fetches URLs for fetch --strategy handoff, which starts it.", fetch_worker_program);
  app::add_count(app, "--parent", options.parent, 1, 4194304,
                 "The pid of the fetch that started it")
      ->required();
  app::add_count(app, "--unit", options.unit, 0, 32767, "Its number")->required();
  app::add_duration(app, "--timeout", options.limits.timeout, "What one URL may take");
  app::add_duration(app, "--connect-timeout", options.limits.connect_timeout,
                    "What resolving and connecting may take");
  app::add_size(app, "--max-body", options.limits.max_body, "What a body may have");
  return app::parse(app, argc, argv);
}

void work_off(ChannelReceiver& work, ChannelSender& results, const WorkerOptions& options) {
  std::string message;
  while (work.receive(message) == ChannelStatus::ok) {
    const Work next = Work::from(message);
    const app::Finished finished{next.index,
                                 net::blocking_fetch(next.url, options.limits, resolve)};
    if (!send_result(results, options.unit, finished)) return;
  }
}

}  // namespace
}  // namespace trivium::multiprocess

int main(int argc, char** argv) {
  using namespace trivium;
  using namespace trivium::multiprocess;
  app::say_at_terminate(fetch_worker_program);
  WorkerOptions options;
  if (const auto code = parse_worker_options(argc, argv, options)) return *code;
  try {
    become_worker(static_cast<pid_t>(options.parent));
    close_all_from(worker_end);
    ChannelReceiver work(worker_work);
    ChannelSender results(worker_results, options.unit);
    work_off(work, results, options);
    return 0;
  } catch (const std::exception& error) {
    app::say(std::string(fetch_worker_program) + ": " + error.what());
    return app::exit_refused;
  }
}
