// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/options.hpp"

#include "shared/app/command_line.hpp"
#include "shared/protocol/quantity.hpp"

namespace trivium::load {
namespace {

constexpr const char* explanation =
    "What counts:\n"
    "  An operation counts where it ends: before the warm-up is over it is reported apart, and\n"
    "  those still under way when the duration is over are reported as in_flight, not as failed.\n"
    "  churn: connect, send one line and the empty line, read the head and the echo to the end.\n"
    "  lines: send a line, wait for its echo, on connections that stay open.\n"
    "  A connection that failed is opened again after 10 ms, all together 2,000 a second at "
    "most.\n\n"
    "Output:\n"
    "  `measuring` and `measured` on lines of their own, flushed, around the measured phase (not\n"
    "  with --json -); then a table, or JSON with --json.\n\n"
    "Exit code: 0 every operation was ok (or met a server that drains), 1 some failed,\n"
    "  2 wrong usage, 3 nothing could connect at all.\n\n"
    "Examples:\n"
    "  load --target 127.0.0.1:8080\n"
    "  load --target 127.0.0.1:8080 --mode lines --connections 1000 --duration 10s\n"
    "  load --target '[::1]:8080' --mode lines --line-bytes 32KiB --json result.json";

}  // namespace

const char* name_of(Mode mode) noexcept {
  return mode == Mode::churn ? "churn" : "lines";
}

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app(
      "Measures a line-echo server: keeps connections busy in a closed loop, checks every byte.",
      "load");
  app.add_option_function<std::string>(
         "--target",
         [&](const std::string& text) {
           const auto parsed = net::parse_host_port(text);
           if (!parsed || parsed->port == "0") {
             throw CLI::ValidationError(
                 "--target", "'" + text + "' is not HOST:PORT (as in 127.0.0.1:8080, [::1]:8080)");
           }
           options.target = *parsed;
         },
         "The server")
      ->type_name("HOST:PORT")
      ->default_str(options.target.host + ":" + options.target.port);
  std::string mode = name_of(options.mode);
  app::add_choice(app, "--mode", mode, {"churn", "lines"}, "What an operation is");
  app::add_count(app, "--connections", options.connections, 1, 1'000'000, "Connections at once");
  app::add_duration(app, "--duration", options.duration, "How long to measure");
  app.add_option_function<std::string>(
         "--warmup",
         [&](const std::string& text) {
           const auto parsed = protocol::parse_duration(text);
           if (!parsed) {
             throw CLI::ValidationError(
                 "--warmup",
                 "'" + text + "' is not a duration in us, ms, s or m (as in 500ms, 0s)");
           }
           options.warmup = *parsed;
         },
         "How long to run before that, to settle")
      ->type_name("D")
      ->default_str("1s");
  app::add_size(app, "--line-bytes", options.line_bytes, "Content of a line");
  app::add_duration(app, "--timeout", options.timeout, "An operation that takes longer has failed");
  app.add_option("--json", options.json, "Write the results here as JSON; -: standard output")
      ->type_name("FILE");
  app.footer(explanation);
  if (const auto code = app::parse(app, argc, argv)) return code;
  options.mode = mode == "churn" ? Mode::churn : Mode::lines;
  return std::nullopt;
}

}  // namespace trivium::load
