// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace trivium::load {
namespace {

using Event = Exchange::Event;
using Ending = Exchange::Ending;

Options options_of(Mode mode, Dialect dialect = Dialect::trivium) {
  Options options;
  options.mode = mode;
  options.dialect = dialect;
  options.line_bytes = 20;
  return options;
}

/// An exchange, what it says, and a server that is played by hand.
struct Played {
  explicit Played(const Options& options, std::uint32_t index = 3)
      : script(options), exchange(script, reference, index, options.depth) {
    exchange.start_stream();
  }

  /// All that goes out now, in sends of this size at most.
  std::string sent(std::size_t most = 1'000'000) {
    std::string all;
    for (;;) {
      const std::string_view piece = exchange.output(scratch).substr(0, most);
      if (piece.empty()) return all;
      all += piece;
      exchange.sent(piece.size());
    }
  }

  /// Feeds bytes in pieces of this size; the last event that was not `more`, if any. Takes out what
  /// is answered.
  Event fed(std::string_view bytes, std::size_t most = 1'000'000) {
    Event last = Event::more;
    while (!bytes.empty()) {
      std::string_view piece = bytes.substr(0, most);
      bytes.remove_prefix(piece.size());
      while (!piece.empty()) {
        const auto [event, used] = exchange.feed(piece);
        if (event == Event::wrong) return event;
        if (event != Event::more) last = event;
        if (event == Event::answered || (event == Event::last && !script.one_shot())) {
          exchange.take();
        }
        piece.remove_prefix(used);
      }
    }
    return last;
  }

  Script script;
  HttpReference reference;
  Exchange exchange;
  std::array<char, 4096> scratch{};
};

TEST(LoadExchange, AShortConnectionIsALineTheHeadAndTheLineAgain) {
  for (const std::size_t cut : {1U, 7U, 1'000U}) {
    Played played(options_of(Mode::churn));
    played.exchange.ask(100, 0);
    const std::string question = played.sent(cut);
    ASSERT_EQ(question.size(), 22U);
    EXPECT_EQ(question.substr(20), "\n\n");
    const std::string answer = std::string(Message::head) + question.substr(0, 21);
    EXPECT_EQ(played.fed(answer, cut), Event::last);
    EXPECT_EQ(played.exchange.end_of_stream(), Ending::complete);
    EXPECT_EQ(played.exchange.in_flight(), 1U);
    EXPECT_EQ(played.exchange.take().planned, 100);
  }
}

TEST(LoadExchange, AfterAShortConnectionsAnswerOnlyTheEndMayFollow) {
  Played played(options_of(Mode::churn));
  played.exchange.ask(0, 0);
  const std::string question = played.sent();
  const std::string answer = std::string(Message::head) + question.substr(0, 21);
  EXPECT_EQ(played.fed(answer + "\n"), Event::wrong);
  const Fault fault = played.exchange.describe("\n");
  EXPECT_EQ(fault.offset, answer.size());
  EXPECT_EQ(fault.expected, "end of stream");
  EXPECT_EQ(fault.got, "\"\\n\"");
}

TEST(LoadExchange, NothingIsAskedBeforeTheGreeting) {
  Played played(options_of(Mode::lines));
  played.exchange.ask(1, 0);
  EXPECT_EQ(played.sent(), "");
  EXPECT_EQ(played.fed(Message::head.substr(0, 10)), Event::more);
  EXPECT_EQ(played.sent(), "");
  EXPECT_EQ(played.fed(Message::head.substr(10)), Event::greeted);
  EXPECT_EQ(played.sent().size(), 21U);
}

TEST(LoadExchange, LinesInFlightGoOutTogetherAndComeBackInOrder) {
  for (const std::size_t cut : {1U, 21U, 50U, 4096U}) {
    Options options = options_of(Mode::lines);
    options.depth = 8;
    Played played(options);
    ASSERT_EQ(played.fed(Message::head), Event::greeted);
    for (std::int64_t i = 0; i < 5; ++i) played.exchange.ask(i, 0);
    std::string questions = played.sent(cut);
    EXPECT_EQ(questions.size(), 5U * 21U);
    EXPECT_EQ(played.fed(questions.substr(0, 30), cut), Event::answered);
    EXPECT_EQ(played.exchange.in_flight(), 4U);
    EXPECT_EQ(played.exchange.oldest().planned, 1);
    // More is asked while an answer is half here.
    for (std::int64_t i = 5; i < 9; ++i) played.exchange.ask(i, 0);
    EXPECT_FALSE(played.exchange.room());
    questions += played.sent(cut);
    EXPECT_EQ(played.fed(questions.substr(30), cut), Event::answered);
    EXPECT_EQ(played.exchange.in_flight(), 0U);
  }
}

TEST(LoadExchange, LinesInFlightInTheWrongOrderAreWrong) {
  Options options = options_of(Mode::lines);
  options.depth = 2;
  Played played(options);
  ASSERT_EQ(played.fed(Message::head), Event::greeted);
  played.exchange.ask(0, 0);
  played.exchange.ask(0, 0);
  const std::string questions = played.sent();
  EXPECT_EQ(played.fed(questions.substr(21) + questions.substr(0, 21)), Event::wrong);
}

TEST(LoadExchange, BytesThatNobodyAskedForAreWrong) {
  Played played(options_of(Mode::lines));
  ASSERT_EQ(played.fed(Message::head), Event::greeted);
  EXPECT_EQ(played.fed("x"), Event::wrong);
  EXPECT_EQ(played.exchange.describe("x").expected, "nothing more");
}

TEST(LoadExchange, AnAnswerBeforeItsQuestionIsWrong) {
  Played played(options_of(Mode::lines));
  ASSERT_EQ(played.fed(Message::head), Event::greeted);
  played.exchange.ask(0, 0);
  const std::string question(played.exchange.output(played.scratch));
  played.exchange.sent(20);
  EXPECT_EQ(played.fed(question), Event::wrong);
  EXPECT_EQ(played.exchange.describe(question).expected, "nothing before the question was out");
}

TEST(LoadExchange, AnEndInsideAnAnswerIsWrongAndOneBetweenThemIsQuiet) {
  Options options = options_of(Mode::lines);
  options.depth = 2;
  Played played(options);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::quiet);
  ASSERT_EQ(played.fed(Message::head.substr(0, 1)), Event::more);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::wrong);
  EXPECT_EQ(played.exchange.describe({}).got, "end of stream");
  ASSERT_EQ(played.fed(Message::head.substr(1)), Event::greeted);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::quiet);
  played.exchange.ask(0, 0);
  played.exchange.ask(0, 0);
  const std::string questions = played.sent();
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::quiet);
  ASSERT_EQ(played.fed(questions.substr(0, 21)), Event::answered);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::quiet);
  ASSERT_EQ(played.fed(questions.substr(21, 5)), Event::more);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::wrong);
}

TEST(LoadExchange, FirstByteIsAGreetingAndThenTheEnd) {
  Played played(options_of(Mode::first_byte));
  played.exchange.ask(0, 0);
  EXPECT_EQ(played.sent(), "");
  EXPECT_EQ(played.fed(Message::head, 5), Event::greeted);
  // The server that ends before it was asked to, is not ours.
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::wrong);
  EXPECT_EQ(played.sent(), "\n");
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::complete);
}

TEST(LoadExchange, EchoHasNoHeadAndTheClientEnds) {
  Played lines(options_of(Mode::lines, Dialect::echo));
  lines.exchange.ask(0, 0);
  EXPECT_EQ(lines.fed(lines.sent()), Event::answered);
  Played churn(options_of(Mode::churn, Dialect::echo));
  EXPECT_TRUE(churn.script.client_ends());
  churn.exchange.ask(0, 0);
  const std::string question = churn.sent();
  EXPECT_EQ(question.size(), 21U);
  EXPECT_EQ(churn.fed(question), Event::last);
  EXPECT_EQ(churn.exchange.end_of_stream(), Ending::complete);
}

TEST(LoadExchange, ConnectionsSayDifferentThings) {
  Played one(options_of(Mode::lines, Dialect::echo), 1);
  Played two(options_of(Mode::lines, Dialect::echo), 2);
  one.exchange.ask(0, 0);
  two.exchange.ask(0, 0);
  const std::string question = one.sent();
  ASSERT_NE(question, two.sent());
  EXPECT_EQ(two.fed(question), Event::wrong);
}

TEST(LoadExchange, OneLineInSoManyIsTheRareOne) {
  Options options = options_of(Mode::lines, Dialect::echo);
  options.rare_line = "@work 10ms";
  options.rare_every = 4;
  Played played(options);
  int rare = 0;
  for (int i = 0; i < 40; ++i) {
    played.exchange.ask(0, 0);
    const bool is_rare = played.exchange.oldest().rare;
    const std::string question = played.sent();
    EXPECT_EQ(question == "@work 10ms\n", is_rare);
    ASSERT_EQ(played.fed(question), Event::answered);
    rare += is_rare ? 1 : 0;
  }
  EXPECT_EQ(rare, 10);
}

TEST(LoadExchange, AGivenLineIsSentAsItIs) {
  Options options = options_of(Mode::lines, Dialect::echo);
  options.line = "@sleep 10ms";
  Played played(options);
  played.exchange.ask(0, 0);
  EXPECT_EQ(played.sent(), "@sleep 10ms\n");
}

TEST(LoadExchange, ANewStreamBeginsFromTheGreeting) {
  Played played(options_of(Mode::lines));
  ASSERT_EQ(played.fed(Message::head), Event::greeted);
  played.exchange.ask(7, 0);
  const std::string first(played.exchange.output(played.scratch));
  played.exchange.sent(4);
  EXPECT_EQ(played.exchange.take().planned, 7);
  played.exchange.start_stream();
  played.exchange.ask(8, 0);
  EXPECT_EQ(played.sent(), "");
  ASSERT_EQ(played.fed(Message::head), Event::greeted);
  const std::string second = played.sent();
  EXPECT_EQ(second.size(), first.size());
  EXPECT_NE(second, first);
  EXPECT_EQ(played.fed(second), Event::answered);
}

TEST(LoadExchange, AGetHasAResponse) {
  Options options = options_of(Mode::lines, Dialect::http);
  options.path = "/a";
  Played played(options);
  for (int i = 0; i < 3; ++i) {
    played.exchange.ask(0, 0);
    EXPECT_EQ(played.sent(),
              "GET /a HTTP/1.0\r\nHost: 127.0.0.1:8080\r\nUser-Agent: trivium-load\r\n"
              "Connection: keep-alive\r\n\r\n");
    EXPECT_EQ(played.fed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 3), Event::answered);
  }
  played.exchange.ask(0, 0);
  played.sent();
  EXPECT_EQ(played.fed("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Event::last);
  EXPECT_EQ(played.exchange.in_flight(), 0U);
  EXPECT_EQ(played.fed("HTTP"), Event::wrong);
  EXPECT_EQ(played.exchange.describe("HTTP").expected, "nothing more");
}

TEST(LoadExchange, AResponseMayEndWithTheStream) {
  Played played(options_of(Mode::churn, Dialect::http));
  played.exchange.ask(0, 0);
  EXPECT_NE(played.sent().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::quiet);
  EXPECT_EQ(played.fed("HTTP/1.0 200 OK\r\n\r\nbody", 3), Event::more);
  EXPECT_EQ(played.exchange.end_of_stream(), Ending::complete);
  ASSERT_NE(played.reference.get(), nullptr);
  EXPECT_EQ(*played.reference.get(), "body");
}

}  // namespace
}  // namespace trivium::load
