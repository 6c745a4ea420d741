// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <csignal>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  // What a server leaves behind becomes our child, and so can be seen.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return RUN_ALL_TESTS();
}
