// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The helper units that resolve names: a process, a thread, and a thread that a coroutine awaits.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <functional>

#include "async/fetch_resolver.hpp"
#include "multiprocess/fetch_resolver.hpp"
#include "multithread/fetch_resolver.hpp"

namespace trivium {
namespace {

using Clock = std::chrono::steady_clock;

async::Task<> await_resolution(std::string host, Clock::time_point deadline,
                               net::Resolution& resolution) {
  resolution = co_await async::resolve(host, "80", deadline);
}

net::Resolution resolve_async(const std::string& host, const std::string&,
                              Clock::time_point deadline) {
  net::Resolution resolution;
  async::asio::io_context context(1);
  async::asio::co_spawn(context, await_resolution(host, deadline, resolution), async::rethrow);
  context.run();
  return resolution;
}

struct Flavour {
  const char* name;
  net::Resolver resolve;
};

std::ostream& operator<<(std::ostream& out, const Flavour& flavour) {
  return out << flavour.name;
}

class FetchResolver : public testing::TestWithParam<Flavour> {};

Clock::time_point in_a_while() {
  return Clock::now() + std::chrono::seconds(30);
}

TEST_P(FetchResolver, FindsAName) {
  const auto found = GetParam().resolve("localhost", "80", in_a_while());
  EXPECT_EQ(found.error, protocol::FetchError::none) << found.detail;
  ASSERT_FALSE(found.addresses.empty());
  for (const auto& address : found.addresses) {
    const std::string shown = net::to_string(address);
    EXPECT_TRUE(shown == "127.0.0.1:80" || shown == "[::1]:80") << shown;
  }
}

TEST_P(FetchResolver, SaysWhenThereIsNone) {
  const auto found = GetParam().resolve("name with blanks", "80", in_a_while());
  EXPECT_EQ(found.error, protocol::FetchError::not_resolved);
  EXPECT_NE(found.detail, "");
}

TEST_P(FetchResolver, IsAbandonedAtTheDeadline) {
  for (int i = 0; i < 20; ++i) {
    const auto found = GetParam().resolve("localhost", "80", Clock::now());
    if (found.error == protocol::FetchError::none) continue;  // it was quicker than a look
    EXPECT_EQ(found.error, protocol::FetchError::timed_out);
    EXPECT_EQ(found.detail, "resolving the name");
  }
}

// The process comes first: it is forked while there is no other thread.
INSTANTIATE_TEST_SUITE_P(Flavours, FetchResolver,
                         testing::Values(Flavour{"Process", multiprocess::resolve},
                                         Flavour{"Thread", multithread::resolve},
                                         Flavour{"Coroutine", resolve_async}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace trivium
