// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/echo_client.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <stdexcept>
#include <thread>

#include "tests/conformance/harness.hpp"

namespace trivium::conformance {
namespace {

// Long enough, as a rule, for the server to read a piece alone. Where it is not, the case tests
// less than it could, and is right all the same.
void let_it_be_read() {
  std::this_thread::sleep_for(std::chrono::microseconds{300});
}

void expect_outcome(const Received& got, std::string_view body, const std::string& context) {
  judge_data(got.data, std::string{head}.append(body), context);
  judge_close(to_string(got.end), to_string(End::fin), context);
}

}  // namespace

void take_head(Stream& stream) {
  const auto got = stream.receive(head.size());
  if (got.data != head) {
    judge_data(got.data, head, std::string{"\nthen: "} + to_string(got.end));
    throw std::runtime_error("without its head an exchange can't begin");
  }
}

Stream open(const EchoServer& server, int receive_buffer) {
  auto stream = server.connect(Deadline{}, receive_buffer);
  take_head(stream);
  return stream;
}

void expect_answer(const EchoServer& server, std::string_view input, std::string_view body,
                   Finish finish) {
  auto stream = server.connect();
  const bool ends_by_line = finish == Finish::no && (input == "\n" || input.ends_with("\n\n"));
  const auto got = ends_by_line ? exchange_to_end(stream, input.substr(0, input.size() - 1))
                                : stream.exchange(input, finish == Finish::half_close);
  expect_outcome(got, body, "\ninput: " + escaped(input));
}

Received exchange_to_end(Stream& stream, std::string_view lines) {
  if (config().dialect == Dialect::echo) return stream.exchange(lines, true);
  return stream.exchange(std::string{lines} + "\n", false);
}

void expect_answer_to_pieces(const EchoServer& server, const std::vector<std::string>& pieces,
                             std::string_view body, Finish finish) {
  auto stream = server.connect();
  std::string context = "\ninput:";
  for (const auto& piece : pieces) {
    context += " [" + escaped(piece, 60) + "]";
    stream.send(piece);  // A peer that has closed already is judged by what it answered.
    let_it_be_read();
  }
  expect_outcome(stream.exchange({}, finish == Finish::half_close), body, context);
}

void expect_answer_however_cut(const EchoServer& server, const std::string& input,
                               std::string_view body, Finish finish) {
  expect_answer(server, input, body, finish);
  std::vector<std::string> bytes;
  for (const char byte : input) bytes.emplace_back(1, byte);
  expect_answer_to_pieces(server, bytes, body, finish);
  for (std::size_t cut = 1; cut < input.size() && !testing::Test::HasFailure(); ++cut) {
    expect_answer_to_pieces(server, {input.substr(0, cut), input.substr(cut)}, body, finish);
  }
}

void expect_bytes(Stream& stream, std::string_view bytes) {
  const auto got = stream.receive(bytes.size());
  judge_data(got.data, bytes, std::string{"\nthen: "} + to_string(got.end));
}

void expect_silence(const Stream& stream) {
  judge_silence(!stream.readable(glance));
}

void expect_end(Stream& stream, std::string_view bytes) {
  const auto got = stream.receive_to_end();
  judge_data(got.data, bytes, "");
  judge_close(to_string(got.end), to_string(End::fin));
}

void expect_at_once(const EchoServer& server, const std::function<milliseconds(Stream&)>& attempt) {
  constexpr int round_trips = 20;
  expect_promptly([&] {
    const auto start = Clock::now();
    auto stream = server.connect();
    const auto distance = since(start);
    return attempt(stream) - round_trips * distance;
  });
}

void expect_echo(Stream& stream, const std::string& content) {
  EXPECT_TRUE(stream.send(content + "\n"));
  expect_bytes(stream, content + "\n");
}

std::size_t send_until_blocked(Stream& stream, std::string_view block, std::size_t limit) {
  // A server may rest for a moment and go on: one that must wait this long has been stopped.
  const auto still = std::max(milliseconds{1000}, 4 * glance);
  std::size_t sent = 0;
  while (sent < limit) {
    // Goes on inside the block where the last send stopped, so that the stream stays in lines.
    const long count = stream.send_some(block.substr(sent % block.size()));
    if (count < 0) throw std::runtime_error("reset while sending");
    sent += static_cast<std::size_t>(count);
    pollfd polled{stream.fd(), POLLOUT, 0};
    if (count == 0 && ::poll(&polled, 1, static_cast<int>(still.count())) == 0) return sent;
  }
  return sent;
}

}  // namespace trivium::conformance
