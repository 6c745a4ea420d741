// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/harness.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace trivium::conformance {
namespace {

Config& storage() {
  static Config value;
  return value;
}

}  // namespace

const Config& config() {
  return storage();
}
void set_config(Config value) {
  storage() = std::move(value);
}

Requirement::Requirement(const char* id, Level level, const char* sentence)
    : trace_(__FILE__, __LINE__,
             std::string{id} + (level == Level::must ? " (MUST): " : " (SHOULD): ") + sentence) {
  testing::Test::RecordProperty("id", id);
  testing::Test::RecordProperty("level", level == Level::must ? "MUST" : "SHOULD");
  testing::Test::RecordProperty("requirement", sentence);
}

std::string unmet(const Needs& needs) {
  if (needs.contract && !config().contract) return "needs --contract";
  if (needs.slow && config().quick) return "--quick: waits for a long timeout";
  if (config().capacity != 0 && needs.capacity > config().capacity) {
    return "capacity: needs " + std::to_string(needs.capacity) + " connections at once, has " +
           std::to_string(config().capacity);
  }
  return {};
}

std::string escaped(std::string_view bytes, std::size_t limit) {
  std::string text;
  const bool shortened = bytes.size() > limit;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (shortened && i == limit / 2) {
      const std::size_t skip = bytes.size() - limit;
      text += "[... " + std::to_string(skip) + " bytes ...]";
      i += skip;
    }
    const char c = bytes[i];
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (c >= 0x20 && c < 0x7f) {
      text += c;
    } else {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned char>(c));
      text += hex.data();
    }
  }
  return text;
}

}  // namespace trivium::conformance
