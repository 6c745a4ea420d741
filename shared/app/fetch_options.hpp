// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "shared/net/blocking_fetch.hpp"

namespace trivium::app {

/// What the command line of a fetch client says. Each field is a flag of the contract.
struct FetchOptions {
  std::vector<std::string> urls;  ///< the positional ones, then those of `--input`
  std::string strategy = "handoff";
  std::size_t jobs = 16;  ///< URLs in flight over the whole run
  net::FetchLimits limits;
  std::string format = "text";    ///< text, json or none
  std::string output;             ///< a directory, or empty
  std::string progress = "auto";  ///< auto, always or never
};

/// Parses the command line of `fetch` and reads `--input`. Returns the exit code where the program
/// is to end now.
[[nodiscard]] std::optional<int> parse_fetch_options(int argc, char** argv,
                                                     const std::vector<std::string>& strategies,
                                                     FetchOptions& options);

}  // namespace trivium::app
