// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "shared/net/endpoint.hpp"

namespace trivium::load {

enum class Mode {
  churn,  ///< an operation is a short connection: connect, one line, read to the end of stream
  lines,  ///< an operation is a line and its echo, on a connection that stays open
};

struct Options {
  net::HostPort target{"127.0.0.1", "8080"};
  Mode mode = Mode::churn;
  std::size_t connections = 64;
  std::chrono::nanoseconds duration = std::chrono::seconds(5);
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  std::size_t line_bytes = 64;
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  std::string json;  ///< empty: a table for people; `-`: standard output
};

/// The mode's name, as `--mode` takes it.
[[nodiscard]] const char* name_of(Mode mode) noexcept;

/// Parses the command line into `options`. Returns the exit code where the program is to end now:
/// help or version was asked for, or the usage was wrong (said in one line on standard error).
[[nodiscard]] std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace trivium::load
