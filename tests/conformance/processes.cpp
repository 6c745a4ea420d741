// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/processes.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "tests/conformance/deadline.hpp"
#include "tests/conformance/tcp_table.hpp"

namespace trivium::conformance {
namespace {

namespace fs = std::filesystem;

pid_t to_pid(const std::string& name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc{} && end == name.data() + name.size() ? pid : 0;
}

fs::path proc(pid_t pid, const char* file) {
  return fs::path{"/proc"} / std::to_string(pid) / file;
}

// False where the process, or the thread, has gone meanwhile.
bool read_stat(const fs::path& path, Process& process) {
  std::ifstream file{path};
  std::string text;
  if (!std::getline(file, text)) return false;
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == text.npos || close == text.npos) return false;
  process.pid = to_pid(text.substr(0, open - 1));
  process.name = text.substr(open + 1, close - open - 1);
  std::istringstream rest{text.substr(close + 2)};
  rest >> process.state >> process.parent;
  std::string skipped;
  for (int field = 5; field < 22; ++field) rest >> skipped;
  rest >> process.born;
  return static_cast<bool>(rest);
}

// The links in /proc/PID/fd, as far as they can be read.
std::vector<std::string> descriptor_targets(pid_t pid) {
  std::vector<std::string> targets;
  std::error_code error;
  for (fs::directory_iterator entry{proc(pid, "fd"), error}, end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const auto target = fs::read_symlink(entry->path(), gone);
    if (!gone) targets.push_back(target.string());
  }
  return targets;
}

// Those below `root`, less those that are spared and what is below them.
std::vector<Process> descendants_but(pid_t root, const std::set<pid_t>& spared) {
  const auto all = all_processes();
  std::vector<Process> result;
  std::vector<pid_t> parents{root};
  for (std::size_t i = 0; i < parents.size(); ++i) {
    for (const auto& process : all) {
      if (process.parent != parents[i] || spared.contains(process.pid)) continue;
      result.push_back(process);
      parents.push_back(process.pid);
    }
  }
  return result;
}

// What /proc tells of a process that is known already; false where it has gone.
bool find_again(const Process& process, Process& now) {
  return read_stat(proc(process.pid, "stat"), now) && now.born == process.born;
}

}  // namespace

std::vector<Process> all_processes() {
  std::vector<Process> result;
  std::error_code error;
  for (fs::directory_iterator entry{"/proc", error}, end; !error && entry != end;
       entry.increment(error)) {
    const pid_t pid = to_pid(entry->path().filename().string());
    Process process;
    if (pid > 0 && read_stat(proc(pid, "stat"), process)) result.push_back(process);
  }
  return result;
}

std::optional<Process> find_process(pid_t pid) {
  Process process;
  return read_stat(proc(pid, "stat"), process) ? std::optional{process} : std::nullopt;
}

std::vector<Process> descendants(pid_t root) {
  return descendants_but(root, {});
}

std::vector<pid_t> family(pid_t root) {
  std::vector<pid_t> pids{root};
  for (const auto& process : descendants(root)) pids.push_back(process.pid);
  return pids;
}

bool any_alive(const std::vector<Process>& processes) {
  return std::ranges::any_of(processes, [](const Process& process) {
    Process now;
    return find_again(process, now) && now.state != 'Z' && now.state != 'X';
  });
}

bool is_stopped(pid_t pid) {
  std::error_code error;
  for (fs::directory_iterator entry{proc(pid, "task"), error}, end; !error && entry != end;
       entry.increment(error)) {
    Process thread;
    const bool is_there = read_stat(entry->path() / "stat", thread);
    if (is_there && thread.state != 'T' && thread.state != 'Z') return false;
  }
  return !error;
}

void reap_orphans(const std::vector<Process>& orphans) {
  for (const auto& orphan : orphans) {
    Process now;
    if (find_again(orphan, now) && now.parent == ::getpid()) {
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(orphan.pid), &info, WEXITED | WNOHANG);
    }
  }
}

void end_descendants(const std::set<pid_t>& spared) {
  // Again and again: one that was about to start another may have done so.
  (void)poll_until(
      [&] {
        const auto left = descendants_but(::getpid(), spared);
        for (const auto& process : left) ::kill(process.pid, SIGKILL);
        reap_orphans(left);
        return left.empty();
      },
      Deadline{milliseconds{5000}});
}

std::string to_string(const std::vector<Process>& processes) {
  std::string text;
  for (const auto& process : processes) {
    text += " " + process.name + "(" + std::to_string(process.pid) + ", " + process.state + ")";
  }
  return text.empty() ? " none" : text;
}

std::size_t open_descriptors(pid_t pid) {
  return descriptor_targets(pid).size();
}

std::size_t open_descriptors_in_all(pid_t root) {
  std::size_t sum = open_descriptors(root);
  for (const auto& process : descendants(root)) sum += open_descriptors(process.pid);
  return sum;
}

std::size_t resident_bytes(pid_t pid) {
  std::size_t all = 0;
  std::size_t resident = 0;
  std::ifstream{proc(pid, "statm")} >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::vector<std::string> files_in_use(pid_t pid, const std::string& prefix) {
  std::vector<std::string> result;
  for (auto& target : descriptor_targets(pid)) {
    if (target.starts_with(prefix)) result.push_back(std::move(target));
  }
  std::ifstream maps{proc(pid, "maps")};
  for (std::string line; std::getline(maps, line);) {
    const auto path = line.find(" " + prefix);
    if (path != line.npos) result.push_back(line.substr(path + 1));
  }
  return result;
}

std::set<ForgottenFile> forgotten_shared_memory() {
  const std::string folder = "/dev/shm/";
  std::map<std::string, ForgottenFile> found;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error)) {
    struct stat status {};
    const std::string path = entry->path();
    if (::lstat(path.c_str(), &status) != 0 || status.st_uid != ::geteuid()) continue;
    const auto& changed = status.st_ctim;
    found.insert({path, {path, status.st_ino, changed.tv_sec, changed.tv_nsec}});
  }
  std::set<ForgottenFile> forgotten;
  if (found.empty()) return forgotten;
  for (const auto& process : all_processes()) {
    for (const auto& path : files_in_use(process.pid, folder)) found.erase(path);
  }
  for (const auto& [path, file] : found) forgotten.insert(file);
  return forgotten;
}

std::vector<pid_t> holders(const Stream& client, const std::vector<Process>& among) {
  std::vector<pid_t> result;
  const auto server_end = find_peer(client.fd());
  if (!server_end) return result;
  const auto wanted = "socket:[" + std::to_string(server_end->inode) + "]";
  for (const auto& process : among) {
    const auto targets = descriptor_targets(process.pid);
    if (std::ranges::find(targets, wanted) != targets.end()) result.push_back(process.pid);
  }
  return result;
}

}  // namespace trivium::conformance
