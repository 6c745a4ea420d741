// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The command line: wrong usage, help, version, strategies and units.
#include "tests/conformance/fetch_runner.hpp"

namespace trivium::conformance {
namespace {

// Exit 2, nothing on standard output, one line on standard error that holds every word.
void expect_usage(const Call& call, const std::vector<std::string>& words) {
  const Finished run = fetch(call);
  EXPECT_EQ(run.status->shell_code(), 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(count_lines(run.err), 1) << escaped(run.err);
  for (const auto& word : words) {
    EXPECT_TRUE(holds(run.err, word)) << '"' << word << "\" is missing in: " << escaped(run.err);
  }
}

struct UsageCase {
  const char* id;
  const char* source;
  std::vector<std::string> flags;
  std::vector<std::string> words;  // What the line must name.
};

std::ostream& operator<<(std::ostream& out, const UsageCase& row) {
  return out << row.id;
}

class Usage : public testing::TestWithParam<UsageCase> {};

TEST_P(Usage, IsRefused) {
  const UsageCase& row = GetParam();
  const Requirement requirement{row.id, row.source, Level::must,
                                "Wrong usage: exit 2, one line on standard error that names the "
                                "flag and the legal values, nothing on standard output."};
  Origin origin;
  expect_usage({.urls = {origin.url("/")}, .flags = row.flags}, row.words);
  EXPECT_EQ(origin.accepted(), 0) << "nothing may be fetched";
}

std::vector<UsageCase> wrong_usage() {
  return {
      {"fetch.usage.jobs-zero", "G1.1", {"--jobs", "0"}, {"--jobs"}},
      {"fetch.usage.jobs-negative", "G1.1", {"--jobs", "-1"}, {"--jobs"}},
      {"fetch.usage.jobs-word", "G1.1", {"--jobs", "many"}, {"--jobs"}},
      {"fetch.usage.jobs-half", "G1.1", {"--jobs", "1.5"}, {"--jobs"}},
      {"fetch.usage.jobs-tail", "G1.1", {"--jobs", "4x"}, {"--jobs"}},
      {"fetch.usage.jobs-missing", "G1.1", {"--jobs"}, {"--jobs"}},
      {"fetch.usage.timeout-word", "G1.1", {"--timeout", "fast"}, {"--timeout", "ms"}},
      {"fetch.usage.timeout-unit", "G1.1", {"--timeout", "5h"}, {"--timeout", "ms"}},
      {"fetch.usage.timeout-negative", "G1.1", {"--timeout", "-5s"}, {"--timeout"}},
      {"fetch.usage.timeout-overflow",
       "G1.1",
       {"--timeout", "99999999999999999999s"},
       {"--timeout"}},
      {"fetch.usage.connect-timeout",
       "G1.1",
       {"--connect-timeout", "x"},
       {"--connect-timeout", "ms"}},
      {"fetch.usage.max-body-word", "G1.1", {"--max-body", "big"}, {"--max-body", "KiB", "MiB"}},
      {"fetch.usage.max-body-unit", "G1.1", {"--max-body", "1GB"}, {"--max-body", "KiB", "MiB"}},
      {"fetch.usage.max-body-negative", "G1.1", {"--max-body", "-1"}, {"--max-body"}},
      {"fetch.usage.format", "G1.1", {"--format", "xml"}, {"--format", "text", "json", "none"}},
      {"fetch.usage.progress",
       "G1.1",
       {"--progress", "maybe"},
       {"--progress", "auto", "always", "never"}},
      {"fetch.usage.strategy",
       "G1.1",
       {"--strategy", "fastest"},
       {"--strategy", "per-url", "handoff", "shared-queue"}},
      {"fetch.usage.unknown", "G1.1", {"--frobnicate"}, {"--frobnicate"}},
      {"fetch.usage.of-echo", "G1.1", {"--listen", "127.0.0.1:0"}, {"--listen"}},
      {"fetch.usage.input-missing", "G1.1", {"--input"}, {"--input"}},
      {"fetch.usage.input-unreadable",
       "G1.1",
       {"--input", "/nonexistent/urls.txt"},
       {"--input", "/nonexistent/urls.txt"}},
      {"fetch.usage.input-directory", "G1.1", {"--input", "/"}, {"--input"}},
  };
}

INSTANTIATE_TEST_SUITE_P(FetchContract, Usage, testing::ValuesIn(wrong_usage()),
                         row_name<UsageCase>);

TEST(FetchContractCli, no_url) {
  const Requirement requirement{"fetch.cli.no-url", "G1.1", Level::must,
                                "No URL at all is wrong usage; the line says how to give one."};
  expect_usage({.urls = {}}, {"URL", "--input"});
}

TEST(FetchContractCli, help) {
  const Requirement requirement{"fetch.cli.help", "G1.2", Level::must,
                                "--help tells every flag, and exits with 0."};
  const Finished run = fetch({.urls = {}, .flags = {"--help"}});
  EXPECT_EQ(run.status->shell_code(), 0);
  for (const char* flag : {"--input", "--strategy", "--jobs", "--timeout", "--connect-timeout",
                           "--max-body", "--format", "--output", "--progress", "--version"}) {
    EXPECT_TRUE(holds(run.out, flag)) << flag;
  }
  EXPECT_EQ(run.err, "");
}

TEST(FetchContractCli, version) {
  const Requirement requirement{"fetch.cli.version", "G1.2", Level::must,
                                "--version prints one line, and exits with 0."};
  const Finished run = fetch({.urls = {}, .flags = {"--version"}});
  EXPECT_EQ(run.status->shell_code(), 0);
  EXPECT_EQ(count_lines(run.out), 1) << escaped(run.out);
  EXPECT_EQ(run.err, "");
}

TEST(FetchContractCli, strategies) {
  const Requirement requirement{"fetch.cli.strategies", "G1.3", Level::must,
                                "Every strategy of the grid can be asked for."};
  Origin origin;
  origin.on("/", response("page\n"));
  for (const char* strategy : {"per-url", "handoff", "shared-queue"}) {
    expect_outcome(fetched("page\n"), origin.url("/"), {"--strategy", strategy});
  }
}

TEST(FetchContractCli, units) {
  const Requirement requirement{"fetch.cli.units", "G1.3", Level::must,
                                "Durations take us, ms, s, m; sizes take KiB, MiB."};
  Origin origin;
  origin.on("/", response("page\n"));
  for (const char* duration : {"20000000us", "20000ms", "20s", "1m"}) {
    expect_outcome(fetched("page\n"), origin.url("/"),
                   {"--timeout", duration, "--connect-timeout", duration});
  }
  for (const char* size : {"4KiB", "1MiB"}) {
    expect_outcome(fetched("page\n"), origin.url("/"), {"--max-body", size});
  }
}

}  // namespace
}  // namespace trivium::conformance
