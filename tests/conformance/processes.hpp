// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What /proc tells about a server's processes.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';             // Z is a zombie
  unsigned long long born = 0;  // with pid, it names a process for ever
  std::string name;
};

[[nodiscard]] std::vector<Process> all_processes();
// Nothing where there is no such process.
[[nodiscard]] std::optional<Process> find_process(pid_t pid);

// Those below `root`, itself not included, zombies included; each after its parent, and children
// before grandchildren.
[[nodiscard]] std::vector<Process> descendants(pid_t root);
// The same by their numbers, and `root` before them.
[[nodiscard]] std::vector<pid_t> family(pid_t root);

// True where one of them still runs (a zombie does not).
[[nodiscard]] bool any_alive(const std::vector<Process>& processes);

// True where each of its threads is stopped (SIGSTOP) or has ended.
[[nodiscard]] bool is_stopped(pid_t pid);

// Reaps the orphans that were given to this program, the subreaper. Direct children are left to
// their owners.
void reap_orphans(const std::vector<Process>& orphans);

// Kills and reaps every process below this one, but for those that are spared and what is below
// them; waits 5 s at most until they have gone. Below a subreaper (prctl(2)) are also those
// whose parents have ended.
void end_descendants(const std::set<pid_t>& spared = {});

[[nodiscard]] std::string to_string(const std::vector<Process>& processes);

[[nodiscard]] std::size_t open_descriptors(pid_t pid);
// The same of a process and of all below it.
[[nodiscard]] std::size_t open_descriptors_in_all(pid_t root);

// Resident memory in bytes, shared pages included.
[[nodiscard]] std::size_t resident_bytes(pid_t pid);

// Paths that the process has mapped or open and that begin with `prefix`.
[[nodiscard]] std::vector<std::string> files_in_use(pid_t pid, const std::string& prefix);

// A file as it is since it was last made, resized or written to.
struct ForgottenFile {
  std::string path;
  unsigned long inode = 0;
  long changed_s = 0;
  long changed_ns = 0;

  auto operator<=>(const ForgottenFile&) const = default;
};

// The files in /dev/shm that are this user's and that no process has mapped or open, among those
// that this program can look into.
[[nodiscard]] std::set<ForgottenFile> forgotten_shared_memory();

// The processes among `among` that hold the server's end of this client's connection.
[[nodiscard]] std::vector<pid_t> holders(const Stream& client, const std::vector<Process>& among);

}  // namespace trivium::conformance
