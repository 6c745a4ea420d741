// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The command line.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/config.hpp"
#include "tests/conformance/selection.hpp"
#include "tests/conformance/wire.hpp"

namespace trivium::conformance {

// One target as it was asked for, with the flags that stood before it.
struct TargetOptions {
  std::string name{};
  Config config{};
  std::string capacity{};  // a number, or "workers"
  bool contract_is_given = false;
};

struct Options {
  std::vector<TargetOptions> targets;
  Selection selection;
  std::vector<std::string> known_failures;  // globs
  bool list = false;
  bool strict = false;
  bool brief = false;
  int jobs = 0;  // judges at once; 0: the program chooses
  std::string json;
  std::string junit;
  std::vector<std::string> matrices;  // files: .md or .html

  // For a judge only: the cases, and what is known of the target.
  bool is_judge = false;
  std::vector<std::string> cases;
  Reached reached;
};

// Reads the command line. Throws Told for --help and --version, std::invalid_argument for wrong
// usage.
[[nodiscard]] Options parse_command_line(int argc, char** argv);

// The address or the command.
[[nodiscard]] std::string what_of(const Config& config);

// The words that start a judge of this target.
[[nodiscard]] std::vector<std::string> judge_command(const TargetOptions& target,
                                                     const std::vector<std::string>& cases,
                                                     const Reached& reached);

// --help and --version were asked for: the text for standard output.
struct Told {
  std::string text;
};

}  // namespace trivium::conformance
