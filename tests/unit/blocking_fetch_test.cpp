// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the conformance suite cannot stage: names with several addresses, and resolvers that fail.
#include "shared/net/blocking_fetch.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "shared/net/descriptor.hpp"
#include "shared/net/listener.hpp"

namespace trivium::net {
namespace {

using protocol::FetchError;
using Clock = std::chrono::steady_clock;

Descriptor listen_anywhere(int backlog) {
  return listen_on(resolve_first({"127.0.0.1", "0"}), backlog);
}

// An address that nobody listens on: bound, so that nobody else does either.
struct Refusing {
  Refusing() : socket(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
    const Address any = resolve_first({"127.0.0.1", "0"});
    checked(::bind(socket.get(), any.get(), any.size), "bind");
  }
  Descriptor socket;
};

// A listener whose queue is full, so that the kernel leaves connects without an answer.
struct Silent {
  Silent() : listener(listen_anywhere(0)) {
    const Address address = local_address(listener.get());
    for (int i = 0; i < 2; ++i) {
      waiting.emplace_back(
          checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
      (void)::connect(waiting.back().get(), address.get(), address.size);
    }
  }
  Descriptor listener;
  std::vector<Descriptor> waiting;
};

// Answers one request.
class Origin {
 public:
  Origin() : listener(listen_anywhere(8)), thread_([this] { serve(); }) {}
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;
  ~Origin() {
    shut_listener(listener.get());
    thread_.join();
  }
  Descriptor listener;

 private:
  void serve() const {
    const Descriptor connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) return;
    char byte = 0;
    std::string head;
    while (!head.ends_with("\r\n\r\n") && ::recv(connection.get(), &byte, 1, 0) == 1) head += byte;
    const std::string_view answer = "HTTP/1.0 200 OK\r\n\r\nhere";
    EXPECT_EQ(::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer.size()));
  }

  std::thread thread_;
};

// What the resolver of a test returns, since a resolver is a plain function.
Resolution resolution;
Clock::time_point resolver_deadline;

protocol::FetchResult fetch_name(FetchLimits limits = {}) {
  return blocking_fetch(
      "http://name/", limits,
      [](const std::string& host, const std::string& port, Clock::time_point deadline) {
        EXPECT_EQ(host, "name");
        EXPECT_EQ(port, "80");
        resolver_deadline = deadline;
        return resolution;
      });
}

TEST(BlockingFetch, TriesTheNextAddressAfterARefusal) {
  const Refusing refusing;
  const Origin origin;
  resolution = {{local_address(refusing.socket.get()), local_address(origin.listener.get())}};
  const auto result = fetch_name();
  EXPECT_EQ(result.why(), "");
  EXPECT_EQ(result.body, "here");
}

TEST(BlockingFetch, LeavesTimeForTheNextAddress) {
  const Silent silent;
  const Origin origin;
  resolution = {{local_address(silent.listener.get()), local_address(origin.listener.get())}};
  const auto result = fetch_name({.connect_timeout = std::chrono::milliseconds(600)});
  EXPECT_EQ(result.why(), "");
  EXPECT_GE(result.elapsed, std::chrono::milliseconds(300));
}

TEST(BlockingFetch, ReportsTheLastAddress) {
  const Refusing refusing;
  const Silent silent;
  resolution = {{local_address(silent.listener.get()), local_address(refusing.socket.get())}};
  EXPECT_EQ(fetch_name({.connect_timeout = std::chrono::milliseconds(100)}).why(),
            "connection refused");
  resolution = {{local_address(refusing.socket.get()), local_address(silent.listener.get())}};
  const auto result = fetch_name({.timeout = std::chrono::milliseconds(100)});
  EXPECT_EQ(result.why(), "timed out: connecting");
  EXPECT_GE(result.elapsed, std::chrono::milliseconds(100));
}

TEST(BlockingFetch, PassesTheResolversFailureOn) {
  resolution = {.error = FetchError::not_resolved, .detail = "no such name"};
  EXPECT_EQ(fetch_name().why(), "name not resolved: no such name");
  resolution = resolution_timed_out();
  const auto before = Clock::now();
  EXPECT_EQ(fetch_name({.timeout = std::chrono::seconds(2)}).why(),
            "timed out: resolving the name");
  EXPECT_GE(resolver_deadline, before + std::chrono::seconds(2));
  EXPECT_LE(resolver_deadline, Clock::now() + std::chrono::seconds(2));
}

TEST(BlockingFetch, NeverResolvesLiterals) {
  const Refusing refusing;
  const auto port = to_string(local_address(refusing.socket.get()));
  const auto result = blocking_fetch("http://" + port + "/", {},
                                     [](const std::string&, const std::string&, Clock::time_point) {
                                       ADD_FAILURE() << "asked";
                                       return Resolution{};
                                     });
  EXPECT_EQ(result.why(), "connection refused");
  EXPECT_TRUE(literal_address("::1", "80"));
  EXPECT_FALSE(literal_address("localhost", "80"));
}

TEST(BlockingFetch, NamesErrors) {
  EXPECT_EQ(fetch_error(ECONNREFUSED), FetchError::refused);
  EXPECT_EQ(fetch_error(ECONNRESET), FetchError::reset);
  EXPECT_EQ(fetch_error(EPIPE), FetchError::reset);
  EXPECT_EQ(fetch_error(ETIMEDOUT), FetchError::timed_out);
  EXPECT_EQ(fetch_error(EMFILE), FetchError::system);
  EXPECT_EQ(fetch_detail(EMFILE, "connecting"), "connecting: Too many open files");
  EXPECT_EQ(fetch_detail(ECONNRESET, "reading the head"), "reading the head");
}

TEST(BlockingFetch, SharesTheTimeOfAttempts) {
  const auto now = Clock::now();
  const auto half = attempt_deadline(now + std::chrono::seconds(10), 2);
  EXPECT_GE(half, now + std::chrono::seconds(5));
  EXPECT_LT(half, now + std::chrono::seconds(6));
  EXPECT_EQ(attempt_deadline(now - std::chrono::seconds(1), 3), now - std::chrono::seconds(1));
}

}  // namespace
}  // namespace trivium::net
