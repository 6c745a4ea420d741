// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <system_error>

#include "shared/app/say.hpp"
#include "shared/app/signals.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {
namespace {

namespace process = boost::process;

[[noreturn]] void run_worker(pid_t parent, const std::function<void()>& body) noexcept {
  try {
    become_worker(parent);
    body();
    ::_exit(0);
  } catch (const std::exception& error) {
    app::say(std::string(program_invocation_short_name) + " worker: " + error.what());
    ::_exit(1);
  }
}

// In the child that is to exec: gives descriptors their numbers there. The sources stand above the
// numbers, so that none is overwritten before it was copied, and are closed on exec themselves.
struct InheritAs : process::extend::handler {
  explicit InheritAs(const std::vector<int>& inherited) {
    const int above = first_inherited + static_cast<int>(inherited.size());
    for (const int descriptor : inherited) {
      sources.emplace_back(
          net::checked(::fcntl(descriptor, F_DUPFD_CLOEXEC, above), "cannot copy a descriptor"));
    }
  }

  template <typename Executor>
  void on_exec_setup(Executor& executor) const {
    int number = first_inherited;
    for (const auto& source : sources) {
      if (::dup2(source.get(), number++) < 0) {
        executor.set_error(process::detail::get_last_error(), "dup2");
      }
    }
  }

  std::vector<net::Descriptor> sources;
};

}  // namespace

pid_t fork_worker(const std::function<void()>& body) {
  const pid_t parent = ::getpid();
  const pid_t pid = net::checked(::fork(), "fork");
  if (pid == 0) run_worker(parent, body);
  return pid;
}

pid_t start_program(const std::string& path, const std::vector<std::string>& arguments,
                    const std::vector<int>& inherited) {
  try {
    InheritAs inherit(inherited);
    process::child child(process::exe = path, process::args = arguments,
                         (process::std_in < process::null), (process::std_out > stdout),
                         (process::std_err > stderr), inherit);
    const pid_t pid = child.id();
    child.detach();  // whoever started it reaps it
    return pid;
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), "cannot start " + path);
  }
}

void become_worker(pid_t parent) {
  net::checked(::prctl(PR_SET_PDEATHSIG, SIGKILL), "PR_SET_PDEATHSIG");
  if (::getppid() != parent) ::_exit(1);  // it died before it could be asked for
  for (const int signal : {SIGPIPE, SIGINT, SIGUSR1}) std::signal(signal, SIG_IGN);
  for (const int signal : {SIGCHLD, SIGUSR2}) std::signal(signal, SIG_DFL);
  app::make_interrupting(SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  int from = first_inherited;
  for (const int descriptor : kept) {
    if (descriptor < from) continue;
    if (descriptor > from) {
      net::checked(
          ::close_range(static_cast<unsigned>(from), static_cast<unsigned>(descriptor) - 1, 0),
          "close_range");
    }
    from = descriptor + 1;
  }
  close_all_from(from);
}

void close_all_from(int first) {
  net::checked(::close_range(static_cast<unsigned>(first), ~0U, 0), "close_range");
}

std::string program_beside(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").replace_filename(name).string();
}

}  // namespace trivium::multiprocess
