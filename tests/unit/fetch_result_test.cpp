// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A fetch's result as a value: what counts as fetched, how its error reads, what makes two differ,
// and that one which waits to be printed holds no memory to spare.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "shared/protocol/fetch_session.hpp"

namespace trivium::protocol {
namespace {

TEST(FetchResult, OnlyA2xxWithoutAnErrorIsOk) {
  for (const int status : {200, 204, 299}) EXPECT_TRUE(FetchResult{.status = status}.ok());
  for (const int status : {0, 100, 199, 300, 404}) EXPECT_FALSE(FetchResult{.status = status}.ok());
  EXPECT_FALSE((FetchResult{.status = 200, .error = FetchError::truncated}.ok()));
}

TEST(FetchResult, TheReasonIsTheErrorAndItsDetail) {
  EXPECT_EQ((FetchResult{.error = FetchError::reset}.why()), to_string(FetchError::reset));
  EXPECT_EQ((FetchResult{.error = FetchError::bad_head, .detail = "not HTTP"}.why()),
            "bad head: not HTTP");
}

TEST(FetchResult, EveryMemberMakesADifference) {
  const FetchResult one{.status = 200, .body = "a", .bytes = 1};
  FetchResult same = one;
  EXPECT_EQ(one, same);
  const std::vector<std::function<void(FetchResult&)>> changes{
      [](FetchResult& result) { result.status = 201; },
      [](FetchResult& result) { result.error = FetchError::reset; },
      [](FetchResult& result) { result.detail = "d"; },
      [](FetchResult& result) { result.body = "b"; },
      [](FetchResult& result) { result.bytes = 2; },
      [](FetchResult& result) { result.elapsed = std::chrono::nanoseconds{1}; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    FetchResult other = one;
    changes[i](other);
    EXPECT_FALSE(one == other) << "change " << i;
  }
}

// A body without a length grows by doubling, so that it may end with as much room as it has bytes.
TEST(FetchResult, ABodyThatWaitsHoldsNoRoomToSpare) {
  constexpr std::size_t size = (std::size_t{1} << 20) + 1;
  FetchSession session("host", "/", 2 * size);
  session.written(session.next().bytes.size());
  session.received(std::string_view("HTTP/1.0 200 OK\r\n\r\n"));
  const std::string piece(4096, 'x');
  for (std::size_t sent = 0; sent < size; sent += piece.size()) {
    ASSERT_EQ(session.next().kind, FetchAction::Kind::read);
    session.received(std::string_view(piece).substr(0, size - sent));
  }
  session.end_of_input();
  const auto result = session.take_result();
  EXPECT_EQ(result.body.size(), size);
  EXPECT_LT(result.body.capacity(), size + size / 2);
}

}  // namespace
}  // namespace trivium::protocol
