// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Runs the client under test and says what is expected of it. Without --contract only the exit code
// (0 or not) and the body on standard output are judged; with it, the reason too.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/fetch_json.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/origin.hpp"
#include "tests/conformance/processes.hpp"

namespace trivium::conformance {

struct Call {
  std::vector<std::string> urls;
  std::vector<std::string> flags = {};    // Trivium's own: only for cases that need the contract.
  std::optional<std::string> input = {};  // standard input; else /dev/null
  std::vector<std::string> environment = {};  // NAME=VALUE, added to ours
  bool terminal = false;                      // standard error is one
};

// The words of the command: {url} gives way to the URLs, the flags come last; where the command has
// one of them already, its value is replaced.
[[nodiscard]] std::vector<std::string> command_line(const Call& call);

// Runs the client to its end; a failure of the case where it does not end in time.
[[nodiscard]] Finished fetch(const Call& call, Deadline deadline = Deadline{});

// Starts it, for cases that act while it runs.
[[nodiscard]] Child start(const Call& call);

// Waits until standard output is at least `size` bytes long, or the client has ended.
bool wait_for_output(Child& child, std::size_t size, Deadline deadline = Deadline{});

// The objects of --format json; a failure of the case for each line that is not one.
[[nodiscard]] std::vector<JsonObject> json_lines(const std::string& out);

// How one URL ends.
struct Outcome {
  enum class Kind { fetched, reported, failed, fetched_or_failed };
  Kind kind = Kind::fetched;
  std::string body = {};                  // fetched: what goes to standard output
  int status = 0;                         // reported: the status; its exit code is not 0
  std::vector<std::string> reasons = {};  // failed: the error holds one of these, in any case
};

// 2xx and a body: exit 0.
[[nodiscard]] Outcome fetched(std::string body);
// A complete answer that is no 2xx: an exit code other than 0 and no error.
[[nodiscard]] Outcome reported(int status);
// An error that names one of the reasons.
[[nodiscard]] Outcome failed(std::vector<std::string> reasons);
// What the text leaves open: this body, or this failure, and nothing else.
[[nodiscard]] Outcome fetched_or_failed(std::string body, std::vector<std::string> reasons);

// Fetches one URL and judges how it ended.
void expect_outcome(const Outcome& outcome, const std::string& url,
                    std::vector<std::string> flags = {});

// True where `text` holds `part`, whatever the case of its letters.
[[nodiscard]] bool holds(std::string_view text, std::string_view part);
// The number of lines; a rest without \n counts.
[[nodiscard]] int count_lines(std::string_view text);

// Waits until none of them lives any more, except as a zombie of ours; a failure of the case where
// one does.
void expect_gone(const std::vector<pid_t>& processes);

// How many of them have ended and were not waited for.
[[nodiscard]] int zombies(const std::vector<pid_t>& processes);

// A directory that goes away with its files.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  [[nodiscard]] std::string path(const std::string& name = {}) const;
  // Nothing where there is no such file.
  [[nodiscard]] std::optional<std::string> read(const std::string& name) const;
  void write(const std::string& name, std::string_view text) const;

 private:
  std::string path_;
};

// A row of a table of answers: what the origin does, and how the client must end.
struct AnswerCase {
  const char* id;
  const char* source;
  const char* sentence;
  Script script;
  Outcome outcome;
  std::vector<std::string> flags = {};  // Such a row runs with --contract only.
  bool slow = false;
  std::uint64_t most_sent = ~std::uint64_t{0};  // What the origin may get rid of.
};
std::ostream& operator<<(std::ostream& out, const AnswerCase& row);

// The parameterized suite over such tables, instantiated as FetchSOMETHING/Answer.
class Answer : public testing::TestWithParam<AnswerCase> {};

// An id as the name of a test: without "fetch.", and with underscores.
[[nodiscard]] std::string name_of(const char* id);

template <typename Row>
[[nodiscard]] std::string row_name(const testing::TestParamInfo<Row>& info) {
  return name_of(info.param.id);
}

}  // namespace trivium::conformance
