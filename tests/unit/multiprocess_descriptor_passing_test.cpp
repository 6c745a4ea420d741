// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/descriptor_passing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <system_error>

namespace trivium::multiprocess {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    net::checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    reading = net::Descriptor(ends[0]);
    writing = net::Descriptor(ends[1]);
  }
  net::Descriptor reading;
  net::Descriptor writing;
};

// Both name the same file.
bool same(int first, int second) {
  struct stat one {};
  struct stat other {};
  return ::fstat(first, &one) == 0 && ::fstat(second, &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

TEST(DescriptorPassing, BringsACopyThatIsClosedOnExec) {
  const auto [ours, theirs] = make_message_sockets();
  const Pipe pipe;
  ASSERT_TRUE(send_descriptor(ours.get(), pipe.writing.get()));
  const net::Descriptor received = receive_descriptor(theirs.get());
  ASSERT_TRUE(received);
  EXPECT_NE(received.get(), pipe.writing.get());
  EXPECT_TRUE(same(received.get(), pipe.writing.get()));
  EXPECT_EQ(::fcntl(received.get(), F_GETFD), FD_CLOEXEC);
}

TEST(DescriptorPassing, KeepsTheOrder) {
  const auto [ours, theirs] = make_message_sockets();
  const std::array<Pipe, 5> pipes;
  for (const auto& pipe : pipes) ASSERT_TRUE(send_descriptor(ours.get(), pipe.reading.get()));
  for (const auto& pipe : pipes) {
    EXPECT_TRUE(same(receive_descriptor(theirs.get()).get(), pipe.reading.get()));
  }
}

TEST(DescriptorPassing, WhatWasSentArrivesThoughTheSenderIsGone) {
  auto [ours, theirs] = make_message_sockets();
  const Pipe pipe;
  ASSERT_TRUE(send_descriptor(ours.get(), pipe.reading.get()));
  ours.close();
  EXPECT_TRUE(same(receive_descriptor(theirs.get()).get(), pipe.reading.get()));
  EXPECT_FALSE(receive_descriptor(theirs.get()));
}

TEST(DescriptorPassing, NobodyAtTheOtherEndIsAFailureAndNoSignal) {
  auto [ours, theirs] = make_message_sockets();
  theirs.close();
  const Pipe pipe;
  EXPECT_FALSE(send_descriptor(ours.get(), pipe.reading.get()));
  EXPECT_TRUE(same(pipe.reading.get(), pipe.reading.get())) << "the sender keeps its own";
}

TEST(DescriptorPassing, AFullSocketIsAFailureAndDoesNotBlock) {
  const auto [ours, theirs] = make_message_sockets();
  const Pipe pipe;
  int sent = 0;
  while (sent < 100'000 && send_descriptor(ours.get(), pipe.reading.get())) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100'000);
}

TEST(DescriptorPassing, AMessageWithoutADescriptorIsRejected) {
  const auto [ours, theirs] = make_message_sockets();
  ASSERT_EQ(::send(ours.get(), "x", 1, MSG_NOSIGNAL), 1);
  EXPECT_THROW((void)receive_descriptor(theirs.get()), std::system_error);
}

TEST(DescriptorPassing, AMessageOfTwoDescriptorsIsRejectedAndNeitherLeaks) {
  const auto [ours, theirs] = make_message_sockets();
  const Pipe pipe;
  const std::array<int, 2> both{pipe.reading.get(), pipe.writing.get()};
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof both)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof both);
  std::memcpy(CMSG_DATA(header), both.data(), sizeof both);
  ASSERT_EQ(::sendmsg(ours.get(), &message, MSG_NOSIGNAL), 1);

  const int next = net::Descriptor(::dup(0)).get();
  EXPECT_THROW((void)receive_descriptor(theirs.get()), std::system_error);
  EXPECT_EQ(net::Descriptor(::dup(0)).get(), next);
}

// The kernel drops a descriptor for which the receiver has no number left, and says so.
TEST(DescriptorPassing, NoNumberLeftIsAnErrorAndNotNothing) {
  const auto [ours, theirs] = make_message_sockets();
  const Pipe pipe;
  ASSERT_TRUE(send_descriptor(ours.get(), pipe.reading.get()));
  // A sanitizer looks at the first exception of its kind with a pipe of its own.
  EXPECT_THROW((void)receive_descriptor(-1), std::system_error);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const net::Descriptor highest(::dup(0));
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(highest.get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW((void)receive_descriptor(theirs.get()), std::system_error);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace trivium::multiprocess
