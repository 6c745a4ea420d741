// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_options.hpp"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <string_view>
#include <system_error>

#include "shared/app/command_line.hpp"

namespace trivium::app {
namespace {

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = line.find_first_not_of(blanks);
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

// Adds one URL for each line; false, with errno, where the input cannot be read.
bool read_urls(std::istream& in, std::vector<std::string>& urls) {
  for (std::string line; std::getline(in, line);) {
    const auto url = trimmed(line);
    if (!url.empty() && url.front() != '#') urls.emplace_back(url);
  }
  return !in.bad();
}

bool read_input(const std::string& input, std::vector<std::string>& urls) {
  if (input == "-") return read_urls(std::cin, urls);
  std::ifstream file(input, std::ios::binary);
  return file.is_open() && read_urls(file, urls);
}

int refuse(const std::string& line) {
  std::cerr << "fetch: " << line << " (see --help)\n";
  return exit_usage;
}

}  // namespace

std::optional<int> parse_fetch_options(int argc, char** argv,
                                       const std::vector<std::string>& strategies,
                                       FetchOptions& options) {
  CLI::App app("Fetches URLs over HTTP/1.0, many at a time, and prints them in the order given.",
               "fetch");
  std::string input;
  // With extra arguments allowed, CLI11 would take `[a,b]` for a list of two. So each word is one
  // of those that are needed: there are never as many as argc.
  app.add_option("urls", options.urls, "What to fetch: http://HOST[:PORT][/PATH]")
      ->type_name("URL")
      ->take_all()  // first: it would set the most that are expected to the fewest
      ->expected(argc, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false);
  app.add_option("--input", input, "Read more URLs here, one a line; blank lines and # are skipped")
      ->type_name("FILE|-");
  add_choice(app, "--strategy", options.strategy, strategies, "How a URL reaches its unit");
  add_count(app, "--jobs", options.jobs, 1, 16384, "URLs in flight over the whole run");
  add_duration(app, "--timeout", options.limits.timeout, "What one URL may take");
  add_duration(app, "--connect-timeout", options.limits.connect_timeout,
               "What resolving and connecting may take");
  add_size(app, "--max-body", options.limits.max_body, "What a body may have");
  add_choice(app, "--format", options.format, {"text", "json", "none"},
             "Bodies, an object a line for each URL, or nothing");
  app.add_option("--output", options.output, "Write the bodies here: DIR/000001.txt and so on")
      ->type_name("DIR");
  add_choice(app, "--progress", options.progress, {"auto", "always", "never"},
             "A bar on standard error; auto: where that is a terminal");
  app.footer(
      "Exit code: 0 every URL was fetched with a 2xx, 1 any was not, 2 wrong usage, 130 on ^C.\n\n"
      "Examples:\n"
      "  fetch http://127.0.0.1:8080/\n"
      "  fetch --input urls.txt --jobs 64 --format json > results.jsonl\n"
      "  generate-urls | fetch --input - --output pages --progress always");
  if (const auto code = parse(app, argc, argv)) return code;
  if (options.urls.empty() && input.empty())
    return refuse("no URL, and no --input FILE|- with some");
  errno = 0;
  if (!input.empty() && !read_input(input, options.urls)) {
    return refuse("--input: cannot read " + input + ": " + std::generic_category().message(errno));
  }
  return std::nullopt;
}

}  // namespace trivium::app
