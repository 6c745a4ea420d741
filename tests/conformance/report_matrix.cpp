// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <map>
#include <sstream>

#include "tests/conformance/report.hpp"

namespace trivium::conformance {
namespace {

std::string group_of(const CaseInfo& info) {
  return info.id.substr(0, info.id.rfind('.'));
}

// In a table of Markdown a bar would end the cell, whatever stands before it, and a backslash takes
// its meaning from what follows.
std::string cell_text(const std::string& text) {
  const auto escaped = boost::replace_all_copy(markup_escaped(text), "\\", "&#92;");
  return boost::replace_all_copy(escaped, "|", "&#124;");
}

std::string verdict_text(const CaseResult* result) {
  if (result == nullptr) return "";
  std::string text = to_string(result->verdict);
  if (result->known) text += " (known)";
  return text;
}

// Which half does not hold, where the case tells them apart.
std::string half(const CaseResult& result) {
  const bool data = result.data == Judged::failed;
  const bool close = result.close == Judged::failed;
  return data && close ? " data, close" : data ? " data" : close ? " close" : "";
}

std::string share(const Group::Cell& cell) {
  if (cell.judged == 0) return "-";
  return std::to_string(cell.passed) + "/" + std::to_string(cell.judged);
}

const char* const style = R"(<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } th, td { border: 1px solid #ccc;
padding: .2em .6em; text-align: left; vertical-align: top } th { background: #f2f2f2 }
.PASS { background: #dff3df } .WARN { background: #fff3c4 } .FAIL { background: #f8d0d0 }
.SKIP { color: #777 } .BLOCKED { background: #e3d9f3 } .ERROR { background: #c9c9c9 }
pre { white-space: pre-wrap; margin: .3em 0 } code { white-space: nowrap }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd }
th { background: #2a2a2a } th, td { border-color: #444 } .PASS { background: #1d3a1d }
.WARN { background: #4a3d10 } .FAIL { background: #552020 } .BLOCKED { background: #3a2d52 } }
</style>)";

void write_html_cell(std::ostream& out, const CaseResult* result) {
  if (result == nullptr) {
    out << "<td></td>";
    return;
  }
  out << "<td class=\"" << to_string(result->verdict) << "\">";
  if (result->verdict == Verdict::pass) {
    out << "PASS</td>";
    return;
  }
  out << "<details><summary>" << verdict_text(result) << half(*result) << "</summary><pre>";
  if (!result->expected.empty()) out << "expected " << markup_escaped(result->expected) << '\n';
  if (!result->actual.empty()) out << "actual " << markup_escaped(result->actual) << '\n';
  out << markup_escaped(result->message) << '\n' << markup_escaped(result->transcript);
  out << "</pre></details></td>";
}

}  // namespace

bool Row::passes_everywhere() const {
  return std::ranges::all_of(cells, [](const CaseResult* cell) {
    return cell == nullptr || cell->verdict == Verdict::pass || cell->verdict == Verdict::skip;
  });
}

std::vector<Row> rows_of(const RunResult& run) {
  std::vector<Row> rows;
  std::map<std::string, std::size_t> at;
  for (std::size_t column = 0; column < run.targets.size(); ++column) {
    for (const auto& result : run.targets[column].cases) {
      const auto [place, is_new] = at.emplace(result.info.id, rows.size());
      if (is_new) {
        rows.push_back({.info = result.info,
                        .cells = std::vector<const CaseResult*>(run.targets.size(), nullptr)});
      }
      rows[place->second].cells[column] = &result;
    }
  }
  return rows;
}

std::vector<Group> groups_of(const RunResult& run) {
  std::vector<Group> groups;
  for (const auto& row : rows_of(run)) {
    const auto name = group_of(row.info);
    auto group = std::ranges::find(groups, name, &Group::name);
    if (group == groups.end()) {
      groups.push_back({.name = name, .cells = std::vector<Group::Cell>(row.cells.size())});
      group = groups.end() - 1;
    }
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (row.cells[i] == nullptr || row.cells[i]->verdict == Verdict::skip) continue;
      ++group->cells[i].judged;
      if (row.cells[i]->verdict == Verdict::pass) ++group->cells[i].passed;
    }
  }
  return groups;
}

std::string markdown_matrix(const RunResult& run) {
  std::ostringstream out;
  const auto head = [&](const char* first) {
    out << "| " << first << " |";
    for (const auto& target : run.targets) out << ' ' << cell_text(target.name) << " |";
    out << "\n|---|";
    for (std::size_t i = 0; i < run.targets.size(); ++i) out << "---|";
    out << '\n';
  };
  out << "Cases that pass, of those that apply:\n\n";
  head("group");
  for (const auto& group : groups_of(run)) {
    out << "| `" << group.name << "` |";
    for (const auto& cell : group.cells) out << ' ' << share(cell) << " |";
    out << '\n';
  }
  out << "\nWhat does not pass everywhere:\n\n";
  head("case");
  for (const auto& row : rows_of(run)) {
    if (row.passes_everywhere()) continue;
    out << "| `" << row.info.id << "` (" << to_string(row.info.level) << ' '
        << row.info.requirement() << "): " << cell_text(row.info.sentence) << " |";
    for (const auto* cell : row.cells) {
      out << ' ' << verdict_text(cell) << (cell != nullptr && cell->holds_not() ? half(*cell) : "")
          << " |";
    }
    out << '\n';
  }
  return out.str();
}

std::string html_matrix(const RunResult& run) {
  std::ostringstream out;
  const auto head = [&](const char* first) {
    out << "<table><tr><th>" << first << "</th>";
    for (const auto& target : run.targets) out << "<th>" << markup_escaped(target.name) << "</th>";
    out << "</tr>\n";
  };
  out << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
      << "<title>Conformance</title>\n"
      << style << "</head><body><h1>Conformance</h1>\n<p>Cases that pass, of those that "
      << "apply.</p>\n";
  head("group");
  for (const auto& group : groups_of(run)) {
    out << "<tr><td><code>" << group.name << "</code></td>";
    for (const auto& cell : group.cells) {
      out << "<td class=\""
          << (cell.judged == 0             ? "SKIP"
              : cell.passed == cell.judged ? "PASS"
                                           : "FAIL")
          << "\">" << share(cell) << "</td>";
    }
    out << "</tr>\n";
  }
  out << "</table>\n<p>Every case.</p>\n";
  head("case");
  for (const auto& row : rows_of(run)) {
    out << "<tr><td><code>" << row.info.id << "</code> " << to_string(row.info.level) << ' '
        << row.info.source << "<br/>" << markup_escaped(row.info.sentence) << "</td>";
    for (const auto* cell : row.cells) write_html_cell(out, cell);
    out << "</tr>\n";
  }
  out << "</table></body></html>\n";
  return out.str();
}

}  // namespace trivium::conformance
