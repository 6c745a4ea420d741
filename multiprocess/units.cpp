// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "units.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <numeric>

#include "child_process.hpp"

namespace trivium::multiprocess {

Units::Units(std::size_t capacity, std::size_t processes)
    : board_(capacity), processes_(processes) {
  if (processes > 1) net::checked(::prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
}

Units::~Units() {
  kill_all();
}

std::size_t Units::start(const Body& body) {
  return launch([&](std::size_t unit) { return fork_worker([&] { body(board_.slot(unit)); }); });
}

std::size_t Units::launch(const Launch& launch) {
  const std::size_t slot = free_slots_.empty() ? fresh_slot_ : free_slots_.back();
  const pid_t pid = launch(slot);
  running_.emplace(pid, Unit{slot, Clock::now()});
  if (free_slots_.empty()) {
    ++fresh_slot_;
  } else {
    free_slots_.pop_back();
  }
  retired_.units_started += processes_;
  return slot;
}

std::vector<Units::Ended> Units::reap() {
  std::vector<Ended> all;
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto unit = running_.find(pid);
    if (unit == running_.end()) continue;  // half a pair, or left by whoever exec'd this program
    const auto [slot, started] = unit->second;
    const bool died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    net::Totals counted;
    counted += board_.slot(slot);
    retired_.fold(board_.slot(slot));
    retired_.units_died += died ? processes_ : 0;
    const auto closed =
        std::accumulate(counted.closed.begin(), counted.closed.end(), std::uint64_t{0});
    all.push_back({slot, died, counted.accepted, closed, Clock::now() - started});
    running_.erase(unit);
    free_slots_.push_back(slot);
  }
  return all;
}

void Units::crashed(std::uint64_t connections) noexcept {
  const auto reason = given_up_ ? protocol::CloseReason::drain : protocol::CloseReason::crashed;
  retired_.closed[static_cast<std::size_t>(reason)] += connections;
}

void Units::give_up() noexcept {
  given_up_ = true;
  for (const auto& [pid, unit] : running_) signal(pid, SIGKILL);
}

void Units::kick() const noexcept {
  for (const auto& [pid, unit] : running_) signal(pid, SIGTERM);
}

void Units::kill(std::size_t unit) const noexcept {
  for (const auto& [pid, known] : running_) {
    if (known.slot == unit) signal(pid, SIGKILL);
  }
}

void Units::kill_all() noexcept {
  for (const auto& [pid, unit] : running_) signal(pid, SIGKILL);
  for (const auto& [pid, unit] : running_) {
    ::waitpid(pid, nullptr, 0);
    retired_.fold(board_.slot(unit.slot));
  }
  running_.clear();
}

// A pair that is no group yet has one process.
void Units::signal(pid_t unit, int number) const noexcept {
  if (processes_ == 1 || ::kill(-unit, number) < 0) ::kill(unit, number);
}

net::Totals Units::totals() const {
  net::Totals totals = retired_;
  for (const auto& [pid, unit] : running_) totals += board_.slot(unit.slot);
  totals += own_;  // the last, since it may count the accepting of what others count as closed
  return totals;
}

}  // namespace trivium::multiprocess
