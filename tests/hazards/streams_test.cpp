// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Standard streams that take nothing, since they are full or closed: a server whose lines cannot
// be written says so or goes on, and leaves nothing behind.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conformance/child.hpp"
#include "tests/conformance/socket.hpp"
#include "tests/hazards/hazard_test.hpp"

namespace trivium::hazards {
namespace {

// The contender's command on any port, with what a shell is to do to its streams.
std::vector<std::string> with_streams(const Contender& contender, const std::string& redirection) {
  auto words =
      conformance::substitute(conformance::split_command(contender.command()), "{port}", "0");
  std::vector<std::string> shell{"/bin/sh", "-c", "exec \"$@\" " + redirection, "sh"};
  shell.insert(shell.end(), words.begin(), words.end());
  return shell;
}

// The server whose ready line that is.
EchoServer server_of(const std::string& ready) {
  return EchoServer(conformance::parse_endpoint(ready.substr(ready.rfind(' ') + 1)));
}

class Streams : public HazardTest {};

TEST_P(Streams, AReadyLineThatCannotBeWrittenIsOneLineAndExitOne) {
  const auto ended = conformance::run(with_streams(contender(), ">/dev/full"));
  EXPECT_EQ(ended.status, (conformance::ExitStatus{.code = 1}));
  EXPECT_EQ(ended.err, "echo: ready line: No space left on device\n");
  EXPECT_TRUE(poll_until([] {
    return !conformance::any_alive(conformance::descendants(::getpid()));
  })) << "it left processes behind";
}

// A pipe that is open, full and not read.
class FullPipe {
 public:
  FullPipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0) throw std::runtime_error("no pipe");
    reader_ = conformance::Fd(ends[0]);
    writer_ = conformance::Fd(ends[1]);
    const std::string page(4096, 'x');
    while (::write(writer_.get(), page.data(), page.size()) > 0) continue;
  }

  // Opened anew, since O_NONBLOCK would go with a copy.
  [[nodiscard]] std::string path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(writer_.get());
  }

 private:
  conformance::Fd reader_;
  conformance::Fd writer_;
};

TEST_P(Streams, CountersForWhichThereIsNoRoomHoldUpNobody) {
  const FullPipe full;
  conformance::Child child(with_streams(contender(), "2>" + full.path()));
  const auto ready = child.out_line();
  ASSERT_TRUE(ready);
  const EchoServer server = server_of(*ready);
  for (int i = 0; i < 3; ++i) {
    child.signal(SIGUSR1);
    conformance::expect_answer(server, "service\n\n", "service\n");
  }
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), (conformance::ExitStatus{.code = 0}));
}

TEST_P(Streams, AnEndThatCannotSayWhyIsAnEnd) {
  const FullPipe full;
  const auto ended = conformance::run(with_streams(contender(), ">/dev/full 2>" + full.path()));
  EXPECT_EQ(ended.status, (conformance::ExitStatus{.code = 1}));
}

TEST_P(Streams, WhoeverDiesOfAnExceptionDiesThoughNobodyReadsWhy) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "n/a: a sanitizer takes memory that no limit allows";
#endif
  const FullPipe full;
  auto words = with_streams(contender(), "--hazards --workers 2 2>" + full.path());
  words.at(2).insert(0, "ulimit -d 131072 && ");  // KiB
  conformance::Child child(words);
  const auto ready = child.out_line();
  ASSERT_TRUE(ready);
  const EchoServer server = server_of(*ready);
  for (int death = 0; death < 4; ++death) {  // more than there are workers
    auto stream = server.connect();
    stream.send("@leak 512MiB\n");
    ASSERT_NE(stream.receive_to_end().end, End::timeout);
    if (!contender().processes()) {
      const auto status = child.wait();
      ASSERT_TRUE(status) << "it did not die";
      EXPECT_NE(status->shell_code(), 0);
      return;
    }
  }
  conformance::expect_answer(server, "service\n\n", "service\n");
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), (conformance::ExitStatus{.code = 0}));
}

TEST_P(Streams, ThatAreClosedAreNobodyElses) {
  conformance::Child child(with_streams(contender(), "<&- 2>&-"));
  const auto ready = child.out_line();
  ASSERT_TRUE(ready);
  const EchoServer server = server_of(*ready);
  for (const char* stream : {"0", "2"}) {
    const auto link = "/proc/" + std::to_string(child.pid()) + "/fd/" + stream;
    EXPECT_EQ(std::filesystem::read_symlink(link), "/dev/null") << stream;
  }
  child.signal(SIGUSR1);
  conformance::expect_answer(server, "service\n\n", "service\n");
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), (conformance::ExitStatus{.code = 0}));
}

INSTANTIATE_TEST_SUITE_P(All, Streams, testing::ValuesIn(all_contenders()), test_name);

}  // namespace
}  // namespace trivium::hazards
