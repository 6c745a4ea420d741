// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/startup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <initializer_list>

namespace trivium::net {
namespace {

bool is_null(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

// In a child, since a test program needs its own. Exits 0 where every stream is open, those that
// were closed are /dev/null, and nothing else was opened.
[[noreturn]] void close_and_open(std::initializer_list<int> closed) {
  const int next = ::dup(STDOUT_FILENO);
  ::close(next);
  for (const int stream : closed) ::close(stream);
  open_standard_streams();
  bool good = ::fcntl(next, F_GETFD) < 0;
  for (const int stream : {0, 1, 2}) good = good && ::fcntl(stream, F_GETFD) >= 0;
  for (const int stream : closed) good = good && is_null(stream);
  ::_exit(good ? 0 : 1);
}

TEST(StartupDeathTest, StandardStreamsThatAreClosedBecomeDevNull) {
  EXPECT_EXIT(close_and_open({}), testing::ExitedWithCode(0), "");
  for (const int stream : {0, 1, 2}) {
    EXPECT_EXIT(close_and_open({stream}), testing::ExitedWithCode(0), "") << stream;
  }
  EXPECT_EXIT(close_and_open({0, 2}), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(close_and_open({0, 1, 2}), testing::ExitedWithCode(0), "");
}

TEST(Startup, TheSoftLimitOfDescriptorsBecomesTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  raise_descriptor_limit();
  rlimit after{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(after.rlim_max, before.rlim_max);
}

}  // namespace
}  // namespace trivium::net
