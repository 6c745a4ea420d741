// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace trivium::conformance {
namespace {

// Beyond this nobody reads on.
constexpr std::size_t most_captured = std::size_t{256} << 20;

std::mutex starting;

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw HarnessError("pipe: " + std::generic_category().message(errno));
  }
  return {Fd{ends[0]}, Fd{ends[1]}};
}

// A terminal: what is written to it is read like from a pipe.
Pipe make_terminal() {
  Pipe terminal{Fd{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)}, {}};
  std::array<char, 64> name{};
  const int master = terminal.read_end.get();
  if (master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0 &&
      ::ptsname_r(master, name.data(), name.size()) == 0) {
    terminal.write_end.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  termios mode{};
  if (!terminal.write_end || ::tcgetattr(terminal.write_end.get(), &mode) != 0) {
    throw HarnessError("pseudoterminal: " + std::generic_category().message(errno));
  }
  ::cfmakeraw(&mode);
  ::tcsetattr(terminal.write_end.get(), TCSANOW, &mode);
  return terminal;
}

void set_nonblocking(const Fd& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) {
    throw HarnessError("fcntl: " + std::generic_category().message(errno));
  }
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// Runs in the child, in the parent's memory: everything it needs was made before.
[[noreturn]] void become(pid_t parent, char* const* argv, char* const* environment, int in, int out,
                         int err, int report) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(in, 0) >= 0 && (out < 0 || ::dup2(out, 1) >= 0) && (err < 0 || ::dup2(err, 2) >= 0)) {
    ::execvpe(argv[0], argv, environment);
  }
  const int error = errno;
  if (::write(report, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

// Not fork, which would copy the page tables of a process that holds all that was sent. A function
// by itself, so that nothing of its frame is changed under the parent.
[[gnu::noinline]] pid_t start(char* const* argv, char* const* environment, int in, int out, int err,
                              int report) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::vfork();
  if (pid == 0) become(parent, argv, environment, in, out, err, report);
  return pid;
}

// Removes `--flag value` and `--flag=value`.
void remove_flag(std::vector<std::string>& words, const std::string& flag) {
  for (auto word = words.begin(); word != words.end();) {
    if (*word == flag) {
      word = words.erase(word);
      const bool has_value = word != words.end() && !word->starts_with("--");
      if (has_value) word = words.erase(word);
    } else if (word->starts_with(flag + "=")) {
      word = words.erase(word);
    } else {
      ++word;
    }
  }
}

}  // namespace

std::vector<std::string> split_command(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      word += command[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) throw std::invalid_argument("a quote is not closed in: " + std::string{command});
  if (in_word) words.push_back(word);
  return words;
}

std::vector<std::string> substitute(std::vector<std::string> words, std::string_view placeholder,
                                    std::string_view value) {
  for (auto& word : words) boost::replace_all(word, placeholder, value);
  return words;
}

std::vector<std::string> with_flags(std::vector<std::string> words,
                                    const std::vector<std::string>& flags) {
  for (const auto& flag : flags) {
    if (flag.starts_with("--")) remove_flag(words, flag.substr(0, flag.find('=')));
  }
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

std::string flag_value(const std::vector<std::string>& words, const std::string& flag) {
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == flag && word + 1 != words.end()) return *(word + 1);
    if (word->starts_with(flag + "=")) return word->substr(flag.size() + 1);
  }
  return {};
}

Child::Child(const std::vector<std::string>& argv, ChildOptions options) {
  if (argv.empty()) throw std::invalid_argument("an empty command");
  auto words = argv;
  const auto word_pointers = pointers(words);
  auto additions = options.environment;
  auto environment = pointers(additions);
  environment.pop_back();
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(nullptr);

  Pipe in, out, err, report = make_pipe();
  if (options.stdin_text) {
    in = make_pipe();
  } else {
    in.read_end.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  if (options.capture_stdout) out = make_pipe();
  if (options.capture_stderr) err = options.terminal_stderr ? make_terminal() : make_pipe();

  {
    const std::lock_guard lock(starting);
    pid_ = start(word_pointers.data(), environment.data(), in.read_end.get(), out.write_end.get(),
                 err.write_end.get(), report.write_end.get());
  }
  if (pid_ < 0) throw HarnessError("vfork: " + std::generic_category().message(errno));
  ::setpgid(pid_, pid_);  // The child does it too: whoever is first.
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  report.write_end.reset();
  int error = 0;
  if (::read(report.read_end.get(), &error, sizeof error) == sizeof error) {
    reap(true);
    throw std::system_error(error, std::generic_category(), argv[0]);
  }
  if (options.capture_stdout) out_.fd = std::move(out.read_end);
  if (options.capture_stderr) err_.fd = std::move(err.read_end);
  if (out_.fd) set_nonblocking(out_.fd);
  if (err_.fd) set_nonblocking(err_.fd);
  if (options.stdin_text) {
    in_ = std::move(in.write_end);
    in_text_ = std::move(*options.stdin_text);
    set_nonblocking(in_);
    pump(0);
  }
}

Child::Child(Child&& other) noexcept {
  *this = std::move(other);
}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  destroy();
  pid_ = std::exchange(other.pid_, -1);
  status_ = other.status_;
  pidfd_ = std::move(other.pidfd_);
  in_ = std::move(other.in_);
  in_text_ = std::move(other.in_text_);
  out_ = std::move(other.out_);
  err_ = std::move(other.err_);
  return *this;
}

Child::~Child() {
  destroy();
}

void Child::destroy() {
  if (pid_ < 0) return;
  if (!status_) {
    ::kill(-pid_, SIGKILL);
    kill();
  }
  pid_ = -1;
}

void Child::signal(int number) const {
  if (!status_ && pid_ > 0) ::kill(pid_, number);
}

void Child::kill() {
  signal(SIGKILL);
  reap(true);
}

bool Child::reap(bool block) {
  if (status_) return true;
  siginfo_t info{};
  const int flags = WEXITED | (block ? 0 : WNOHANG);
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, flags) != 0) {
    if (errno != EINTR) return false;
  }
  if (info.si_pid == 0) return false;
  status_ = info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status}
                                       : ExitStatus{.code = -1, .signal = info.si_status};
  return true;
}

bool Child::running() {
  return !reap(false);
}

void Child::take(Capture& capture) {
  std::array<char, 65536> buffer;
  while (capture.fd) {
    const ssize_t count = ::read(capture.fd.get(), buffer.data(), buffer.size());
    if (count > 0) {
      capture.text.append(buffer.data(), static_cast<std::size_t>(count));
      if (capture.text.size() > most_captured) capture.fd.reset();
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && errno == EAGAIN) {
      return;
    } else {
      capture.fd.reset();
    }
  }
}

// Moves what can be moved through the pipes, waiting for the first chance at most timeout_ms.
void Child::pump(int timeout_ms) {
  std::array<pollfd, 4> polled{{{status_ ? -1 : pidfd_.get(), POLLIN, 0},
                                {out_.fd.get(), POLLIN, 0},
                                {err_.fd.get(), POLLIN, 0},
                                {in_.get(), POLLOUT, 0}}};
  ::poll(polled.data(), polled.size(), timeout_ms);
  if (in_) {
    const ssize_t count = ::write(in_.get(), in_text_.data(), in_text_.size());
    if (count >= 0) in_text_.erase(0, static_cast<std::size_t>(count));
    if (in_text_.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) in_.reset();
  }
  take(out_);
  take(err_);
}

std::optional<ExitStatus> Child::wait(Deadline deadline) {
  while (!reap(false)) {
    if (deadline.expired()) return std::nullopt;
    pump(deadline.remaining_ms());
  }
  pump(0);
  return status_;
}

const std::string& Child::out() {
  pump(0);
  return out_.text;
}

const std::string& Child::err() {
  pump(0);
  return err_.text;
}

std::optional<std::string> Child::line(Capture& capture, std::size_t from, Deadline deadline) {
  for (;;) {
    pump(0);
    const auto end = capture.text.find('\n', from);
    if (end != std::string::npos) return capture.text.substr(from, end - from);
    if (!capture.fd || deadline.expired()) return std::nullopt;
    if (reap(false)) {  // Dead, and the pipe was emptied before we knew: look once more.
      pump(0);
      const auto last = capture.text.find('\n', from);
      if (last == std::string::npos) return std::nullopt;
      return capture.text.substr(from, last - from);
    }
    pump(std::min(deadline.remaining_ms(), 100));
  }
}

std::optional<std::string> Child::out_line(std::size_t from, Deadline deadline) {
  return line(out_, from, deadline);
}

std::optional<std::string> Child::err_line(std::size_t from, Deadline deadline) {
  return line(err_, from, deadline);
}

void start_no_more() {
  starting.lock();
}

Finished run(const std::vector<std::string>& argv, ChildOptions options, Deadline deadline) {
  Child child{argv, std::move(options)};
  Finished result;
  result.status = child.wait(deadline);
  if (!result.status) child.kill();
  result.out = child.out();
  result.err = child.err();
  return result;
}

}  // namespace trivium::conformance
