// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "shared/load/engine.hpp"
#include "shared/load/limits.hpp"
#include "shared/load/options.hpp"
#include "shared/load/report.hpp"
#include "shared/load/table.hpp"
#include "shared/net/startup.hpp"

namespace {

using trivium::load::Options;
using trivium::load::Outcome;
using trivium::load::Results;

constexpr int exit_some_failed = 1;
constexpr int exit_does_not_fit = 1;
constexpr int exit_no_connection = 3;
constexpr const char* clear_line = "\r\033[K";

void say(const std::string& line) {
  std::fprintf(stderr, "load: %s\n", line.c_str());
}

/// Writes to standard output at once. False where nobody reads it any more.
bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

bool write_results(const Options& options, const Results& results) {
  if (options.json.empty()) return print(to_table(options, results));
  const std::string text = to_json(options, results);
  if (options.json == "-") return print(text);
  std::FILE* const file = std::fopen(options.json.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

bool wants_progress(const Options& options) {
  return options.progress == "always" ||
         (options.progress == "auto" && ::isatty(STDERR_FILENO) == 1);
}

int measure(const Options& options) {
  const auto target = trivium::net::resolve_first(options.target);
  trivium::net::raise_descriptor_limit();
  if (const auto reason = trivium::load::why_not(options, target)) {
    say(*reason);
    return exit_does_not_fit;
  }
  trivium::load::Listener listener;
  const bool marks = options.json != "-";
  listener.measuring = [marks] { marks&& print("measuring\n"); };
  listener.measured = [marks] { marks&& print("measured\n"); };
  const bool live = wants_progress(options);
  if (live) {
    listener.progress = [&options](double seconds, const Results& so_far) {
      std::fprintf(stderr, "%s%s", clear_line, progress_line(options, seconds, so_far).c_str());
    };
  }
  const Results results = trivium::load::run(options, target, listener);
  if (live) std::fputs(clear_line, stderr);

  if (results.start_ns != 0 && !write_results(options, results)) {
    say("--json: cannot write " + (options.json.empty() ? "standard output" : options.json) + ": " +
        std::strerror(errno));
    return exit_some_failed;
  }
  if (results.first_fault) std::fprintf(stderr, "%s\n", fault_line(*results.first_fault).c_str());
  if (results.connected == 0) {
    std::string why;
    for (const Outcome outcome :
         {Outcome::refused, Outcome::reset, Outcome::timed_out, Outcome::unsent}) {
      const auto count = results.outside.of(outcome) + results.measured.of(outcome);
      if (count > 0) why += ", " + std::to_string(count) + " " + name_of(outcome);
    }
    say("nothing could connect to " + to_string(target) + why);
    return exit_no_connection;
  }
  // A wrong byte is a wrong byte, in the warm-up too. A server that drains from the first operation
  // on serves none, and a connection that was to be held is not held.
  const auto& tally = results.measured;
  const bool all_drained = tally.of(Outcome::drained) > 0 && tally.of(Outcome::ok) == 0;
  const bool not_held = options.mode == trivium::load::Mode::idle && tally.of(Outcome::drained) > 0;
  return tally.failed() > 0 || results.first_fault || all_drained || not_held ? exit_some_failed
                                                                              : 0;
}

}  // namespace

int main(int argc, char** argv) {
  trivium::net::open_standard_streams();
  Options options;
  if (const auto code = trivium::load::parse_options(argc, argv, options)) return *code;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return measure(options);
  } catch (const std::exception& error) {
    say(error.what());
    return exit_some_failed;
  }
}
