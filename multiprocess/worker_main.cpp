// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The program that multiprocess/handoff starts for each of its workers: it gives a credit, gets a
// connection, says that it begins, and serves it.

#include <exception>
#include <string>

#include "board.hpp"
#include "channel.hpp"
#include "descriptor_passing.hpp"
#include "echo_worker.hpp"
#include "lifespan.hpp"
#include "shared/app/command_line.hpp"
#include "shared/app/echo_options.hpp"
#include "shared/app/say.hpp"
#include "shared/net/blocking_connection.hpp"
#include "split_connection.hpp"

namespace trivium::multiprocess {
namespace {

struct WorkerOptions {
  std::size_t parent = 0;
  std::size_t unit = 0;
  std::string connection = "loop";
  std::size_t max_line = 64 * 1024;
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(60);
  std::chrono::nanoseconds line_timeout{};
  Lifespan::Limits lifespan;
  bool hazards = false;
};

std::optional<int> parse_worker_options(int argc, char** argv, WorkerOptions& options) {
  CLI::App app("Serves connections for echo --strategy handoff, which starts it.", worker_program);
  app::add_count(app, "--parent", options.parent, 1, 4194304, "The pid of the echo that started it")
      ->required();
  app::add_count(app, "--unit", options.unit, 0, 32767, "Its slot of counters")->required();
  app::add_choice(app, "--connection", options.connection, {"loop", "split"},
                  "Whether it forks a process that writes for it");
  app::add_size(app, "--max-line", options.max_line, "Content that a line may have");
  app::add_duration(app, "--idle-timeout", options.idle_timeout,
                    "A connection without progress is closed");
  app::add_limit(app, "--line-timeout", options.line_timeout,
                 "A line that takes longer is dropped");
  app::add_count(app, "--max-requests", options.lifespan.max_requests, 0, app::most_requests,
                 "It ends after so many connections; 0: no limit");
  app::add_limit(app, "--max-memory", options.lifespan.max_memory,
                 "It dies of more, and ends after a connection with half of it");
  app.add_flag("--hazards", options.hazards, "Lines that begin with @ act");
  return app::parse(app, argc, argv);
}

void work(int connections, ChannelSender& reports, std::uint32_t unit, Service& service,
          Lifespan& lifespan) {
  const Report credit{.unit = unit, .kind = Report::Kind::credit};
  const Report begun{.unit = unit, .kind = Report::Kind::begun};
  do {
    if (reports.send(credit.bytes()) != ChannelStatus::ok) return;
    net::Descriptor connection = receive_descriptor(connections);
    if (!connection || reports.send(begun.bytes()) != ChannelStatus::ok) return;
    service.serve(std::move(connection));
  } while (lifespan.goes_on());
}

}  // namespace
}  // namespace trivium::multiprocess

int main(int argc, char** argv) {
  using namespace trivium;
  using namespace trivium::multiprocess;
  app::say_at_terminate(worker_program);
  WorkerOptions options;
  if (const auto code = parse_worker_options(argc, argv, options)) return *code;
  try {
    become_worker(static_cast<pid_t>(options.parent));
    close_all_from(worker_end);
    const net::Descriptor connections(worker_connections);
    const Board board(net::Descriptor{worker_board});
    ChannelSender reports(worker_reports, options.unit);
    const net::ServeOptions serving{
        .limits = {.max_line = options.max_line, .hazards = options.hazards},
        .idle_timeout = options.idle_timeout,
        .line_timeout = options.line_timeout,
        .expired = board.expired(),
        .split = options.connection == "split"};
    Lifespan lifespan(options.lifespan);
    Service service(serving, board.slot(options.unit));
    work(connections.get(), reports, static_cast<std::uint32_t>(options.unit), service, lifespan);
    return 0;
  } catch (const std::exception& error) {
    app::say(std::string(worker_program) + ": " + error.what());
    return app::exit_refused;
  }
}
