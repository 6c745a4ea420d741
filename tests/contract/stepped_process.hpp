// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A forked process that stands still between two instructions: by ptrace(2).
#pragma once

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "process_faults.hpp"

namespace trivium::contract {

/// A place before an instruction, and whether that one may sleep: ppoll or
/// epoll_pwait2.
struct Place {
  std::uint64_t address;
  bool may_sleep;
};

/// Whether the system lets a process trace its child. A sandbox or a policy that does not is how
/// this machine is, and says nothing of the channel.
[[nodiscard]] inline bool may_trace() {
  Process child([] {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) throw std::runtime_error("refused");
    ::raise(SIGSTOP);
  });
  int status = 0;
  ::waitpid(child.pid(), &status, 0);
  return WIFSTOPPED(status) && ::ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0;
}

/// A process that runs `prepare()`, and then `act()` as far as it is told.
///
/// First one process goes through the act step by step, which finds the places; the next ones run
/// to a place at once, by breakpoints, since a step takes as long as two switches of processes.
class SteppedProcess {
 public:
  template <typename Prepare, typename Act>
  SteppedProcess(Prepare prepare, Act act)
      : stage_memory_(sizeof(Stage)), process_([&] {
          prepare();
          check(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
          ::raise(SIGSTOP);
          stage() = acting;
          act();
          stage() = over;
        }) {
    expect_stop(SIGSTOP);
    while (stage() != acting) step();
    at_ = 0;
  }

  /// Goes through the act, and says which places it came by. Before it sleeps, runs `wake`.
  template <typename Wake>
  [[nodiscard]] std::vector<Place> go_through(Wake wake) {
    std::vector<Place> places;
    while (stage() == acting) {
      const auto registers = read_registers();
      const bool waits = registers.rax == SYS_ppoll || registers.rax == SYS_epoll_pwait2;
      places.push_back({registers.rip, waits && is_syscall(registers.rip)});
      if (places.back().may_sleep) wake();
      step();
    }
    return places;
  }

  /// Goes to a place of those that another process came by. Where this one takes a different way,
  /// since time has passed, it stands at another place then, or is over, which is false.
  template <typename Wake>
  bool go_to(const std::vector<Place>& places, std::size_t place, Wake wake) {
    for (std::size_t i = 0; i < place; ++i) {
      if (!places[i].may_sleep) continue;
      if (!run_to(places, i)) return false;
      wake();
    }
    return run_to(places, place);
  }

  /// Lets it go on by itself.
  void let_go() { check(::ptrace(PTRACE_DETACH, process_.pid(), nullptr, nullptr)); }

  [[nodiscard]] Process& process() { return process_; }

 private:
  using Stage = std::atomic<int>;
  static constexpr int acting = 1;
  static constexpr int over = 2;

  // Has the process stop at an address, as long as this is there.
  class Breakpoint {
   public:
    Breakpoint(const SteppedProcess& process, std::uint64_t address)
        : process_(process), address_(address), code_(process.code(address)) {
      check(process_.write_code(address_, (code_ & ~0xffL) | 0xcc));  // int3
    }
    Breakpoint(const Breakpoint&) = delete;
    Breakpoint& operator=(const Breakpoint&) = delete;
    ~Breakpoint() { process_.write_code(address_, code_); }  // refused where it has ended

   private:
    const SteppedProcess& process_;
    std::uint64_t address_;
    long code_;
  };

  [[nodiscard]] Stage& stage() const { return *static_cast<Stage*>(stage_memory_.data()); }

  static void check(long result) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), "ptrace");
  }

  [[nodiscard]] user_regs_struct read_registers() const {
    user_regs_struct registers{};
    check(::ptrace(PTRACE_GETREGS, process_.pid(), nullptr, &registers));
    return registers;
  }
  [[nodiscard]] long code(std::uint64_t address) const {
    errno = 0;
    const long word = ::ptrace(PTRACE_PEEKTEXT, process_.pid(), address, nullptr);
    check(errno == 0 ? 0 : -1);
    return word;
  }
  long write_code(std::uint64_t address, long word) const {
    return ::ptrace(PTRACE_POKETEXT, process_.pid(), address, word);
  }
  [[nodiscard]] bool is_syscall(std::uint64_t address) const {
    return (code(address) & 0xffff) == 0x050f;
  }

  void expect_stop(int signal) {
    int status = 0;
    if (::waitpid(process_.pid(), &status, 0) < 0 || !WIFSTOPPED(status) ||
        WSTOPSIG(status) != signal) {
      throw std::runtime_error("a process that is traced does not stop as it should");
    }
  }

  void step() {
    check(::ptrace(PTRACE_SINGLESTEP, process_.pid(), nullptr, nullptr));
    expect_stop(SIGTRAP);
    ++at_;
  }

  // Goes on to a place, or to the next one where it may sleep, should it come by that first.
  bool run_to(const std::vector<Place>& places, std::size_t place) {
    if (place == at_) return true;
    step();
    const auto of = [&](std::size_t index) { return places.begin() + static_cast<long>(index); };
    const auto address = places[place].address;
    // How often it comes by the address on its way, where there is a loop.
    auto times = std::count_if(of(at_), of(place) + 1,
                               [&](const Place& on_it) { return on_it.address == address; });
    const auto sleep =
        std::find_if(of(place), places.end(), [](const Place& next) { return next.may_sleep; });
    while (stage() == acting) {
      if (read_registers().rip != address &&
          !stop_at(address, sleep == places.end() ? address : sleep->address))
        return false;
      if (--times == 0 || read_registers().rip != address) break;
      step();
    }
    at_ = place;
    return stage() == acting;
  }

  // Runs to the one or the other address; false where it ends.
  bool stop_at(std::uint64_t address, std::uint64_t other) {
    const Breakpoint first(*this, address);
    std::optional<Breakpoint> second;  // goes first: it may lie upon the other
    if (other != address) second.emplace(*this, other);
    check(::ptrace(PTRACE_CONT, process_.pid(), nullptr, nullptr));
    siginfo_t what{};
    ::waitid(P_PID, static_cast<id_t>(process_.pid()), &what, WEXITED | WSTOPPED | WNOWAIT);
    if (what.si_code != CLD_TRAPPED) return false;
    expect_stop(SIGTRAP);
    auto registers = read_registers();
    --registers.rip;  // it has executed the breakpoint
    check(::ptrace(PTRACE_SETREGS, process_.pid(), nullptr, &registers));
    return true;
  }

  SharedMemory stage_memory_;
  Process process_;
  std::size_t at_ = 0;  // the place where it stands
};

}  // namespace trivium::contract
