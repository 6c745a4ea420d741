// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/endpoint.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "shared/net/blocking_connection.hpp"
#include "shared/net/listener.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::net {
namespace {

using testing::HasSubstr;

void expect_parts(const char* text, const char* host, const char* port) {
  const auto parsed = parse_host_port(text);
  ASSERT_TRUE(parsed) << text;
  EXPECT_EQ(parsed->host, host);
  EXPECT_EQ(parsed->port, port);
}

TEST(HostPort, TakesNamesAndBothFamilies) {
  expect_parts("127.0.0.1:8080", "127.0.0.1", "8080");
  expect_parts("localhost:0", "localhost", "0");
  expect_parts("[::1]:65535", "::1", "65535");
  expect_parts("[fe80::1%lo]:80", "fe80::1%lo", "80");
}

TEST(HostPort, RefusesEverythingElse) {
  for (const auto* text : {"", ":", ":80", "host", "host:", "8080", "::1", "::1:80", "[::1]",
                           "[]:80", "[::1:80", "host:65536", "host:-1", "host:+1", "host: 1",
                           "host:80 ", "host:http", "http://host:80", "host:99999999999"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
}

TEST(Address, IsShownInNumbers) {
  EXPECT_EQ(to_string(resolve_first({"127.0.0.1", "80"})), "127.0.0.1:80");
  EXPECT_EQ(to_string(resolve_first({"::1", "80"})), "[::1]:80");
  EXPECT_EQ(to_string(resolve_first({"0.0.0.0", "0"})), "0.0.0.0:0");
}

TEST(Address, ThatCannotBeFoundSaysSoInOneLine) {
  try {
    (void)resolve_first({"not a name", "80"});
    FAIL() << "resolved";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("not a name"));
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
  }
}

TEST(Listener, PicksAFreePortAndClosesOnExec) {
  const auto listener = test::listen_on_loopback();
  EXPECT_NE(to_string(local_address(listener.get())), "127.0.0.1:0");
  EXPECT_TRUE(::fcntl(listener.get(), F_GETFD) & FD_CLOEXEC);
}

TEST(Listener, NamesTheAddressThatIsTaken) {
  const auto listener = test::listen_on_loopback();
  const auto taken = local_address(listener.get());
  try {
    (void)listen_on(taken, 1);
    FAIL() << "bound twice";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EADDRINUSE);
    EXPECT_THAT(error.what(), HasSubstr(to_string(taken)));
  }
}

// Strategies rely on it: no system call for a connection sets these.
TEST(Listener, HandsItsOptionsDown) {
  const auto listener = test::listen_on_loopback();
  set_idle_timeout(listener.get(), std::chrono::milliseconds(2500));
  const auto client = test::connect_to(listener.get());
  CounterSlot counters;
  const auto connection = accept_one(listener.get(), counters);
  ASSERT_TRUE(connection);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  checked(::getsockopt(connection->get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), "get");
  EXPECT_NE(no_delay, 0);
  const auto timeout = [&](int option) {
    timeval value{};
    socklen_t length = sizeof value;
    checked(::getsockopt(connection->get(), SOL_SOCKET, option, &value, &length), "get");
    return value.tv_sec * 1000 + value.tv_usec / 1000;
  };
  // The kernel keeps them in its own ticks, rounded up.
  EXPECT_NEAR(static_cast<double>(timeout(SO_RCVTIMEO)), 2500, 10);
  EXPECT_NEAR(static_cast<double>(timeout(SO_SNDTIMEO)), 2500.0 / sends_per_idle_timeout, 10);
}

TEST(Listener, ATimeoutIsNeverRoundedToNone) {
  const auto listener = test::listen_on_loopback();
  set_idle_timeout(listener.get(), std::chrono::nanoseconds(1));
  timeval value{};
  socklen_t size = sizeof value;
  checked(::getsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO, &value, &size), "get");
  EXPECT_TRUE(value.tv_sec > 0 || value.tv_usec > 0);
}

}  // namespace
}  // namespace trivium::net
