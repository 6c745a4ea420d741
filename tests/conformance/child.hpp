// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/deadline.hpp"
#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// Splits a command into words without a shell: blanks separate, '...' and "..." group, a backslash
// outside '...' takes the next character as it is. Throws std::invalid_argument where a quote is
// open at the end.
[[nodiscard]] std::vector<std::string> split_command(std::string_view command);

// Replaces every occurrence of `placeholder` in every word.
[[nodiscard]] std::vector<std::string> substitute(std::vector<std::string> words,
                                                  std::string_view placeholder,
                                                  std::string_view value);

// The words, and then `flags`, which take the place of those of the same name.
[[nodiscard]] std::vector<std::string> with_flags(std::vector<std::string> words,
                                                  const std::vector<std::string>& flags);

// The value of `flag`, as `--flag value` or `--flag=value`; empty where it is not there.
[[nodiscard]] std::string flag_value(const std::vector<std::string>& words,
                                     const std::string& flag);

struct ExitStatus {
  int code = -1;   // exit code, or -1 where a signal ended it
  int signal = 0;  // the signal, or 0

  // What a shell would report.
  [[nodiscard]] int shell_code() const { return signal != 0 ? 128 + signal : code; }
  bool operator==(const ExitStatus&) const = default;
};

struct ChildOptions {
  bool capture_stdout = true;                  // else inherited
  bool capture_stderr = true;                  // else inherited; 256 MiB of each at most
  bool terminal_stderr = false;                // what is captured is a terminal's, in raw mode
  std::optional<std::string> stdin_text = {};  // given through a pipe; without it /dev/null
  std::vector<std::string> environment = {};   // NAME=VALUE, added to ours
};

// A child process in a process group of its own, killed with SIGKILL (it and its group) by the
// destructor, and by the kernel if this program dies first.
class Child {
 public:
  // Throws std::system_error where the program can't be started.
  explicit Child(const std::vector<std::string>& argv, ChildOptions options = {});
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }

  // Waits until the child has ended, taking its output meanwhile; nothing where the deadline
  // passed.
  [[nodiscard]] std::optional<ExitStatus> wait(Deadline deadline = Deadline{});
  [[nodiscard]] bool running();

  void signal(int number) const;
  void kill();  // SIGKILL to the child alone, and reaps it.

  // Everything captured until now.
  [[nodiscard]] const std::string& out();
  [[nodiscard]] const std::string& err();

  // Waits for the first complete line at or after `from` in what was captured; returns it without
  // its \n, or nothing where the deadline passed or the stream ended.
  [[nodiscard]] std::optional<std::string> out_line(std::size_t from = 0,
                                                    Deadline deadline = Deadline{});
  [[nodiscard]] std::optional<std::string> err_line(std::size_t from = 0,
                                                    Deadline deadline = Deadline{});

  // Closes our ends, as a reader that goes away does.
  void close_stdout() { out_.fd.reset(); }
  void close_stderr() { err_.fd.reset(); }

  // Gives the ends away; nothing is captured from then on.
  [[nodiscard]] Fd release_stdout() { return std::move(out_.fd); }
  [[nodiscard]] Fd release_stderr() { return std::move(err_.fd); }

 private:
  struct Capture {
    Fd fd;
    std::string text;
  };
  static void take(Capture& capture);
  void pump(int timeout_ms);
  std::optional<std::string> line(Capture& capture, std::size_t from, Deadline deadline);
  bool reap(bool block);
  void destroy();

  pid_t pid_ = -1;
  std::optional<ExitStatus> status_;
  Fd pidfd_;
  Fd in_;
  std::string in_text_;
  Capture out_;
  Capture err_;
};

// For a program that is about to end: from now on no child is started, and who would start one
// waits for ever. Those that were started before are there when this returns.
void start_no_more();

// A child that runs to its end: its whole output and its status (nothing where it had to be
// killed).
struct Finished {
  std::optional<ExitStatus> status;
  std::string out;
  std::string err;
};
[[nodiscard]] Finished run(const std::vector<std::string>& argv, ChildOptions options = {},
                           Deadline deadline = Deadline{});

}  // namespace trivium::conformance
