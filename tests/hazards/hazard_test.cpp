// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/hazards/hazard_test.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "tests/conformance/harness.hpp"

namespace trivium::hazards {
namespace {

std::size_t resident(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::size_t size = 0;
  std::size_t pages = 0;
  file >> size >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string read_line(Stream& stream) {
  std::string line;
  while (!line.ends_with('\n')) {
    const auto got = stream.receive(1);
    if (got.data.empty())
      throw std::runtime_error("no line, but " + std::string(to_string(got.end)));
    line += got.data;
  }
  return line;
}

}  // namespace

void judge_command(const std::string& command) {
  conformance::Config config;
  config.mode = conformance::Mode::spawn;
  config.contract = true;
  config.spawn_command = command;
  conformance::set_config(config);
}

void HazardTest::serve(std::vector<std::string> flags, int descriptors) {
  server_.reset();
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  stats_path_ = testing::TempDir() + "trivium-hazards-" + std::to_string(::getpid()) + "-" +
                test->name() + ".json";
  std::replace(stats_path_.begin() + static_cast<long>(testing::TempDir().size()),
               stats_path_.end(), '/', '-');
  std::string command = contender().command();
  if (descriptors > 0) {
    command =
        "/bin/sh -c 'ulimit -n " + std::to_string(descriptors) + "; exec \"$@\"' sh " + command;
  }
  judge_command(command);
  flags.insert(flags.end(), {"--stats", stats_path_, "--hazards"});
  server_.emplace(flags);
}

Unit HazardTest::ask(Stream& stream) {
  stream.send("@pid\n");
  const std::string line = read_line(stream);
  Unit unit;
  if (std::sscanf(line.c_str(), "pid=%d tid=%d", &unit.pid, &unit.tid) != 2) {
    throw std::runtime_error("@pid was answered by " + line);
  }
  return unit;
}

void HazardTest::expect_service() {
  conformance::expect_answer(server(), "service\n\n", "service\n");
}

void HazardTest::expect_refused() {
  // The kernel may close what a dead process had a moment after it is dead.
  const auto refused = [&] {
    try {
      (void)server().connect();
      return false;
    } catch (const std::system_error&) {
      return true;
    }
  };
  EXPECT_TRUE(poll_until(refused)) << "somebody still listens";
}

Counters HazardTest::stats() const {
  std::ifstream file(stats_path_);
  std::stringstream text;
  text << file.rdbuf();
  std::filesystem::remove(stats_path_);
  return conformance::parse_counters(text.str());
}

std::size_t HazardTest::processes() {
  const auto all = conformance::descendants(main_process());
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const auto& one) { return one.state != 'Z'; }));
}

std::size_t memory_of_all(pid_t root) {
  std::size_t sum = resident(root);
  for (const auto& process : conformance::descendants(root)) sum += resident(process.pid);
  return sum;
}

std::string test_name(const testing::TestParamInfo<Contender>& info) {
  std::string name = info.param.name();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

}  // namespace trivium::hazards
