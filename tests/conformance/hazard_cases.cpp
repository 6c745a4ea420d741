// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Hazard lines: off unless asked for, and what each does before its line is answered. What a hazard
// does to others is the model's own, and is tests/hazards' to prove.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/scratch_file.hpp"

namespace trivium::conformance {
namespace {

// CPU time of all threads of a process.
std::chrono::nanoseconds cpu_time(pid_t pid) {
  std::chrono::nanoseconds sum{0};
  const auto tasks = std::filesystem::path{"/proc"} / std::to_string(pid) / "task";
  for (const auto& task : std::filesystem::directory_iterator{tasks}) {
    std::ifstream file{task.path() / "schedstat"};
    std::int64_t nanoseconds = 0;
    if (file >> nanoseconds) sum += std::chrono::nanoseconds{nanoseconds};
  }
  return sum;
}

class EchoContractHazards : public EchoTest {
 protected:
  void SetUp() override { use({"--hazards"}); }

  // Asks who serves this connection.
  static pid_t ask_pid(Stream& stream) {
    stream.send("@pid\n");
    std::string line;
    while (!line.ends_with('\n')) {
      const auto got = stream.receive(1);
      if (got.data.empty()) break;
      line += got.data;
    }
    int pid = 0;
    int tid = 0;
    char end = 0;
    EXPECT_EQ(std::sscanf(line.c_str(), "pid=%d tid=%d%c", &pid, &tid, &end), 3) << escaped(line);
    EXPECT_EQ(end, '\n') << escaped(line);
    EXPECT_TRUE(
        std::filesystem::exists("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid)))
        << escaped(line);
    return pid;
  }

  // Has the line answered by itself, and says how much CPU time its server used meanwhile.
  std::chrono::nanoseconds cpu_time_of(const std::string& line) {
    auto stream = open(server());
    const pid_t pid = ask_pid(stream);
    const auto before = cpu_time(pid);
    expect_echo(stream, line);
    return cpu_time(pid) - before;
  }
};

TEST_F(EchoContractHazards, AreOffByDefault) {
  const Requirement requirement{"hazards.off", "C6.1", Level::must,
                                "Without --hazards a line that begins with @ is a line like any "
                                "other."};
  use({});
  const std::string lines =
      "@pid\n@sleep 1m\n@block 1m\n@work 1m\n@hang\n@crash\n@abort\n@leak 1MiB\n";
  const auto begin = Clock::now();
  expect_answer(server(), lines + "\n", lines);
  expect_answer(server(), "@crash", "@crash\n", Finish::half_close);
  EXPECT_LT(since(begin), milliseconds{60'000});
}

TEST_F(EchoContractHazards, Pid) {
  const Requirement requirement{"hazards.pid", "C6.2", Level::must,
                                "@pid is answered by the process and the thread that serve the "
                                "line."};
  auto stream = open(server());
  const pid_t pid = ask_pid(stream);
  const auto units = descendants(server().child().pid());
  EXPECT_TRUE(pid == server().child().pid() ||
              std::ranges::any_of(units, [&](const Process& unit) { return unit.pid == pid; }))
      << pid << " is not among" << to_string(units);
  EXPECT_EQ(ask_pid(stream), pid) << "a connection stays with its process";
}

TEST_F(EchoContractHazards, SleepAndBlockWait) {
  const Requirement requirement{"hazards.sleep", "C6.3", Level::must,
                                "@sleep and @block wait, and then their line is answered by "
                                "itself; they use no CPU time to speak of."};
  for (const std::string line : {"@sleep 200ms", "@block 200ms"}) {
    SCOPED_TRACE(line);
    const auto begin = Clock::now();
    EXPECT_LT(cpu_time_of(line), milliseconds{100});
    EXPECT_GE(since(begin), milliseconds{200});
  }
}

TEST_F(EchoContractHazards, WorkComputes) {
  const Requirement requirement{"hazards.work", "C6.3", Level::must,
                                "@work uses that much CPU time of the process that serves the "
                                "line, which is then answered by itself."};
  EXPECT_GE(cpu_time_of("@work 200ms"), milliseconds{200});
}

TEST_F(EchoContractHazards, LeakKeepsMemory) {
  const Requirement requirement{"hazards.leak", "C6.3", Level::must,
                                "@leak keeps memory, and is answered by its line."};
  constexpr std::size_t leaked = std::size_t{32} << 20;
  auto stream = open(server());
  const pid_t pid = ask_pid(stream);
  expect_echo(stream, "@leak 4096");
  const auto before = resident_bytes(pid);
  expect_echo(stream, "@leak 32MiB");
  EXPECT_GE(resident_bytes(pid), before + leaked / 10 * 9);
}

TEST_F(EchoContractHazards, OthersAreEchoed) {
  const Requirement requirement{"hazards.unknown", "C6.1", Level::must,
                                "What is none of the hazards to the letter is echoed as it is."};
  const std::string lines =
      "@\n@nonsense\n@sleep\n@sleep 10\n@sleep 10 ms\n@block 1h\n@work -1ms\n@hang 1s\n@crash "
      "now\n@CRASH\n@leak\n@leak 1KB\n@pid 1\n @crash\na@crash\n@@crash\n";
  expect_answer(server(), lines + "\n", lines);
}

TEST_F(EchoContractHazards, LaterLinesWait) {
  const Requirement requirement{"hazards.order", "C6.4", Level::must,
                                "Lines after a hazard wait for it, and are answered after it, in "
                                "order; at the end of input a hazard is a line as it stands."};
  const auto begin = Clock::now();
  expect_answer(server(), "a\n@sleep 100ms\nb\n@work 20ms\r\nc\n\nignored\n",
                "a\n@sleep 100ms\nb\n@work 20ms\nc\n");
  EXPECT_GE(since(begin), milliseconds{120});
  expect_answer(server(), "a\n@sleep 10ms", "a\n@sleep 10ms\n", Finish::half_close);
}

TEST_F(EchoContractHazards, WhatIsOwedIsSentBeforeAHang) {
  const Requirement requirement{"hazards.owed-before-hang", "C6.4", Level::must,
                                "What was owed before a hazard line is sent before it acts: a "
                                "handler that computes for ever takes nothing along."};
  expect_gone();
  auto stream = server().connect();
  stream.send("a\nb\n@hang\nc\n");
  expect_bytes(stream, std::string{head} + "a\nb\n");
  expect_silence(stream);
}

TEST_F(EchoContractHazards, WhatIsOwedIsSentBeforeACrash) {
  const Requirement requirement{"hazards.owed-before-crash", "C6.4", Level::must,
                                "So it is before a crash, which answers nothing itself."};
  for (const std::string line : {"@crash", "@abort"}) {
    SCOPED_TRACE(line);
    use({"--hazards"});
    auto stream = server().connect();
    stream.send("a\nb\n" + line + "\n");
    const auto got = stream.receive_to_end();
    EXPECT_EQ(escaped(got.data), escaped(std::string{head} + "a\nb\n"));
    EXPECT_NE(got.end, End::timeout);
  }
  expect_gone();  // or not: that is the model's
}

TEST_F(EchoContractHazards, ASleeperIsClosedAtTheDrainTimeout) {
  const Requirement requirement{"hazards.drain", "C6.5", Level::must,
                                "A handler that only waits does not outlast the drain timeout; "
                                "its connection is counted as drain, and the exit is 0."};
  expect_gone();
  expect_end_by(milliseconds{1000}, [&] {
    const ScratchFile stats{"stats.json"};
    use({"--hazards", "--drain-timeout", "1s", "--stats", stats.path()});
    auto stream = open(server());
    stream.send("a\n@sleep 1m\n");
    expect_bytes(stream, "a\n");
    const auto start = Clock::now();
    server().child().signal(SIGTERM);
    expect_end(stream);
    stream.close();
    const auto status = server().child().wait();
    const auto took = since(start);
    EXPECT_TRUE(status && status->shell_code() == 0) << "the server did not end with 0";
    EXPECT_EQ(parse_counters(stats.text()).closed("drain"), 1);
    return took;
  });
}

}  // namespace
}  // namespace trivium::conformance
