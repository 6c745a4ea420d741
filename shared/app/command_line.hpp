// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace trivium::app {

/// Wrong usage, and what help was asked for, end a program with these.
inline constexpr int exit_refused = 1;
inline constexpr int exit_usage = 2;

/// Sets a value from its text; false, and nothing set, where the text is not legal.
using Take = std::function<bool(const std::string& text)>;

/// Adds an option of one value. `type` is what `--help` calls the value, `legal` what a line about
/// wrong usage says of it, as in `a whole number from 1 to 9`.
CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type,
                       const std::string& initial, const std::string& legal,
                       const std::string& description, const Take& take);

/// Adds `--name D`: a duration above zero, as in `250us`, `10ms`, `1.5s`, `2m`.
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
                          const std::string& description);

/// Adds `--name SIZE`: bytes of at least 1, as in `512`, `64KiB`, `16MiB`.
CLI::Option* add_size(CLI::App& app, const std::string& name, std::size_t& value,
                      const std::string& description);

/// Adds `--name D` or `--name SIZE`, where 0 is no limit, as in `0s`, `0`; `zero` says what else it
/// is.
CLI::Option* add_limit(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
                       const std::string& description, const std::string& zero = "no limit");
CLI::Option* add_limit(CLI::App& app, const std::string& name, std::size_t& value,
                       const std::string& description);

/// Adds `--name N`: a whole number from `lowest` to `highest`.
CLI::Option* add_count(CLI::App& app, const std::string& name, std::size_t& value,
                       std::size_t lowest, std::size_t highest, const std::string& description);

/// Adds `--name WORD`: one of `words`.
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& description);

/// Writes a duration or a size as the command line takes it, in the largest unit that leaves no
/// rest.
[[nodiscard]] std::string shown(std::chrono::nanoseconds value);
[[nodiscard]] std::string shown(std::size_t bytes);

/// Parses the command line. Returns the exit code where the program is to end now: after `--help`
/// or `--version` (standard output), or wrong usage (one line on standard error).
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, char** argv);

}  // namespace trivium::app
