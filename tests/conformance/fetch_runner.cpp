// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/fetch_runner.hpp"

#include <signal.h>
#include <strings.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/conformance/transcript.hpp"

namespace trivium::conformance {
namespace {

// Judges a run by exit code (the close verdict) and output (the data verdict) alone; false where it
// is not this outcome.
bool judge_plainly(const Outcome& outcome, const Finished& run) {
  using Kind = Outcome::Kind;
  const std::string context =
      "\nstandard output: " + escaped(run.out) + "\nstandard error: " + escaped(run.err);
  const bool exit_0 = run.status == ExitStatus{.code = 0};
  const std::string how = run.status->signal != 0
                              ? "signal " + std::to_string(run.status->signal)
                              : "exit code " + std::to_string(run.status->shell_code());
  const bool may_fail = outcome.kind != Kind::fetched;
  const bool may_succeed = outcome.kind == Kind::fetched || outcome.kind == Kind::fetched_or_failed;
  if (run.status->signal != 0 || (exit_0 ? !may_succeed : !may_fail)) {
    judge_close(how, may_succeed ? "exit code 0" : "another exit code than 0", context);
    return false;
  }
  judge_close(how, how);
  if (!exit_0) return true;
  judge_data(run.out, outcome.body, context);
  return run.out == outcome.body;
}

// Why the line of --format json is not this outcome; empty where it is.
std::string contract_verdict(const Outcome& outcome, const JsonObject& line) {
  const auto error = line.find("error");
  const auto status = line.find("status");
  if (error == line.end() || status == line.end()) return "no `error` or no `status`";
  if (outcome.kind == Outcome::Kind::reported) {
    if (!error->second.is_null()) return "`error` must be null: a status is no error";
    return status->second.number == outcome.status ? "" : "`status` is another";
  }
  if (!error->second.is_text()) return "`error` must tell the reason";
  for (const auto& reason : outcome.reasons) {
    if (holds(error->second.text, reason)) return {};
  }
  std::string text = "`error` names none of:";
  for (const auto& reason : outcome.reasons) text += " \"" + reason + '"';
  return text;
}

}  // namespace

std::vector<std::string> command_line(const Call& call) {
  std::vector<std::string> words;
  for (const auto& word : split_command(config().fetch_command)) {
    if (word.find("{url}") == std::string::npos) {
      words.push_back(word);
      continue;
    }
    for (const auto& url : call.urls) {
      words.push_back(boost::replace_all_copy(word, "{url}", url));
    }
  }
  return with_flags(std::move(words), call.flags);
}

Child start(const Call& call) {
  return Child{command_line(call), {.stdin_text = call.input, .environment = call.environment}};
}

Finished fetch(const Call& call, Deadline deadline) {
  std::string shown;
  for (const auto& word : command_line(call)) shown += ' ' + escaped(word);
  transcript::note(0, "run:" + shown);
  Finished result = run(
      command_line(call),
      {.terminal_stderr = call.terminal, .stdin_text = call.input, .environment = call.environment},
      deadline);
  if (!result.status) {
    ADD_FAILURE() << "the client did not end in time; standard output: " << escaped(result.out)
                  << "; standard error: " << escaped(result.err);
    result.status = ExitStatus{.code = -1, .signal = SIGKILL};
  }
  transcript::note(0, "exit " + std::to_string(result.status->shell_code()) +
                          "; standard output: " + escaped(result.out) +
                          "; standard error: " + escaped(result.err));
  return result;
}

bool wait_for_output(Child& child, std::size_t size, Deadline deadline) {
  return poll_until([&] { return child.out().size() >= size || !child.running(); }, deadline) &&
         child.out().size() >= size;
}

std::vector<JsonObject> json_lines(const std::string& out) {
  std::vector<JsonObject> objects;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto object = parse_json_line(line);
    if (object) {
      objects.push_back(std::move(*object));
    } else {
      ADD_FAILURE() << "not a JSON object: " << escaped(line);
    }
  }
  return objects;
}

Outcome fetched(std::string body) {
  return {.kind = Outcome::Kind::fetched, .body = std::move(body)};
}

Outcome reported(int status) {
  return {.kind = Outcome::Kind::reported, .status = status};
}

Outcome failed(std::vector<std::string> reasons) {
  return {.kind = Outcome::Kind::failed, .reasons = std::move(reasons)};
}

Outcome fetched_or_failed(std::string body, std::vector<std::string> reasons) {
  return {.kind = Outcome::Kind::fetched_or_failed,
          .body = std::move(body),
          .reasons = std::move(reasons)};
}

void expect_outcome(const Outcome& outcome, const std::string& url,
                    std::vector<std::string> flags) {
  const Finished plain = fetch({.urls = {url}, .flags = flags});
  if (!judge_plainly(outcome, plain)) return;
  const bool fetched_it = plain.status == ExitStatus{.code = 0};
  if (!config().contract || fetched_it) return;

  flags.insert(flags.end(), {"--format", "json"});
  const Finished told = fetch({.urls = {url}, .flags = flags});
  EXPECT_EQ(told.status->shell_code(), 1) << "standard error: " << escaped(told.err);
  const auto objects = json_lines(told.out);
  ASSERT_EQ(objects.size(), 1U) << "standard output: " << escaped(told.out);
  EXPECT_EQ(contract_verdict(outcome, objects[0]), "") << "standard output: " << escaped(told.out);
}

bool holds(std::string_view text, std::string_view part) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

int count_lines(std::string_view text) {
  const auto ends = std::count(text.begin(), text.end(), '\n');
  return static_cast<int>(ends) + (!text.empty() && text.back() != '\n' ? 1 : 0);
}

void expect_gone(const std::vector<pid_t>& processes) {
  std::vector<pid_t> left;
  const bool gone = poll_until([&] {
    left.clear();
    for (const pid_t pid : processes) {
      // An orphan comes to us, since this program is its subreaper, and waits to be reaped.
      ::waitpid(pid, nullptr, WNOHANG);
      const auto process = find_process(pid);
      if (process && process->state != 'Z') left.push_back(pid);
    }
    return left.empty();
  });
  EXPECT_TRUE(gone) << left.size() << " of " << processes.size()
                    << " processes of the client still live";
  for (const pid_t pid : left) ::kill(pid, SIGKILL);
}

int zombies(const std::vector<pid_t>& processes) {
  return static_cast<int>(std::count_if(processes.begin(), processes.end(), [](pid_t pid) {
    const auto process = find_process(pid);
    return process && process->state == 'Z';
  }));
}

ScratchDirectory::ScratchDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "conformance-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + '/' + name;
}

std::optional<std::string> ScratchDirectory::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void ScratchDirectory::write(const std::string& name, std::string_view text) const {
  std::ofstream file(path(name), std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("can't write " + path(name));
}

std::ostream& operator<<(std::ostream& out, const AnswerCase& row) {
  return out << row.id;
}

std::string name_of(const char* id) {
  std::string name = id;
  name.erase(0, std::string_view("fetch.").size());
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

TEST_P(Answer, Ends) {
  const AnswerCase& row = GetParam();
  const Requirement requirement{row.id, row.source, Level::must, row.sentence};
  const Needs needs{.contract = !row.flags.empty(), .slow = row.slow};
  if (const auto why = unmet(needs); !why.empty()) GTEST_SKIP() << why;
  Origin origin;
  origin.on("/answer", row.script);
  expect_outcome(row.outcome, origin.url("/answer"), row.flags);
  for (const auto& visit : origin.visits()) {
    EXPECT_LE(visit.sent, row.most_sent) << "the client took more than it can have a use for";
  }
}

}  // namespace trivium::conformance
