// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What each mode and each dialect is, against servers that keep to it and that do not.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "shared/load/engine.hpp"
#include "shared/load/table.hpp"
#include "tests/unit/load_server.hpp"

namespace trivium::load {
namespace {

using namespace std::chrono_literals;
using namespace trivium::test;
using Serves = ScriptedServer::Serves;

void expect_only(const Results& results, Outcome outcome) {
  EXPECT_GT(results.measured.of(outcome), 0U) << name_of(outcome);
  EXPECT_EQ(results.measured.sum(), results.measured.of(outcome)) << to_table(Options{}, results);
  EXPECT_TRUE(results.balanced());
}

Adjust speaking(Dialect dialect) {
  return [dialect](Options& options) { options.dialect = dialect; };
}

TEST(LoadDepth, SoManyLinesAreInFlight) {
  // Answers only once eight lines are there, all of them together.
  const ScriptedServer server([](int socket) {
    put(socket, Message::head);
    std::string lines;
    for (int count = 1;; ++count) {
      const std::string line = take_line(socket);
      if (line.size() < 2) return;
      lines += line;
      if (count % 8 != 0) continue;
      put(socket, lines);
      lines.clear();
    }
  });
  const Results results =
      run_against(server.address(), Mode::lines, [](Options& o) { o.depth = 8; }).results;
  expect_only(results, Outcome::ok);
  EXPECT_EQ(results.begun, results.outside.sum() + results.measured.sum() + results.abandoned);
}

TEST(LoadDepth, LargeLinesInFlightComeThrough) {
  const ScriptedServer server([](int socket) {
    put(socket, Message::head);
    static thread_local char buffer[65'536];
    ssize_t got = 0;
    while ((got = ::recv(socket, buffer, sizeof buffer, 0)) > 0) {
      put(socket, {buffer, static_cast<std::size_t>(got)});
    }
  });
  const Results results = run_against(server.address(), Mode::lines, [](Options& options) {
                            options.depth = 4;
                            options.line_bytes = 100'000;
                            options.timeout = 10s;
                          }).results;
  expect_only(results, Outcome::ok);
}

TEST(LoadDepth, ALostConnectionEndsAllThatWereInFlight) {
  const ScriptedServer server([](int socket) {
    put(socket, Message::head);
    put(socket, take_line(socket));
    end(socket);
  });
  const Results results =
      run_against(server.address(), Mode::lines, [](Options& o) { o.depth = 4; }).results;
  EXPECT_GT(results.measured.of(Outcome::ok), 0U);
  EXPECT_GE(results.measured.of(Outcome::drained), 3 * results.measured.of(Outcome::ok));
  EXPECT_EQ(results.measured.failed(), 0U);
  EXPECT_TRUE(results.balanced());
}

TEST(LoadThreads, ShareTheConnectionsAndAddUp) {
  std::atomic<int> accepted = 0;
  const auto script = echo();
  const ScriptedServer server(
      [&](int socket) {
        ++accepted;
        script(socket);
      },
      Serves::at_once);
  const Results results = run_against(server.address(), Mode::lines, [](Options& options) {
                            options.threads = 3;
                            options.connections = 7;
                          }).results;
  expect_only(results, Outcome::ok);
  EXPECT_EQ(results.established, 7U);
  EXPECT_EQ(results.latency.count(), results.measured.of(Outcome::ok));
  EXPECT_EQ(static_cast<std::uint64_t>(accepted.load()), results.connected);
}

TEST(LoadThreads, WhereNothingConnectsAllOfThemEnd) {
  const Results results = run_once(dead_address(), Mode::churn, 100ms, [](Options& options) {
                            options.threads = 2;
                            options.connections = 4;
                            options.warmup = 300ms;
                          }).results;
  EXPECT_EQ(results.start_ns, 0);
  EXPECT_GT(results.outside.of(Outcome::refused), 0U);
}

TEST(LoadFirstByte, LatencyIsUpToTheFirstByte) {
  const ScriptedServer server([](int socket) {
    std::this_thread::sleep_for(20ms);
    put(socket, Message::head);
    EXPECT_EQ(take_line(socket), "\n");
    end(socket);
  });
  const Results results = run_against(server.address(), Mode::first_byte).results;
  expect_only(results, Outcome::ok);
  EXPECT_GE(results.latency.min(), 19'000'000U);
}

TEST(LoadFirstByte, AServerThatWaitsToBeAskedTimesOut) {
  const ScriptedServer server([](int socket) {
    if (take_line(socket).empty()) return;
    put(socket, Message::head);
    end(socket);
  });
  const Results results = run_against(server.address(), Mode::first_byte, [](Options& options) {
                            options.timeout = 50ms;
                          }).results;
  expect_only(results, Outcome::timed_out);
}

TEST(LoadFirstByte, MoreThanTheHeadIsWrong) {
  const ScriptedServer server([](int socket) {
    put(socket, Message::head);
    take_line(socket);
    put(socket, "\n");
    end(socket);
  });
  expect_only(run_against(server.address(), Mode::first_byte).results, Outcome::wrong);
}

TEST(LoadIdle, HoldsConnectionsAndAsksWhetherTheyAreAlive) {
  std::atomic<int> lines = 0;
  for (const Dialect dialect : {Dialect::trivium, Dialect::echo}) {
    const ScriptedServer server(
        [&, dialect](int socket) {
          if (dialect == Dialect::trivium) put(socket, Message::head);
          for (std::string line; (line = take_line(socket)).size() > 1;) {
            ++lines;
            put(socket, line);
          }
        },
        Serves::at_once);
    const Ran ran = run_once(server.address(), Mode::idle, 100ms, [=](Options& options) {
      options.dialect = dialect;
      options.connections = 100;
      options.threads = 2;
    });
    EXPECT_EQ(ran.results.established, 100U);
    EXPECT_EQ(ran.results.measured.planned, 100U);
    expect_only(ran.results, Outcome::ok);
    EXPECT_EQ(lines.exchange(0), 100);
    EXPECT_EQ(ran.measuring, 1);
    EXPECT_EQ(ran.measured, 1);
  }
}

TEST(LoadIdle, EveryConnectionEndsInOneWay) {
  std::atomic<int> accepted = 0;
  const ScriptedServer server(
      [&](int socket) {
        const int number = ++accepted;
        put(socket, Message::head);
        if (number == 1) return end(socket);    // ends while it is held
        if (number == 2) return reset(socket);  // likewise
        if (number == 3) put(socket, "surplus");
        const std::string line = take_line(socket);
        if (number != 4) put(socket, line);  // does not answer
        take_line(socket);
      },
      Serves::at_once);
  const Results results = run_once(server.address(), Mode::idle, 150ms, [](Options& options) {
                            options.connections = 10;
                            options.timeout = 500ms;
                          }).results;
  EXPECT_EQ(results.measured.planned, 10U);
  EXPECT_EQ(results.measured.of(Outcome::drained), 1U);
  EXPECT_EQ(results.measured.of(Outcome::reset), 1U);
  EXPECT_EQ(results.measured.of(Outcome::wrong), 1U);
  EXPECT_EQ(results.measured.of(Outcome::timed_out), 1U);
  EXPECT_EQ(results.measured.of(Outcome::ok), 6U);
  EXPECT_TRUE(results.balanced());
}

TEST(LoadIdle, WhatTheServerHasNoRoomForIsToldApart) {
  // A pool of one: the others wait in the kernel's queue, without a greeting.
  const ScriptedServer server(echo());
  const Results results = run_once(server.address(), Mode::idle, 50ms, [](Options& options) {
                            options.connections = 100;
                            options.timeout = 200ms;
                          }).results;
  EXPECT_EQ(results.measured.planned, 100U);
  EXPECT_EQ(results.measured.of(Outcome::ok), 1U);
  EXPECT_GT(results.measured.of(Outcome::timed_out), 0U);
  EXPECT_GT(results.measured.of(Outcome::unsent), 0U);
  EXPECT_TRUE(results.balanced());
}

TEST(LoadEcho, LinesWithoutHead) {
  const ScriptedServer::Script plain = [](int socket) {
    for (std::string line; !(line = take_line(socket)).empty();) put(socket, line);
  };
  for (const Mode mode : {Mode::churn, Mode::lines}) {
    const ScriptedServer server(plain);
    expect_only(run_against(server.address(), mode, speaking(Dialect::echo)).results, Outcome::ok);
  }
  for (const Mode mode : {Mode::churn, Mode::lines}) {
    const ScriptedServer server(echo());
    const Results results = run_against(server.address(), mode, speaking(Dialect::echo)).results;
    expect_only(results, Outcome::wrong);
  }
}

/// A web server: this body for every GET, as often as the client asks.
ScriptedServer::Script web(std::string head, std::string body) {
  return [head = std::move(head), body = std::move(body)](int socket) {
    for (;;) {
      std::string request;
      for (std::string line; (line = take_line(socket)).size() > 2;) request += line;
      if (request.empty()) return;
      EXPECT_EQ(request.rfind("GET /x HTTP/1.0\r\n", 0), 0U) << request;
      put(socket, head + body);
      if (head.find("Content-Length") == head.npos ||
          request.find("Connection: close") != request.npos) {
        return end(socket);
      }
    }
  };
}

Adjust getting(std::size_t depth = 1) {
  return [depth](Options& options) {
    options.dialect = Dialect::http;
    options.path = "/x";
    options.depth = depth;
  };
}

TEST(LoadHttp, GetsOverShortAndOverLongConnections) {
  for (const Mode mode : {Mode::churn, Mode::lines}) {
    for (const std::size_t size : {0U, 5U, 20'000U, 300'000U}) {
      const std::string head =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
      const ScriptedServer server(web(head, std::string(size, 'b')));
      expect_only(run_against(server.address(), mode, getting()).results, Outcome::ok);
    }
  }
}

TEST(LoadHttp, RequestsInFlightAreAnswered) {
  const ScriptedServer server(web("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "abc"));
  expect_only(run_against(server.address(), Mode::lines, getting(4)).results, Outcome::ok);
}

TEST(LoadHttp, ABodyMayEndWithTheStream) {
  for (const Mode mode : {Mode::churn, Mode::lines}) {
    const ScriptedServer server(web("HTTP/1.0 200 OK\r\n\r\n", "until the end"));
    const Results results = run_against(server.address(), mode, getting()).results;
    expect_only(results, Outcome::ok);
    EXPECT_EQ(results.lost, 0U);
  }
}

TEST(LoadHttp, AnotherBodyIsWrong) {
  for (const Mode mode : {Mode::churn, Mode::lines}) {
    std::atomic<int> answers = 0;
    const ScriptedServer server([&](int socket) {
      while (take_line(socket).size() > 2) {
      }
      put(socket, "HTTP/1.0 200 OK\r\n\r\nbody " + std::to_string(++answers % 2));
      end(socket);
    });
    const Results results = run_once(server.address(), mode, 300ms, getting()).results;
    EXPECT_GT(results.measured.of(Outcome::wrong), 0U);
    EXPECT_EQ(results.measured.failed(), results.measured.of(Outcome::wrong));
    ASSERT_TRUE(results.first_fault);
    EXPECT_EQ(results.first_fault->offset, 24U);
  }
}

TEST(LoadHttp, AnErrorIsWrong) {
  const ScriptedServer server(web("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", ""));
  const Results results = run_against(server.address(), Mode::churn, getting()).results;
  expect_only(results, Outcome::wrong);
  EXPECT_EQ(results.first_fault.value_or(Fault{}).expected, "a status from 200 to 299");
}

}  // namespace
}  // namespace trivium::load
