// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/shared_memory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <span>

#include "multiprocess/board.hpp"

namespace trivium::multiprocess {
namespace {

std::span<unsigned char> bytes(const SharedMemory& memory) {
  return {static_cast<unsigned char*>(memory.data()), memory.size()};
}

TEST(SharedMemory, IsZeroAndOfTheSizeAskedFor) {
  const SharedMemory memory(10'000);
  ASSERT_EQ(memory.size(), 10'000U);
  EXPECT_TRUE(std::ranges::all_of(bytes(memory), [](unsigned char byte) { return byte == 0; }));
}

TEST(SharedMemory, AttachedIsTheSameMemory) {
  const SharedMemory memory(4096);
  const SharedMemory attached(net::Descriptor(::dup(memory.descriptor())));
  ASSERT_EQ(attached.size(), memory.size());
  EXPECT_NE(attached.data(), memory.data());
  bytes(memory)[17] = 42;
  EXPECT_EQ(bytes(attached)[17], 42);
  bytes(attached)[4095] = 7;
  EXPECT_EQ(bytes(memory)[4095], 7);
}

TEST(SharedMemory, IsClosedOnExec) {
  const SharedMemory memory(1);
  EXPECT_EQ(::fcntl(memory.descriptor(), F_GETFD), FD_CLOEXEC);
}

TEST(SharedMemory, RefusesWhatIsNoMemory) {
  EXPECT_ANY_THROW(SharedMemory(net::make_event()));
  EXPECT_ANY_THROW(SharedMemory(net::Descriptor()));
}

TEST(Board, SlotsThatNobodyUsedTakeNoMemory) {
  const Board board(100'000);
  EXPECT_EQ(board.slots(), 100'000U);
  net::CounterSlot::add(board.slot(99'999).lines, 1);
  struct stat status {};
  ASSERT_EQ(::fstat(board.descriptor(), &status), 0);
  EXPECT_GE(status.st_size, 100'000 * static_cast<off_t>(sizeof(net::CounterSlot)));
  EXPECT_LE(status.st_blocks * 512, 64 * 1024);
}

TEST(Board, AttachedSeesTheFlagAndTheSlots) {
  const Board board(3);
  const Board attached(net::Descriptor(::dup(board.descriptor())));
  ASSERT_EQ(attached.slots(), 3U);
  EXPECT_FALSE(attached.expired());
  board.expired() = true;
  EXPECT_TRUE(attached.expired());
  for (std::size_t i = 0; i < 3; ++i) {
    net::CounterSlot::add(attached.slot(i).bytes_in, 10 + i);
    EXPECT_EQ(board.slot(i).bytes_in, 10 + i);
  }
}

}  // namespace
}  // namespace trivium::multiprocess
