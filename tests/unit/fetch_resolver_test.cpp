// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The helper units that resolve names: a process, a thread, and a thread that a coroutine awaits.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "async/fetch_resolver.hpp"
#include "multiprocess/fetch_resolver.hpp"
#include "multithread/fetch_resolver.hpp"

namespace {

constexpr const char* slow_name = "slow.invalid";
constexpr std::chrono::seconds slow_resolution{60};

}  // namespace

// Stands before the system's resolver in this program, and is it for every name but one: for that
// it takes longer than anybody waits.
extern "C" int getaddrinfo(const char* host, const char* port, const addrinfo* hints,
                           addrinfo** found) {
  static const auto system =
      reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  if (!numeric && host != nullptr && std::strcmp(host, slow_name) == 0) {
    std::this_thread::sleep_for(slow_resolution);
  }
  return system(host, port, hints, found);
}

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
  for (const auto wait : {std::chrono::milliseconds(0), std::chrono::milliseconds(300)}) {
    const auto begin = Clock::now();
    const auto found = GetParam().resolve(slow_name, "80", begin + wait);
    EXPECT_GE(Clock::now() - begin, wait);
    EXPECT_LT(Clock::now() - begin, slow_resolution / 2);
    EXPECT_EQ(found.error, protocol::FetchError::timed_out);
    EXPECT_EQ(found.detail, "resolving the name");
    EXPECT_TRUE(found.addresses.empty());
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
