// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/options.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <random>
#include <utility>

#include "shared/app/command_line.hpp"
#include "shared/protocol/quantity.hpp"

namespace trivium::load {
namespace {

constexpr double highest_rate = 10'000'000;
constexpr std::int64_t most_buckets = 10'000;

constexpr const char* explanation =
    "Modes:\n"
    "  churn       connect, ask once, read to the end of stream: a short connection\n"
    "  lines       send a line, wait for its echo, on connections that stay open (http: a GET);\n"
    "              --depth lines are in flight on each\n"
    "  first-byte  connect, and wait for the first byte: the server speaks first\n"
    "  idle        open all connections, hold them silently for the duration, and ask each "
    "whether\n"
    "              it is alive\n\n"
    "Loops:\n"
    "  Closed (--rate 0): every connection always has --depth operations under way. It measures\n"
    "  capacity. An operation counts in the phase in which it ends.\n"
    "  Open (--rate R): operations have a planned start, whatever the server does; latency counts\n"
    "  from there, and so does the phase. What found no free connection within --timeout is\n"
    "  counted as unsent; from when it is put, --timeout counts again. planned = sent + unsent, "
    "and\n"
    "  sent = ok + refused + reset + timed_out + wrong + drained.\n\n"
    "Output:\n"
    "  `measuring` and `measured` on lines of their own, flushed, around the measured phase (not\n"
    "  with --json -); then a table, or JSON with --json.\n\n"
    "Exit code: 0 every operation was ok (or met a server that drains), 1 some failed, or the run\n"
    "  does not fit this machine's limits, 2 wrong usage, 3 nothing could connect at all.\n\n"
    "Examples:\n"
    "  load --target 127.0.0.1:8080\n"
    "  load --target 127.0.0.1:8080 --mode lines --connections 1000 --duration 10s\n"
    "  load --target 127.0.0.1:8080 --mode lines --rate 5000 --arrivals poisson --timeline 100ms "
    "\\\n"
    "    --json result.json\n"
    "  load --target 127.0.0.1:8080 --mode lines --line-bytes 32KiB --depth 16 --threads 2\n"
    "  load --target 127.0.0.1:8080 --mode lines --rare-line '@work 10ms' --rare-every 100\n"
    "  load --target 127.0.0.1:8080 --mode idle --connections 10000\n"
    "  load --target '[::1]:80' --dialect http --path /index.html";

/// A rule that takes more than one flag to break.
struct Rule {
  bool broken;
  const char* what;
};

bool given(const CLI::App& app, const char* flag) {
  return app.count(flag) > 0;
}

std::optional<int> check(const CLI::App& app, const Options& options) {
  const bool http = options.dialect == Dialect::http;
  const bool trivium = options.dialect == Dialect::trivium;
  const bool lines = options.mode == Mode::lines;
  const bool idle = options.mode == Mode::idle;
  const bool first_byte = options.mode == Mode::first_byte;
  const Rule rules[] = {
      {first_byte && !trivium,
       "--mode first-byte: the server speaks first in --dialect trivium alone"},
      {options.depth > 1 && !lines, "--depth: more than 1 only with --mode lines"},
      {options.open_loop() && idle, "--rate: not with --mode idle, which sends nothing"},
      {given(app, "--arrivals") && !options.open_loop(), "--arrivals: needs a --rate above 0"},
      {given(app, "--seed") && options.arrivals != Arrivals::poisson,
       "--seed: needs --arrivals poisson"},
      {options.threads > options.connections, "--threads: at most as many as --connections"},
      {options.timeline.count() > 0 && idle, "--timeline: not with --mode idle"},
      {options.timeline.count() > 0 && options.duration / options.timeline > most_buckets,
       "--timeline: more than 10000 buckets in the duration; take longer ones"},
      {given(app, "--path") && !http, "--path: needs --dialect http"},
      {!options.path.starts_with('/'), "--path: must begin with /"},
      {options.path.find_first_of(" \r\n") != options.path.npos, "--path: no blanks"},
      {given(app, "--line-bytes") && (http || first_byte),
       "--line-bytes: no line is sent in this mode and dialect"},
      {given(app, "--line") && (http || first_byte),
       "--line: no line is sent in this mode and dialect"},
      {given(app, "--line") && given(app, "--line-bytes"), "--line: not with --line-bytes"},
      {given(app, "--line") && options.line.empty(),
       "--line: an empty line would end the exchange"},
      {options.line.find_first_of("\r\n") != options.line.npos, "--line: must be one line"},
      {!options.rare_line.empty() && (!lines || http),
       "--rare-line: needs --mode lines, and lines in the dialect"},
      {options.rare_line.find_first_of("\r\n") != options.rare_line.npos,
       "--rare-line: must be one line"},
      {given(app, "--rare-line") && options.rare_line.empty(),
       "--rare-line: an empty line would end the exchange"},
      {given(app, "--rare-every") && options.rare_line.empty(), "--rare-every: needs --rare-line"},
  };
  for (const Rule& rule : rules) {
    if (!rule.broken) continue;
    std::fprintf(stderr, "load: %s (see --help)\n", rule.what);
    return app::exit_usage;
  }
  return std::nullopt;
}

void add_target(CLI::App& app, Options& options) {
  app::add_value(app, "--target", "HOST:PORT", shown(options.target),
                 "HOST:PORT (as in 127.0.0.1:8080, [::1]:8080)", "The server",
                 [&](const std::string& text) {
                   const auto parsed = net::parse_host_port(text);
                   if (!parsed || parsed->port == "0") return false;
                   options.target = *parsed;
                   return true;
                 });
}

void add_rate(CLI::App& app, Options& options) {
  app::add_value(app, "--rate", "R", "0",
                 "a number of operations a second from 0 (closed loop) to 10000000",
                 "Operations a second; 0: a closed loop", [&](const std::string& text) {
                   double value = 0;
                   const char* const end = text.data() + text.size();
                   const auto [rest, error] =
                       std::from_chars(text.data(), end, value, std::chars_format::fixed);
                   if (error != std::errc{} || rest != end) return false;
                   if (!(value >= 0) || value > highest_rate) return false;
                   options.rate = value;
                   return true;
                 });
}

/// Adds `--name D`: a duration that may be 0.
void add_pause(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
               const std::string& shown_default, const std::string& description) {
  app::add_value(app, name, "D", shown_default, "a duration in us, ms, s or m (as in 500ms, 0s)",
                 description, [&value](const std::string& text) {
                   const auto parsed = protocol::parse_duration(text);
                   if (parsed) value = *parsed;
                   return parsed.has_value();
                 });
}

void add_seed(CLI::App& app, Options& options) {
  app::add_value(app, "--seed", "N", "drawn", "a whole number",
                 "Of the arrivals; it is in the results", [&](const std::string& text) {
                   const char* const end = text.data() + text.size();
                   const auto [rest, error] = std::from_chars(text.data(), end, options.seed);
                   return error == std::errc{} && rest == end;
                 });
}

template <typename Choice>
Choice chosen(const std::string& name, std::initializer_list<Choice> choices) {
  for (const Choice choice : choices) {
    if (name == name_of(choice)) return choice;
  }
  return *choices.begin();
}

}  // namespace

const char* name_of(Mode mode) noexcept {
  switch (mode) {
    case Mode::churn:
      return "churn";
    case Mode::lines:
      return "lines";
    case Mode::first_byte:
      return "first-byte";
    case Mode::idle:
      return "idle";
  }
  return "?";
}

const char* name_of(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::trivium:
      return "trivium";
    case Dialect::echo:
      return "echo";
    case Dialect::http:
      return "http";
  }
  return "?";
}

const char* name_of(Arrivals arrivals) noexcept {
  return arrivals == Arrivals::constant ? "constant" : "poisson";
}

std::string shown(const net::HostPort& target) {
  const bool ipv6 = target.host.find(':') != target.host.npos;
  return (ipv6 ? "[" + target.host + "]" : target.host) + ":" + target.port;
}

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app("Measures a line-echo or web server, and checks every byte that comes back.",
               "load");
  add_target(app, options);
  std::string mode = name_of(options.mode);
  std::string dialect = name_of(options.dialect);
  std::string arrivals = name_of(options.arrivals);
  app::add_choice(app, "--mode", mode, {"churn", "lines", "first-byte", "idle"},
                  "What an operation is");
  app::add_choice(app, "--dialect", dialect, {"trivium", "echo", "http"},
                  "What the server speaks: ours, line echo without head and end, GET");
  app::add_count(app, "--connections", options.connections, 1, 1'000'000, "Connections at once");
  app::add_count(app, "--depth", options.depth, 1, 65'536, "Lines in flight on each");
  app::add_count(app, "--threads", options.threads, 1, 256, "Threads that share the connections");
  add_rate(app, options);
  app::add_choice(app, "--arrivals", arrivals, {"constant", "poisson"},
                  "Distances between planned starts");
  add_seed(app, options);
  app::add_duration(app, "--duration", options.duration, "How long to measure");
  add_pause(app, "--warmup", options.warmup, "1s", "How long to run before that, to settle");
  app::add_duration(app, "--timeout", options.timeout, "An operation that takes longer has failed");
  app::add_duration(app, "--late-after", options.late_after,
                    "An answer that takes longer is counted as late, too");
  app::add_size(app, "--line-bytes", options.line_bytes, "Content of a line");
  app.add_option("--line", options.line, "Send this line, instead of a pattern")->type_name("TEXT");
  app.add_option("--rare-line", options.rare_line,
                 "Send this line now and then; its latency is told apart")
      ->type_name("TEXT");
  app::add_count(app, "--rare-every", options.rare_every, 2, 1'000'000, "One line in so many");
  app.add_option("--path", options.path, "What to GET")->type_name("PATH")->capture_default_str();
  app::add_duration(app, "--timeline", options.timeline,
                    "Tell outcomes and latency in the results for each stretch of this length")
      ->default_str("none");
  app.add_option("--json", options.json, "Write the results here as JSON; -: standard output")
      ->type_name("FILE");
  app::add_choice(app, "--progress", options.progress, {"auto", "always", "never"},
                  "A live line on standard error; auto: where that is a terminal");
  app.footer(explanation);
  if (const auto code = app::parse(app, argc, argv)) return code;
  options.mode = chosen(mode, {Mode::churn, Mode::lines, Mode::first_byte, Mode::idle});
  options.dialect = chosen(dialect, {Dialect::trivium, Dialect::echo, Dialect::http});
  options.arrivals = chosen(arrivals, {Arrivals::constant, Arrivals::poisson});
  // Every machine that reads the results can tell 53 bits.
  if (!given(app, "--seed")) options.seed = std::random_device{}();
  return check(app, options);
}

}  // namespace trivium::load
