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

// What the option takes, as a line about wrong usage says it.
std::string legal_values(CLI::Option& option) {
  try {
    return option.get_validator(0)->get_name();
  } catch (const CLI::OptionNotFound&) {
    return option.get_type_name();  // any text
  }
}

std::string explain(CLI::App& app, const CLI::ArgumentMismatch& error) {
  std::string text = error.what();
  std::string name = text.substr(0, text.find_first_of(": "));
  if (!name.starts_with('-')) name.insert(0, "--");  // of a flag with a value it says `flag`
  CLI::Option* const option = app.get_option_no_throw(name);
  if (option == nullptr) return text;
  if (option->get_expected_max() == 0) return name + ": takes no value";
  if (option->count() > 1) return name + ": given more than once; takes one value";
  return name + ": needs a value: " + legal_values(*option);
}

// Requires: words were left over.
std::string explain_left_over(const CLI::App& app) {
  const std::string word = app.remaining().front();
  if (!word.starts_with('-')) return word + ": not a flag; --help names them";
  return word.substr(0, word.find('=')) + ": no such flag; --help names them";
}

int refuse(const CLI::App& app, std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::cerr << app.get_name() << ": " << line << '\n';
  return exit_usage;
}

}  // namespace

CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& type,
                       const std::string& initial, const std::string& legal,
                       const std::string& description, const Take& take) {
  const auto set = [=](const std::string& text) {
    if (!take(text)) throw CLI::ValidationError(name, "'" + text + "' is not " + legal);
  };
  auto* const option = app.add_option_function<std::string>(name, set, description)
                           ->type_name(type)
                           ->default_str(initial);
  // A check that passes everything carries what is legal to where a missing value is told.
  const auto pass = [](std::string&) { return std::string(); };
  return option->check(CLI::Validator(pass, "", legal));
}

std::string shown(std::chrono::nanoseconds value) {
  const auto count = value.count();
  if (count % 1'000'000'000 == 0) return std::to_string(count / 1'000'000'000) + "s";
  if (count % 1'000'000 == 0) return std::to_string(count / 1'000'000) + "ms";
  return std::to_string(count / 1'000) + "us";
}

std::string shown(std::size_t bytes) {
  if (bytes >= 1024 * 1024 && bytes % (1024 * 1024) == 0) {
    return std::to_string(bytes / (1024 * 1024)) + "MiB";
  }
  if (bytes >= 1024 && bytes % 1024 == 0) return std::to_string(bytes / 1024) + "KiB";
  return std::to_string(bytes);
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
                          const std::string& description) {
  return add_value(app, name, "D", shown(value),
                   "a duration above 0 in us, ms, s or m (as in 250us, 1.5s, 2m)", description,
                   [&value](const std::string& text) {
                     const auto parsed = protocol::parse_duration(text);
                     if (!parsed || parsed->count() == 0) return false;
                     value = *parsed;
                     return true;
                   });
}

CLI::Option* add_size(CLI::App& app, const std::string& name, std::size_t& value,
                      const std::string& description) {
  return add_value(app, name, "SIZE", shown(value),
                   "a size from 1 to 4096MiB, in bytes, KiB or MiB (as in 512, 64KiB, 16MiB)",
                   description, [&value](const std::string& text) {
                     const auto parsed = protocol::parse_size(text);
                     if (!parsed || *parsed == 0 || *parsed > largest_size) return false;
                     value = *parsed;
                     return true;
                   });
}

CLI::Option* add_limit(CLI::App& app, const std::string& name, std::chrono::nanoseconds& value,
                       const std::string& description, const std::string& zero) {
  return add_value(app, name, "D", shown(value),
                   "a duration in us, ms, s or m (as in 250us, 1.5s, 2m; 0s: " + zero + ")",
                   description, [&value](const std::string& text) {
                     const auto parsed = protocol::parse_duration(text);
                     if (parsed) value = *parsed;
                     return parsed.has_value();
                   });
}

CLI::Option* add_limit(CLI::App& app, const std::string& name, std::size_t& value,
                       const std::string& description) {
  return add_value(app, name, "SIZE", "0",
                   "a size from 8MiB to 4096MiB, in bytes, KiB or MiB (as in 64MiB; 0: no limit)",
                   description, [&value](const std::string& text) {
                     const auto parsed = protocol::parse_size(text);
                     if (!parsed || *parsed > largest_size) return false;
                     if (*parsed != 0 && *parsed < smallest_limit) return false;
                     value = *parsed;
                     return true;
                   });
}

CLI::Option* add_count(CLI::App& app, const std::string& name, std::size_t& value,
                       std::size_t lowest, std::size_t highest, const std::string& description) {
  const std::string legal =
      "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  return add_value(
      app, name, "N", std::to_string(value), legal, description, [=, &value](const auto& text) {
        const bool digits =
            !text.empty() && text.size() < 12 &&
            std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
        const auto number = digits ? std::stoull(text) : 0;
        if (!digits || number < lowest || number > highest) return false;
        value = number;
        return true;
      });
}

CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& description) {
  std::string legal;
  for (const auto& word : words) legal += (legal.empty() ? "" : "|") + word;
  return add_value(app, name, legal, value, "one of " + legal, description,
                   [=, &value](const std::string& text) {
                     if (std::find(words.begin(), words.end(), text) == words.end()) return false;
                     value = text;
                     return true;
                   });
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", std::string("trivium ") + TRIVIUM_VERSION);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ArgumentMismatch& error) {
    return refuse(app, explain(app, error));
  } catch (const CLI::ExtrasError&) {
    return refuse(app, explain_left_over(app));
  } catch (const CLI::ParseError& error) {
    return refuse(app, std::string(error.what()) + " (see --help)");
  }
}

}  // namespace trivium::app
