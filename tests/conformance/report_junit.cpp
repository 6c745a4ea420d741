// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <array>
#include <cstdio>
#include <sstream>

#include "tests/conformance/report.hpp"

namespace trivium::conformance {
namespace {

double seconds(long ms) {
  return static_cast<double>(ms) / 1000;
}

// All that a person needs, as the text of a failure.
std::string story(const CaseResult& result) {
  std::string text = std::string{to_string(result.info.level)} + ' ' + result.info.source + ": " +
                     result.info.sentence + '\n';
  if (!result.expected.empty()) text += "expected: " + result.expected + '\n';
  if (!result.actual.empty()) text += "actual: " + result.actual + '\n';
  text += result.message + '\n';
  if (!result.transcript.empty()) text += "transcript:\n" + result.transcript;
  return text;
}

void write_case(std::ostream& out, const CaseResult& result, bool strict) {
  const auto& id = result.info.id;
  const auto dot = id.rfind('.');
  out << "    <testcase classname=\"" << id.substr(0, dot) << "\" name=\"" << id << "\" time=\""
      << seconds(result.ms) << '"';
  if (counts_against(result, strict)) {
    const std::string why = result.passes_unexpectedly() ? "known, and passes: take it off the list"
                                                         : result.info.sentence;
    out << "><failure type=\"" << to_string(result.verdict) << "\" message=\""
        << markup_escaped(why) << "\">" << markup_escaped(story(result))
        << "</failure></testcase>\n";
  } else if (result.verdict == Verdict::error) {
    out << "><error type=\"ERROR\" message=\"the harness failed\">" << markup_escaped(story(result))
        << "</error></testcase>\n";
  } else if (result.verdict == Verdict::skip) {
    out << "><skipped message=\"" << markup_escaped(result.message) << "\"/></testcase>\n";
  } else if (result.verdict == Verdict::pass) {
    out << "/>\n";
  } else {
    // A warning, or a known failure: told, and no failure.
    out << "><system-out>" << to_string(result.verdict) << ": " << markup_escaped(story(result))
        << "</system-out></testcase>\n";
  }
}

void write_target(std::ostream& out, const TargetResult& target, bool strict) {
  int failures = 0;
  for (const auto& result : target.cases) failures += counts_against(result, strict) ? 1 : 0;
  out << "  <testsuite name=\"" << markup_escaped(target.name) << "\" tests=\""
      << target.cases.size() << "\" failures=\"" << failures << "\" errors=\""
      << target.count(Verdict::error) << "\" skipped=\"" << target.count(Verdict::skip)
      << "\" time=\"" << target.seconds << "\">\n";
  for (const auto& result : target.cases) write_case(out, result, strict);
  out << "  </testsuite>\n";
}

}  // namespace

std::string markup_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else if (c == '\n') {
      result += "&#10;";
    } else if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\x%02x", byte);
      result += hex.data();
    } else {
      result += c;
    }
  }
  return result;
}

std::string junit_report(const RunResult& run) {
  std::ostringstream out;
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"conformance\">\n";
  for (const auto& target : run.targets) write_target(out, target, run.strict);
  out << "</testsuites>\n";
  return out.str();
}

}  // namespace trivium::conformance
