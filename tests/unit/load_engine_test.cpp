// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/engine.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "shared/load/message.hpp"
#include "shared/load/table.hpp"
#include "tests/unit/load_server.hpp"

namespace trivium::load {
namespace {

using namespace std::chrono_literals;
using namespace trivium::test;

/// That all operations that ended in the measured phase, and there were some, ended so.
void expect_only(const Results& results, Outcome outcome) {
  EXPECT_GT(results.measured.of(outcome), 0U) << name_of(outcome);
  EXPECT_EQ(results.measured.sum(), results.measured.of(outcome)) << to_table(Options{}, results);
  EXPECT_TRUE(results.balanced());
}

constexpr Mode modes[] = {Mode::churn, Mode::lines};

TEST(LoadEngine, CountsWhatIsRight) {
  for (const Mode mode : modes) {
    const ScriptedServer server(echo(same));
    const Ran ran = run_against(server.address(), mode);
    expect_only(ran.results, Outcome::ok);
    EXPECT_EQ(ran.results.measured.sent(), ran.results.measured.of(Outcome::ok));
    EXPECT_EQ(ran.results.latency.count(), ran.results.measured.of(Outcome::ok));
    EXPECT_LE(ran.results.in_flight, 1U);
    EXPECT_EQ(ran.results.abandoned, 0U);
    EXPECT_FALSE(ran.results.first_fault);
    EXPECT_EQ(ran.measuring, 1);
    EXPECT_EQ(ran.measured, 1);
    EXPECT_GE(ran.results.seconds(), 0.15);
  }
}

TEST(LoadEngine, LinesOfEverySizeComeThrough) {
  for (const Mode mode : modes) {
    for (const std::size_t size : {1U, 15U, 16'384U, 70'000U, 1'000'000U}) {
      const ScriptedServer server([](int socket) {
        // Reads large, unlike take_line, so that megabytes pass in time.
        put(socket, Message::head);
        std::string all;
        static thread_local char buffer[65'536];
        ssize_t got = 0;
        while ((got = ::recv(socket, buffer, sizeof buffer, 0)) > 0) {
          all.append(buffer, static_cast<std::size_t>(got));
          if (all.back() != '\n') continue;
          const bool last = all.size() > 1 && all[all.size() - 2] == '\n';
          if (last) all.pop_back();
          put(socket, all);
          all.clear();
          if (last) break;
        }
        end(socket);
      });
      const Ran ran = run_against(server.address(), mode, [&](Options& o) { o.line_bytes = size; });
      expect_only(ran.results, Outcome::ok);
    }
  }
}

TEST(LoadEngine, AnswersInSingleBytesAreRight) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) {
      for (const char byte : Message::head) put(socket, {&byte, 1});
      for (;;) {
        const std::string line = take_line(socket);
        if (line.size() < 2) break;
        for (const char byte : line) put(socket, {&byte, 1});
      }
      end(socket);
    });
    expect_only(run_against(server.address(), mode).results, Outcome::ok);
  }
}

TEST(LoadEngine, WarmUpIsCountedApart) {
  const ScriptedServer server(echo(same));
  const Ran ran = run_against(server.address(), Mode::lines, [](Options& o) { o.warmup = 100ms; });
  EXPECT_GT(ran.results.outside.of(Outcome::ok), 1U);
  EXPECT_GT(ran.results.outside.bytes_in, Message::head.size());
  expect_only(ran.results, Outcome::ok);
  EXPECT_EQ(ran.results.measured.bytes_in % 65, 0U);
}

TEST(LoadEngine, WrongBytesAreWrong) {
  const Change changes[] = {
      [](std::string line) { return line.front() ^= 1, line; },
      [](std::string line) { return line.replace(line.size() - 1, 1, "\r\n"); },
      [](std::string line) { return line + "x"; },
      [](std::string line) { return "y" + line; },
      [](std::string line) { return line + line; },
  };
  for (const Mode mode : modes) {
    for (const auto& change : changes) {
      const ScriptedServer server(echo(change));
      const Ran ran = run_against(server.address(), mode);
      // Surplus may come with the next line's answer: then the line before was right.
      EXPECT_GT(ran.results.measured.of(Outcome::wrong), 0U);
      EXPECT_EQ(ran.results.measured.failed(), ran.results.measured.of(Outcome::wrong));
      ASSERT_TRUE(ran.results.first_fault);
      EXPECT_GE(ran.results.first_fault->offset, Message::head.size());
    }
  }
}

TEST(LoadEngine, AWrongHeadIsWrong) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) {
      put(socket, "HTTP/1.1 200 OK\r\n");
      end(socket);
    });
    const Ran ran = run_against(server.address(), mode);
    expect_only(ran.results, Outcome::wrong);
    ASSERT_TRUE(ran.results.first_fault);
    EXPECT_EQ(ran.results.first_fault->offset, 7U);
  }
}

TEST(LoadEngine, AnEndInsideAnAnswerIsWrong) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) {
      put(socket, Message::head);
      put(socket, take_line(socket).substr(0, 10));
      end(socket);
    });
    const Ran ran = run_against(server.address(), mode);
    expect_only(ran.results, Outcome::wrong);
    EXPECT_EQ(ran.results.first_fault.value_or(Fault{}).got, "end of stream");
  }
}

TEST(LoadEngine, AnEndAfterTheHeadIsDrainedInLinesAndWrongInChurn) {
  const ScriptedServer::Script script = [](int socket) {
    put(socket, Message::head);
    take_line(socket);
    end(socket);
  };
  const ScriptedServer lines(script);
  expect_only(run_against(lines.address(), Mode::lines).results, Outcome::drained);
  const ScriptedServer churn(script);
  expect_only(run_against(churn.address(), Mode::churn).results, Outcome::wrong);
}

TEST(LoadEngine, AnEndWithoutAByteIsDrained) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) { end(socket); });
    expect_only(run_against(server.address(), mode).results, Outcome::drained);
  }
}

TEST(LoadEngine, AnEndRightAfterAnAnswerDrainsTheNextOperation) {
  const ScriptedServer server([](int socket) {
    put(socket, Message::head);
    put(socket, take_line(socket));
    end(socket);
  });
  const Results results = run_against(server.address(), Mode::lines).results;
  EXPECT_GT(results.measured.of(Outcome::ok), 0U);
  EXPECT_GT(results.measured.of(Outcome::drained), 0U);
  EXPECT_EQ(results.measured.failed(), 0U);
}

TEST(LoadEngine, ResetsAreResets) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) {
      put(socket, Message::head);
      take_line(socket);
      reset(socket);
    });
    expect_only(run_against(server.address(), mode).results, Outcome::reset);
  }
}

TEST(LoadEngine, WhoIsResetAtOnceWasConnectedAllTheSame) {
  for (const Mode mode : modes) {
    std::atomic<std::uint64_t> accepted = 0;
    const ScriptedServer server([&](int socket) {
      ++accepted;
      reset(socket);
    });
    const Results results = run_once(server.address(), mode, 150ms).results;
    EXPECT_GT(results.measured.of(Outcome::reset), 0U);
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (accepted < results.connected && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();  // the last ones may still wait to be accepted
    }
    EXPECT_EQ(results.connected, accepted);
  }
}

TEST(LoadEngine, ASilentServerTimesOut) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) {
      put(socket, Message::head);
      while (!take_line(socket).empty()) {
      }
    });
    const Ran ran = run_against(server.address(), mode, [](Options& o) { o.timeout = 100ms; });
    expect_only(ran.results, Outcome::timed_out);
    EXPECT_GT(ran.results.measured.sent(), 0U);
    EXPECT_EQ(ran.results.measured.sent(), ran.results.measured.of(Outcome::timed_out));
  }
}

TEST(LoadEngine, SurplusBeforeASilenceIsWrongNotLate) {
  for (const Mode mode : modes) {
    const ScriptedServer server([](int socket) {
      put(socket, Message::head);
      put(socket, take_line(socket) + "more");
      while (!take_line(socket).empty()) {
      }
    });
    const Ran ran = run_against(server.address(), mode, [](Options& o) { o.timeout = 1s; });
    EXPECT_GT(ran.results.measured.of(Outcome::wrong), 0U);
    EXPECT_EQ(ran.results.measured.of(Outcome::timed_out), 0U);
  }
}

/// That the one operation of the run timed out, though the measured phase was over by then.
void expect_one_timed_out(const Results& results) {
  expect_only(results, Outcome::timed_out);
  EXPECT_EQ(results.measured.planned, 1U);
  EXPECT_EQ(results.outside.sum(), 0U);
  EXPECT_EQ(results.in_flight, 1U);
  EXPECT_EQ(results.abandoned, 0U);
}

TEST(LoadEngine, WhatIsNeverAnsweredFailsThoughThePhaseIsShorterThanTheTimeout) {
  for (const Mode mode : modes) {
    for (const auto warmup : {0ms, 50ms}) {  // begun in the measured phase, or before
      const ScriptedServer server([](int socket) {
        put(socket, Message::head);
        while (!take_line(socket).empty()) {
        }
      });
      expect_one_timed_out(run_once(server.address(), mode, 150ms, [=](Options& options) {
                             options.warmup = warmup;
                             options.timeout = 1s;
                           }).results);
    }
  }
}

TEST(LoadEngine, AConnectionThatIsNeverOpenAgainFailsThoughThePhaseIsShorterThanTheTimeout) {
  int accepted = 0;
  const ScriptedServer server([&](int socket) {
    if (++accepted > 1) return static_cast<void>(take_line(socket));  // no head comes
    put(socket, Message::head);
    take_line(socket);
    reset(socket);
  });
  const Results results = run_once(server.address(), Mode::lines, 150ms, [](Options& options) {
                            options.timeout = 1s;
                          }).results;
  EXPECT_EQ(results.measured.of(Outcome::reset), 1U);
  EXPECT_EQ(results.measured.of(Outcome::timed_out), 1U);
  EXPECT_TRUE(results.balanced());
}

TEST(LoadEngine, WhereAllIsAnsweredNothingIsAwaited) {
  for (const Mode mode : modes) {
    const ScriptedServer server(echo(same));
    const auto begun = std::chrono::steady_clock::now();
    const Results results =
        run_once(server.address(), mode, 150ms, [](Options& o) { o.timeout = 30s; }).results;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
    EXPECT_TRUE(results.balanced());
  }
}

TEST(LoadEngine, ADeadServerIsRefusedAndDoesNotMakeItSpin) {
  const net::Address address = dead_address();
  for (const Mode mode : modes) {
    const Results results =
        run_against(address, mode, [](Options& o) { o.connections = 100; }).results;
    expect_only(results, Outcome::refused);
    // 100 at once, and from then on 2,000 a second.
    EXPECT_LE(results.measured.planned, 100 + static_cast<std::uint64_t>(2100 * results.seconds()));
    EXPECT_EQ(results.connected, 0U);
  }
}

TEST(LoadEngine, GivesUpAfterTheWarmUpWhereNothingConnects) {
  const net::Address address = dead_address();
  const Ran ran = run_against(address, Mode::churn, [](Options& o) { o.warmup = 300ms; });
  EXPECT_EQ(ran.results.start_ns, 0);
  EXPECT_EQ(ran.measuring, 0);
  EXPECT_GT(ran.results.outside.of(Outcome::refused), 0U);
}

}  // namespace
}  // namespace trivium::load
