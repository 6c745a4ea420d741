// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "shared/protocol/quantity.hpp"

namespace trivium::app {
namespace {

constexpr std::size_t largest_size = std::size_t{1} << 32;
constexpr std::size_t smallest_limit = std::size_t{8} << 20;  // of memory: a program's own is less

std::string shown(std::chrono::nanoseconds value) {
  const auto count = value.count();
  if (count % 1'000'000'000 == 0) return std::to_string(count / 1'000'000'000) + "s";
  if (count % 1'000'000 == 0) return std::to_string(count / 1'000'000) + "ms";
  return std::to_string(count / 1'000) + "us";
}

[[noreturn]] void refuse(const std::string& name, const std::string& text,
                         const std::string& legal) {
  throw CLI::ValidationError(name, "'" + text + "' is not " + legal);
}

// Adds an option whose text goes to `take`, which refuses it or sets a value.
template <typename Take>
CLI::Option* add(CLI::App& app, const std::string& name, const std::string& description,
                 const std::string& type, const std::string& initial, Take take) {
  return app.add_option_function<std::string>(name, take, description)
      ->type_name(type)
      ->default_str(initial);
}

}  // namespace

std::string shown(std::size_t bytes) {
  if (bytes >= 1024 * 1024 && bytes % (1024 * 1024) == 0) {
    return std::to_string(bytes / (1024 * 1024)) + "MiB";
  }
  if (bytes >= 1024 && bytes % 1024 == 0) return std::to_string(bytes / 1024) + "KiB";
  return std::to_string(bytes);
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
                          const std::string& description) {
  return add(app, name, description, "D", shown(value), [name, &value](const std::string& text) {
    const auto parsed = protocol::parse_duration(text);
    if (!parsed || parsed->count() == 0) {
      refuse(name, text, "a duration above 0 in us, ms, s or m (as in 250us, 1.5s, 2m)");
    }
    value = *parsed;
  });
}

CLI::Option* add_size(CLI::App& app, const std::string& name, std::size_t& value,
                      const std::string& description) {
  return add(app, name, description, "SIZE", shown(value), [name, &value](const std::string& text) {
    const auto parsed = protocol::parse_size(text);
    if (!parsed || *parsed == 0 || *parsed > largest_size) {
      refuse(name, text,
             "a size from 1 to 4096MiB, in bytes, KiB or MiB (as in 512, 64KiB, 16MiB)");
    }
    value = *parsed;
  });
}

CLI::Option* add_limit(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
                       const std::string& description) {
  return add(app, name, description, "D", "0s", [name, &value](const std::string& text) {
    const auto parsed = protocol::parse_duration(text);
    if (!parsed) {
      refuse(name, text, "a duration in us, ms, s or m (as in 250us, 1.5s, 2m; 0s: no limit)");
    }
    value = *parsed;
  });
}

CLI::Option* add_limit(CLI::App& app, const std::string& name, std::size_t& value,
                       const std::string& description) {
  return add(app, name, description, "SIZE", "0", [name, &value](const std::string& text) {
    const auto parsed = protocol::parse_size(text);
    if (!parsed || (*parsed != 0 && *parsed < smallest_limit) || *parsed > largest_size) {
      refuse(name, text,
             "a size from 8MiB to 4096MiB, in bytes, KiB or MiB (as in 64MiB; 0: no limit)");
    }
    value = *parsed;
  });
}

CLI::Option* add_count(CLI::App& app, const std::string& name, std::size_t& value,
                       std::size_t lowest, std::size_t highest, const std::string& description) {
  return add(
      app, name, description, "N", std::to_string(value), [=, &value](const std::string& text) {
        const bool digits =
            !text.empty() && text.size() < 12 &&
            std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
        const auto number = digits ? std::stoull(text) : 0;
        if (!digits || number < lowest || number > highest) {
          refuse(
              name, text,
              "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
        }
        value = number;
      });
}

CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& description) {
  std::string legal;
  for (const auto& word : words) legal += (legal.empty() ? "" : "|") + word;
  return add(app, name, description, legal, value, [=, &value](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) == words.end()) {
      refuse(name, text, "one of " + legal);
    }
    value = text;
  });
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", std::string("trivium ") + TRIVIUM_VERSION);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::string line = error.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::cerr << app.get_name() << ": " << line << " (see --help)\n";
    return exit_usage;
  }
}

}  // namespace trivium::app
