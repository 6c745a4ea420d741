// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <algorithm>
#include <sstream>

#include "tests/conformance/report.hpp"

namespace trivium::conformance {
namespace {

const char* tag(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "[       OK ] ";
    case Verdict::warn:
      return "[  WARNING ] ";
    case Verdict::fail:
      return "[  FAILED  ] ";
    case Verdict::skip:
      return "[  SKIPPED ] ";
    case Verdict::blocked:
      return "[  BLOCKED ] ";
    case Verdict::error:
      return "[   ERROR  ] ";
  }
  return "";
}

std::string indented(const std::string& text, const std::string& by) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) result += by + line + '\n';
  return result;
}

std::string field(const char* name, const std::string& text) {
  if (text.empty()) return {};
  return "    " + std::string{name} + '\n' + indented(text, "      ");
}

std::string counts(const TargetResult& target) {
  std::string text;
  for (const auto verdict : {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::skip,
                             Verdict::blocked, Verdict::error}) {
    text += (text.empty() ? "" : ", ") + std::to_string(target.count(verdict)) + ' ' +
            to_string(verdict);
  }
  return text;
}

std::string ids(const TargetResult& target, const char* title, auto chosen) {
  std::string text;
  for (const auto& result : target.cases) {
    if (chosen(result)) text += "    " + result.info.id + '\n';
  }
  return text.empty() ? text : title + std::string{":\n"} + text;
}

}  // namespace

std::string text_begin(const TargetResult& target, int cases) {
  return "[==========] " + target.name + ": " + std::to_string(cases) + " cases\n";
}

std::string text_case(const CaseResult& result, bool brief) {
  const bool silent = result.verdict == Verdict::pass || result.verdict == Verdict::skip;
  if (brief && silent && !result.passes_unexpectedly()) return {};
  std::string text = tag(result.verdict) + result.info.id;
  if (result.known) text += result.holds_not() ? " (known)" : " (a known failure)";
  text += " (" + std::to_string(result.ms) + " ms)\n";
  if (result.verdict == Verdict::pass) return text;
  if (result.verdict == Verdict::skip || result.verdict == Verdict::blocked || result.known) {
    return text + indented(result.message, "    ");
  }
  text += "    " + std::string{to_string(result.info.level)} + ' ' + result.info.source + ": " +
          result.info.sentence + '\n';
  text += "    data " + std::string{to_string(result.data)} + ", close " + to_string(result.close) +
          '\n';
  text += field("expected", result.expected) + field("actual", result.actual);
  text += field("said", result.message) + field("transcript", result.transcript);
  return text;
}

std::string text_end(const TargetResult& target, bool strict) {
  std::ostringstream text;
  const auto is_pass = [](const CaseResult& result) { return result.verdict == Verdict::pass; };
  text << "[==========] " << target.name << ": " << counts(target) << " (" << std::fixed;
  text.precision(1);
  text << target.seconds << " s)\n";
  text << ids(target, "  MUST fails", [](const CaseResult& result) {
    return result.verdict == Verdict::fail && !result.known;
  });
  text << ids(target, "  does not hold, and is no MUST", [](const CaseResult& result) {
    return result.verdict == Verdict::warn && !result.known;
  });
  text << ids(target, "  known, and does not hold",
              [](const CaseResult& result) { return result.known && result.holds_not(); });
  text << ids(target, "  known, and passes: take it off the list",
              [](const CaseResult& result) { return result.passes_unexpectedly(); });
  // Of a target that can't be reached these are all the others.
  text << ids(target, "  could not be judged", [&](const CaseResult& result) {
    return target.reachable && result.verdict == Verdict::blocked;
  });
  text << ids(target, "  the harness failed",
              [](const CaseResult& result) { return result.verdict == Verdict::error; });
  const int code = exit_code({.strict = strict, .targets = {target}});
  const auto passed = std::ranges::count_if(target.cases, is_pass);
  if (code == 0) text << "[  PASSED  ] " << passed << (passed == 1 ? " test.\n" : " tests.\n");
  return text.str();
}

std::string text_list(const std::vector<CaseInfo>& cases) {
  std::string text;
  for (const auto& info : cases) {
    const std::string level = to_string(info.level);
    text += info.id + std::string(info.id.size() < 34 ? 34 - info.id.size() : 1, ' ') + level +
            std::string(7 - level.size(), ' ') + info.source + ": " + info.sentence + '\n';
  }
  return text + std::to_string(cases.size()) + " cases\n";
}

}  // namespace trivium::conformance
