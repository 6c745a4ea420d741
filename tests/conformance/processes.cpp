// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/processes.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

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

std::vector<Process> descendants(pid_t root) {
  const auto all = all_processes();
  std::vector<Process> result;
  std::vector<pid_t> parents{root};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    for (const auto& process : all) {
      if (process.parent != parent) continue;
      result.push_back(process);
      parents.push_back(process.pid);
    }
  }
  return result;
}

bool any_alive(const std::vector<Process>& processes) {
  return std::ranges::any_of(processes, [](const Process& process) {
    Process now;
    return read_stat(proc(process.pid, "stat"), now) && now.born == process.born && now.state != 'Z' &&
           now.state != 'X';
  });
}

bool is_stopped(pid_t pid) {
  std::error_code error;
  for (fs::directory_iterator entry{proc(pid, "task"), error}, end; !error && entry != end;
       entry.increment(error)) {
    Process thread;
    if (read_stat(entry->path() / "stat", thread) && thread.state != 'T' && thread.state != 'Z') return false;
  }
  return !error;
}

void reap_orphans(const std::vector<Process>& orphans) {
  for (const auto& orphan : orphans) {
    Process now;
    if (read_stat(proc(orphan.pid, "stat"), now) && now.born == orphan.born && now.parent == ::getpid()) {
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(orphan.pid), &info, WEXITED | WNOHANG);
    }
  }
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

std::vector<std::string> forgotten_shared_memory() {
  const std::string folder = "/dev/shm/";
  std::set<std::string> forgotten;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error)) {
    struct stat status {};
    const std::string path = entry->path();
    if (::lstat(path.c_str(), &status) == 0 && status.st_uid == ::geteuid()) forgotten.insert(path);
  }
  if (forgotten.empty()) return {};
  for (const auto& process : all_processes()) {
    for (const auto& path : files_in_use(process.pid, folder)) forgotten.erase(path);
  }
  return {forgotten.begin(), forgotten.end()};
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
