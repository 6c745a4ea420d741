// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/wire.hpp"

#include <charconv>
#include <vector>

namespace trivium::conformance {
namespace {

// Fields stand between tabs; a tab, a line end and a backslash in one are escaped.
std::string join(const std::vector<std::string>& fields) {
  std::string line;
  for (const auto& field : fields) {
    for (const char c : field) {
      if (c == '\t' || c == '\n' || c == '\\') line += '\\';
      line += c == '\t' ? 't' : c == '\n' ? 'n' : c;
    }
    line += '\t';
  }
  return line + '\n';
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      fields.emplace_back();
    } else if (line[i] == '\\' && i + 1 < line.size()) {
      const char c = line[++i];
      fields.back() += c == 't' ? '\t' : c == 'n' ? '\n' : c;
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

long number(const std::string& text) {
  long value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string encode(const Begun& begun) {
  return join({"begun", begun.full_name});
}

std::string encode(const Ended& ended) {
  const auto& result = ended.result;
  return join({"ended", ended.full_name, std::to_string(static_cast<int>(result.verdict)),
               std::to_string(static_cast<int>(result.data)),
               std::to_string(static_cast<int>(result.close)), std::to_string(result.ms),
               result.expected, result.actual, result.message, result.transcript});
}

std::string encode(const Reached& reached) {
  return join({"reached", std::to_string(reached.round_trip_us), reached.healthy ? "1" : "0"});
}

std::optional<Begun> decode_begun(std::string_view line) {
  const auto fields = split(line);
  if (fields.size() < 2 || fields[0] != "begun") return std::nullopt;
  return Begun{fields[1]};
}

std::optional<Ended> decode_ended(std::string_view line) {
  auto fields = split(line);
  if (fields.size() < 10 || fields[0] != "ended") return std::nullopt;
  Ended ended{.full_name = fields[1], .result = {}};
  auto& result = ended.result;
  result.verdict = static_cast<Verdict>(number(fields[2]));
  result.data = static_cast<Judged>(number(fields[3]));
  result.close = static_cast<Judged>(number(fields[4]));
  result.ms = number(fields[5]);
  result.expected = fields[6];
  result.actual = fields[7];
  result.message = fields[8];
  result.transcript = fields[9];
  return ended;
}

std::optional<Reached> decode_reached(std::string_view line) {
  const auto fields = split(line);
  if (fields.size() < 3 || fields[0] != "reached") return std::nullopt;
  return Reached{.round_trip_us = number(fields[1]), .healthy = fields[2] == "1"};
}

}  // namespace trivium::conformance
