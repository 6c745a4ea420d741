// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>

#include "tests/conformance/child.hpp"
#include "tests/conformance/escape.hpp"

namespace trivium::conformance {
namespace {

const char* const footer =
    "Examples:\n"
    "  conformance --spawn './my-server --port {port}' --junit report.xml\n"
    "  conformance --target 127.0.0.1:9000 --capacity 8 --only 'echo.line.*'\n"
    "  conformance --fetch 'curl -sS --fail {url}' --skip 'fetch.text.*'\n"
    "  conformance --name A --spawn 'a {port}' --name B --spawn 'b {port}' --matrix both.md\n\n"
    "--name, --dialect, --contract and --capacity belong to the targets after them; one of the "
    "last three\nthat follows all targets belongs to all that have none of its kind before them. "
    "Exit 0: every MUST\npasses; 1: one does not, or could not be judged; 2: wrong usage, or no "
    "case was chosen for a\ntarget; 3: a target can't be reached, or the harness failed.";

// As the words come in.
struct Words {
  std::vector<std::string> targets, spawns, fetches, names, dialects, capacities, only, skip;
  std::string filter, known, timeout, judge, reached;
  bool contract = false, quick = false;
};

void define(CLI::App& app, Words& words, Options& options) {
  const auto each = [&app](const char* name, std::vector<std::string>& values, const char* help) {
    return app.add_option(name, values, help)->take_all()->allow_extra_args(false);
  };
  each("--target", words.targets, "HOST:PORT of a server that runs already");
  each("--spawn", words.spawns, "a server's command, with {port}; no shell runs it");
  each("--fetch", words.fetches, "a fetch client's command, with {url}; no shell runs it");
  each("--name", words.names, "what the reports call the next target");
  each("--dialect", words.dialects,
       "what the server speaks: `trivium`, or `echo` for plain line echo without head and end");
  app.add_flag("--contract", words.contract,
               "the command understands Trivium's flags: judge the command-line contract too");
  each("--capacity", words.capacities,
       "connections served at once: a number (0: no limit), or `workers` for a pool that serves as "
       "many as it has --workers");
  each("--only", words.only, "only the cases whose id matches the glob");
  each("--skip", words.skip, "no case whose id matches the glob");
  app.add_option("--gtest_filter", words.filter, "globs as for --only, with : between them");
  app.add_flag("--list", options.list, "say which cases there are, and run none");
  app.add_flag("--quick", words.quick, "skip the cases that wait for long timeouts");
  app.add_flag("--strict", options.strict,
               "a SHOULD that does not hold, and a known failure that passes, count too");
  app.add_option("--timeout", words.timeout,
                 "how long a step may take that is due at once (5s; with --contract 20s)");
  app.add_option("--known-failures", words.known, "a file of ids that do not count, one a line");
  app.add_option("--jobs", options.jobs, "cases judged at once")->check(CLI::Range(1, 64));
  app.add_flag("--brief", options.brief, "no line for a case that passes or is skipped");
  app.add_option("--json", options.json, "write the results to a file, as JSON");
  app.add_option("--junit", options.junit, "the same as JUnit XML");
  each("--matrix", options.matrices, "the same as a table of cases by targets: FILE.md, FILE.html");
  app.add_option("--judge", words.judge)->group("");
  app.add_option("--reached", words.reached)->group("");
  app.set_version_flag("--version", "conformance " TRIVIUM_VERSION);
  app.footer(footer);
}

milliseconds parse_duration(const std::string& text) {
  static const std::map<std::string, double> units{
      {"us", 0.001}, {"ms", 1}, {"s", 1000}, {"m", 60'000}};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto unit = units.find(end);
  const double ms = error == std::errc{} && unit != units.end() ? value * unit->second : 0;
  if (!(ms >= 1 && ms <= 3'600'000)) {  // not a number is neither
    throw std::invalid_argument("--timeout: a duration from 1ms, in us, ms, s or m, not " + text);
  }
  return milliseconds{static_cast<long>(ms)};
}

Dialect parse_dialect(const std::string& text) {
  if (text == "trivium") return Dialect::trivium;
  if (text == "echo") return Dialect::echo;
  throw std::invalid_argument("--dialect: trivium or echo, not " + text);
}

Config target_config(const std::string& address) {
  Config config;
  config.mode = Mode::target;
  config.target = parse_endpoint(address);
  return config;
}

Config command_config(Mode mode, const std::string& command) {
  const bool is_spawn = mode == Mode::spawn;
  const char* const place = is_spawn ? "{port}" : "{url}";
  if (command.find(place) == std::string::npos) {
    throw std::invalid_argument(std::string{is_spawn ? "--spawn" : "--fetch"} +
                                ": the command must contain " + place);
  }
  if (split_command(command).empty()) throw std::invalid_argument("an empty command");
  Config config;
  config.mode = mode;
  (is_spawn ? config.spawn_command : config.fetch_command) = command;
  return config;
}

// Whether the command is one of ours, which is known by its name and by what it says of itself.
bool is_ours(const Config& config) {
  const bool is_spawn = config.mode == Mode::spawn;
  if (config.mode == Mode::target) return false;
  const auto words = split_command(is_spawn ? config.spawn_command : config.fetch_command);
  if (std::filesystem::path(words[0]).filename() != (is_spawn ? "echo" : "fetch")) return false;
  try {
    return run({words[0], "--version"}, {}, Deadline{milliseconds{5000}})
        .out.starts_with("trivium ");
  } catch (const std::system_error&) {
    return false;
  }
}

// How many connections one of ours holds, which is known by its folder and its strategy.
std::string own_capacity(const Config& config) {
  const auto words = split_command(config.spawn_command);
  const auto strategy = flag_value(words, "--strategy");
  if (strategy == "sequential") return "1";
  const auto model = std::filesystem::weakly_canonical(words[0]).parent_path().filename();
  return strategy != "per-connection" && model != "async" ? "workers" : "0";
}

void set_capacity(TargetOptions& target) {
  auto& config = target.config;
  if (target.capacity == "workers") {
    if (!config.contract) throw std::invalid_argument("--capacity workers needs --contract");
    config.capacity_is_workers = true;
    config.capacity = pool_workers;
    return;
  }
  const auto& text = target.capacity;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), config.capacity);
  if (error != std::errc{} || end != text.data() + text.size() || config.capacity < 0) {
    throw std::invalid_argument("--capacity: a number from 0, or `workers`, not " + text);
  }
}

// `asks`: whether the program is ours is asked of it; a judge has been told.
void complete(TargetOptions& target, bool asks) {
  auto& config = target.config;
  const bool is_known = asks && !target.contract_is_given && is_ours(config);
  config.contract = target.contract_is_given || is_known;
  if (config.contract && config.mode == Mode::target) {
    throw std::invalid_argument("--contract needs --spawn or --fetch");
  }
  if (target.capacity.empty()) {
    target.capacity = is_known && config.mode == Mode::spawn ? own_capacity(config) : "0";
  }
  set_capacity(target);
}

// The flags that belong to targets, as far as they were given.
struct TargetFlags {
  std::optional<std::string> capacity{};
  std::optional<Dialect> dialect{};
  bool contract = false;
};

void apply(const TargetFlags& own, const TargetFlags& trailing, TargetOptions& target) {
  target.capacity = own.capacity ? *own.capacity : trailing.capacity.value_or("");
  if (target.config.mode != Mode::fetch) {  // it is what a server speaks
    target.config.dialect =
        own.dialect ? *own.dialect : trailing.dialect.value_or(Dialect::trivium);
  }
  target.contract_is_given = own.contract || trailing.contract;
}

// The targets in the order in which they stood, each with the flags before it; what follows all of
// them is for those that have none of their own.
std::vector<TargetOptions> in_order(const CLI::App& app, const Words& words) {
  std::map<std::string, std::size_t> seen;
  std::vector<TargetOptions> targets;
  std::vector<TargetFlags> flags_of;
  std::string name;
  TargetFlags flags;     // all until here: the next target's own
  TargetFlags trailing;  // those after the last target
  for (const auto* option : app.parse_order()) {
    const auto what = option->get_name();
    const auto at = seen[what]++;
    std::optional<Config> config;
    if (what == "--target") config = target_config(words.targets[at]);
    if (what == "--spawn") config = command_config(Mode::spawn, words.spawns[at]);
    if (what == "--fetch") config = command_config(Mode::fetch, words.fetches[at]);
    if (what == "--name") name = words.names[at];
    if (what == "--capacity") flags.capacity = trailing.capacity = words.capacities[at];
    if (what == "--dialect") flags.dialect = trailing.dialect = parse_dialect(words.dialects[at]);
    if (what == "--contract") flags.contract = trailing.contract = true;
    if (!config) continue;
    targets.push_back({.name = std::exchange(name, {}), .config = *config});
    flags_of.push_back(flags);
    trailing = {};
  }
  for (std::size_t i = 0; i < targets.size(); ++i) apply(flags_of[i], trailing, targets[i]);
  return targets;
}

void name_targets(std::vector<TargetOptions>& targets) {
  std::map<std::string, int> times;
  for (auto& target : targets) {
    if (target.name.empty()) target.name = what_of(target.config);
    target.name = printable(target.name);
    const int time = ++times[target.name];
    if (time > 1) target.name += " (" + std::to_string(time) + ")";
  }
}

}  // namespace

std::string what_of(const Config& config) {
  if (config.mode == Mode::target) return to_string(config.target);
  return config.mode == Mode::spawn ? config.spawn_command : config.fetch_command;
}

Options parse_command_line(int argc, char** argv) {
  CLI::App app{"Judges line-echo servers and fetch clients by Trivium's protocol, from outside."};
  Words words;
  Options options;
  define(app, words, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    throw Told{"conformance " TRIVIUM_VERSION "\n"};
  } catch (const CLI::Success&) {
    throw Told{app.help()};
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument(error.what());
  }
  options.is_judge = !words.judge.empty();
  options.targets = in_order(app, words);
  for (auto& target : options.targets) {
    complete(target, !options.is_judge);
    target.config.quick = words.quick;
    if (!words.timeout.empty()) target.config.timeout = parse_duration(words.timeout);
  }
  name_targets(options.targets);
  options.selection = {.only = words.only, .skip = words.skip};
  for (auto& glob : split_globs(words.filter)) options.selection.only.push_back(std::move(glob));
  if (!words.known.empty()) options.known_failures = read_known_failures(words.known);
  for (const auto& path : options.matrices) {
    if (!path.ends_with(".md") && !path.ends_with(".html")) {
      throw std::invalid_argument("--matrix: FILE.md or FILE.html, not " + path);
    }
  }
  if (options.targets.empty() && !options.list) {
    throw std::invalid_argument("one of --target, --spawn and --fetch is needed, or --list");
  }
  options.cases = split_globs(words.judge);
  if (const auto reached = decode_reached(words.reached)) options.reached = *reached;
  return options;
}

std::vector<std::string> judge_command(const TargetOptions& target,
                                       const std::vector<std::string>& cases,
                                       const Reached& reached) {
  const auto& config = target.config;
  std::string joined;
  for (const auto& name : cases) joined += (joined.empty() ? "" : ":") + name;
  auto encoded = encode(reached);
  encoded.pop_back();
  std::vector<std::string> words{"/proc/self/exe", "--judge=" + joined, "--reached=" + encoded,
                                 "--capacity=" + target.capacity};
  if (config.contract) words.emplace_back("--contract");
  if (config.dialect == Dialect::echo) words.emplace_back("--dialect=echo");
  if (config.quick) words.emplace_back("--quick");
  if (config.timeout.count() > 0) {
    words.push_back("--timeout=" + std::to_string(config.timeout.count()) + "ms");
  }
  const char* const flag = config.mode == Mode::target  ? "--target="
                           : config.mode == Mode::spawn ? "--spawn="
                                                        : "--fetch=";
  words.push_back(flag + what_of(config));
  return words;
}

}  // namespace trivium::conformance
