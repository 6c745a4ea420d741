// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <array>
#include <cstdio>
#include <sstream>

#include "tests/conformance/report.hpp"

namespace trivium::conformance {
namespace {

// Everything that is not plain ASCII was escaped where it was noted; commands and names may hold
// UTF-8, which JSON may hold too.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\u%04x", byte);
      result += hex.data();
    } else {
      result += c;
    }
  }
  return result + '"';
}

void write_case(std::ostream& out, const CaseResult& result) {
  out << "{\"id\": " << quoted(result.info.id)
      << ", \"level\": " << quoted(to_string(result.info.level))
      << ", \"source\": " << quoted(result.info.source)
      << ", \"requirement\": " << quoted(result.info.sentence)
      << ", \"verdict\": " << quoted(to_string(result.verdict))
      << ", \"data\": " << quoted(to_string(result.data))
      << ", \"close\": " << quoted(to_string(result.close)) << ", \"ms\": " << result.ms
      << ", \"known\": " << (result.known ? "true" : "false")
      << ", \"expected\": " << quoted(result.expected) << ", \"actual\": " << quoted(result.actual)
      << ", \"message\": " << quoted(result.message)
      << ", \"transcript\": " << quoted(result.transcript) << "}";
}

void write_target(std::ostream& out, const TargetResult& target) {
  out << "  {\"name\": " << quoted(target.name) << ", \"kind\": " << quoted(target.kind)
      << ", \"what\": " << quoted(target.what)
      << ", \"contract\": " << (target.contract ? "true" : "false")
      << ", \"capacity\": " << quoted(target.capacity)
      << ", \"reachable\": " << (target.reachable ? "true" : "false")
      << ", \"round_trip_us\": " << target.round_trip_us << ", \"seconds\": " << target.seconds
      << ",\n   \"counts\": {";
  for (const auto verdict : {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::skip,
                             Verdict::blocked, Verdict::error}) {
    out << (verdict == Verdict::pass ? "" : ", ") << quoted(to_string(verdict)) << ": "
        << target.count(verdict);
  }
  out << "},\n   \"cases\": [\n";
  for (std::size_t i = 0; i < target.cases.size(); ++i) {
    out << (i == 0 ? "    " : ",\n    ");
    write_case(out, target.cases[i]);
  }
  out << "]}";
}

}  // namespace

std::string json_report(const RunResult& run) {
  std::ostringstream out;
  out << "{\"schema\": 1, \"program\": \"conformance " TRIVIUM_VERSION "\", \"strict\": "
      << (run.strict ? "true" : "false") << ", \"exit\": " << exit_code(run)
      << ", \"targets\": [\n";
  for (std::size_t i = 0; i < run.targets.size(); ++i) {
    if (i > 0) out << ",\n";
    write_target(out, run.targets[i]);
  }
  out << "]}\n";
  return out.str();
}

}  // namespace trivium::conformance
