// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Standard streams that take nothing, since they are full or closed: a server whose lines cannot
// be written says so or goes on, and leaves nothing behind.
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/conformance/child.hpp"
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

class Streams : public HazardTest {};

TEST_P(Streams, AReadyLineThatCannotBeWrittenIsOneLineAndExitOne) {
  const auto ended = conformance::run(with_streams(contender(), ">/dev/full"));
  EXPECT_EQ(ended.status, (conformance::ExitStatus{.code = 1}));
  EXPECT_EQ(ended.err, "echo: ready line: No space left on device\n");
  EXPECT_TRUE(poll_until([] {
    return !conformance::any_alive(conformance::descendants(::getpid()));
  })) << "it left processes behind";
}

INSTANTIATE_TEST_SUITE_P(All, Streams, testing::ValuesIn(all_contenders()), test_name);

}  // namespace
}  // namespace trivium::hazards
