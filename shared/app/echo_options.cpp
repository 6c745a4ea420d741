// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/echo_options.hpp"

#include <sched.h>

#include <algorithm>

#include "shared/app/command_line.hpp"

namespace trivium::app {

namespace {

// Wrong usage: a flag whose value asks for what the model, or its strategy, does not have.
void refuse_unless(bool has_it, const std::string& flag, const std::string& value,
                   const std::string& legal, const std::string& reason) {
  if (has_it) return;
  throw CLI::ValidationError(flag, "'" + value + "' is not " + legal + ": " + reason);
}

void refuse_what_has_no_meaning(UnitKind unit, const std::vector<StrategyName>& strategies,
                                const EchoOptions& options) {
  const std::string& name = options.strategy;
  for (const auto& strategy : strategies) {
    refuse_unless(strategy.name != name || strategy.splits || !options.split(), "--connection",
                  "split", "loop", "that is all that --strategy " + name + " has");
  }
  refuse_unless(
      unit == UnitKind::task || options.offload == 0, "--offload", std::to_string(options.offload),
      "0", "there are no loops here; each connection has a unit of its own, and holds up no other");

  const bool supervised = unit == UnitKind::process && name != "per-connection";
  const std::string why = unit == UnitKind::process
                              ? "a process serves one connection here, and ends"
                              : "only a process gives memory back, and can be replaced";
  refuse_unless(supervised || options.max_requests == 0, "--max-requests",
                std::to_string(options.max_requests), "0", why);
  refuse_unless(supervised || options.max_restarts == 0, "--max-restarts",
                std::to_string(options.max_restarts), "0", why);
  refuse_unless(supervised || options.restart_backoff == usual_restart_backoff, "--restart-backoff",
                shown(options.restart_backoff), shown(usual_restart_backoff), why);
  refuse_unless(unit == UnitKind::process || options.max_memory == 0, "--max-memory",
                shown(options.max_memory), "0",
                "units share one memory here, and none has a part of its own");

  if (!options.refuses()) return;
  const bool accepts_when_full =
      name == "per-connection" ||
      (unit == UnitKind::task ? name != "sequential" : name == "handoff");
  refuse_unless(accepts_when_full, "--at-limit", "refuse", "wait",
                "with --strategy " + name + " nobody is left to refuse when all units are busy");
  const bool is_pool = unit != UnitKind::task && name == "handoff";
  refuse_unless(is_pool || options.max_connections > 0, "--at-limit", "refuse", "wait",
                "there is no limit without --max-connections");
}

void add_defences(CLI::App& app, EchoOptions& options) {
  add_limit(app, "--line-timeout", options.line_timeout,
            "A line that takes longer in all, from when the server waits for its rest, ends its "
            "connection; 0s: no limit");
  add_choice(
      app, "--at-limit", options.at_limit, {"wait", "refuse"},
      "Who comes when --max-connections are open, all of a pool's blocking units are busy, or "
      "descriptors are short, waits in the kernel's queue, or is refused by a reset");
  add_count(app, "--max-queue", options.max_queue, 0, 65535,
            "Overload: who is accepted while more than so many wait in the kernel's queue is "
            "refused by a reset; 0: nobody");
  add_count(app, "--max-requests", options.max_requests, 0, most_requests,
            "Worker processes: each is replaced after so many connections, and gives back what it "
            "leaked; 0: no limit");
  add_limit(app, "--max-memory", options.max_memory,
            "Processes: one that needs more dies of it; a worker that holds half of it is replaced "
            "after its connection; 0: no limit");
  add_count(app, "--max-restarts", options.max_restarts, 0, 1'000'000,
            "Worker processes: the server gives up, with exit code 1, when more than so many died "
            "within 10 s; 0: never");
  add_limit(app, "--restart-backoff", options.restart_backoff,
            "Worker processes: who replaces one that died within a second, after another such "
            "death, waits that long, then twice as long each time, up to 2 s; 0s: not at all",
            "no waiting");
  add_count(app, "--offload", options.offload, 0, 1024,
            "Event loops: threads beside them, for lines that compute or block; 0: none");
}

}  // namespace

std::size_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) < 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

std::optional<int> parse_echo_options(int argc, char** argv, UnitKind unit,
                                      const std::vector<StrategyName>& strategies,
                                      EchoOptions& options, Defences defences) {
  const std::size_t cpus = usable_cpus();
  options.workers =
      unit == UnitKind::task ? std::max<std::size_t>(2, cpus) : std::max<std::size_t>(32, 4 * cpus);
  CLI::App app("Serves the line-echo protocol: an HTTP/1.0 head, then every line sent back.",
               "echo");
  add_value(app, "--listen", "HOST:PORT", "127.0.0.1:8080",
            "HOST:PORT (as in 127.0.0.1:8080, [::1]:0)", "Where to listen; port 0 picks a free one",
            [&](const std::string& text) {
              const auto parsed = net::parse_host_port(text);
              if (parsed) options.listen = *parsed;
              return parsed.has_value();
            });
  std::vector<std::string> names;
  for (const auto& strategy : strategies) names.push_back(strategy.name);
  add_choice(app, "--strategy", options.strategy, names, "How a connection reaches its unit");
  add_choice(app, "--connection", options.connection, {"loop", "split"},
             "One unit reads, then writes; or one unit reads, and sends to one that writes");
  add_count(app, "--workers", options.workers, 1, 32768, "Units in a fixed pool");
  add_count(app, "--backlog", options.backlog, 1, 65535, "Connections that the kernel queues");
  add_count(app, "--max-connections", options.max_connections, 0, 1'000'000,
            "Connections accepted and not yet closed; 0: no limit");
  add_size(app, "--max-line", options.max_line, "Content that a line may have");
  add_duration(app, "--idle-timeout", options.idle_timeout,
               "A connection without progress is closed");
  add_duration(app, "--drain-timeout", options.drain_timeout,
               "After SIGTERM, what is left is closed");
  app.add_option("--stats", options.stats, "Write the counters here at exit, as JSON")
      ->type_name("FILE");
  app.add_flag("--hazards", options.hazards,
               "Lines that begin with @ act before they are answered (below)")
      ->disable_flag_override();
  if (defences == Defences::built) add_defences(app, options);
  app.footer(
      "When ready, the first line on standard output is: listening on HOST:PORT\n"
      "SIGTERM or SIGINT drains, a second one kills, SIGUSR1 prints the counters.\n\n"
      "Examples:\n"
      "  echo --listen 127.0.0.1:8080\n"
      "  echo --listen '[::1]:0' --strategy per-connection --idle-timeout 10s\n"
      "  echo --strategy handoff --workers 64 --stats counters.json\n"
      "  echo --strategy shared-accept --connection split\n\n"
      "With --hazards, and never without, what a line asks for happens where that line is served:\n"
      "  @sleep 10ms   waits in the model's own way: a task suspends, a thread or process blocks\n"
      "  @block 10ms   blocks the calling thread: in a coroutine, and its loop with it\n"
      "  @work 10ms    computes until that thread has used so much CPU time\n"
      "  @hang         computes for ever\n"
      "  @crash        dies by SIGSEGV; @abort dies by SIGABRT\n"
      "  @leak 1MiB    allocates memory, touches it and loses it\n"
      "  @pid          is answered by pid=N tid=N\n"
      "Any other line is echoed as it is.");
  app.callback([&] { refuse_what_has_no_meaning(unit, strategies, options); });
  return parse(app, argc, argv);
}

}  // namespace trivium::app
