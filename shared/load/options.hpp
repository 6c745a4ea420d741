// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "shared/net/endpoint.hpp"

namespace trivium::load {

enum class Mode {
  churn,       ///< an operation is a short connection: connect, ask once, read to the end of stream
  lines,       ///< an operation is a line and its echo, on a connection that stays open
  first_byte,  ///< an operation is a connection on which the server speaks first
  idle,        ///< an operation is a silent connection that is held, and alive at the end
};

enum class Dialect {
  trivium,  ///< a head first, lines, an empty line that ends the exchange
  echo,     ///< lines alone: no head, and the client ends the exchange
  http,     ///< GET, and a response whose body is always the same
};

enum class Arrivals {
  constant,  ///< equal distances
  poisson,   ///< exponentially distributed distances: clients that know nothing of each other
};

struct Options {
  net::HostPort target{"127.0.0.1", "8080"};
  Mode mode = Mode::churn;
  Dialect dialect = Dialect::trivium;
  std::size_t connections = 64;
  std::size_t threads = 1;
  std::size_t depth = 1;
  double rate = 0;  ///< operations a second; 0: a closed loop
  Arrivals arrivals = Arrivals::constant;
  std::uint64_t seed = 0;
  std::chrono::nanoseconds duration = std::chrono::seconds(5);
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  std::chrono::nanoseconds late_after = std::chrono::milliseconds(100);
  std::chrono::nanoseconds timeline{0};  ///< width of a bucket; 0: none
  std::size_t line_bytes = 64;
  std::string line;       ///< instead of a pattern of `line_bytes`
  std::string rare_line;  ///< what every `rare_every`th line is; empty: none
  std::size_t rare_every = 100;
  std::string path = "/";  ///< what GET asks for
  std::string json;        ///< empty: a table for people; `-`: standard output
  std::string progress = "auto";

  [[nodiscard]] bool open_loop() const noexcept { return rate > 0; }
  /// Whether an operation is a connection, from its beginning to its end.
  [[nodiscard]] bool one_shot() const noexcept {
    return mode == Mode::churn || mode == Mode::first_byte;
  }
};

/// The names that the command line has for these.
[[nodiscard]] const char* name_of(Mode mode) noexcept;
[[nodiscard]] const char* name_of(Dialect dialect) noexcept;
[[nodiscard]] const char* name_of(Arrivals arrivals) noexcept;

/// HOST:PORT as `--target` takes it.
[[nodiscard]] std::string shown(const net::HostPort& target);

/// Parses the command line into `options`. Returns the exit code where the program is to end now:
/// help or version was asked for, or the usage was wrong (said in one line on standard error).
/// Without `--seed` one is drawn.
[[nodiscard]] std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace trivium::load
