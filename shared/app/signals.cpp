// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace trivium::app {

Signals::Signals(std::initializer_list<int> watched) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : watched) sigaddset(&set, signal);
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  }
  descriptor_ =
      net::Descriptor(net::checked(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

std::optional<Command> Signals::take() {
  signalfd_siginfo info{};
  const auto size = ::read(descriptor_.get(), &info, sizeof info);
  if (size != sizeof info) return std::nullopt;
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGUSR1) return Command::report;
  if (signal == SIGCHLD) return Command::child_ended;
  last_ = signal;
  return ++stops_ == 1 ? Command::drain : Command::kill;
}

void make_interrupting(int signal) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigemptyset(&action.sa_mask);
  net::checked(::sigaction(signal, &action, nullptr), "sigaction");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace trivium::app
