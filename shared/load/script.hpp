// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/load/message.hpp"
#include "shared/load/options.hpp"

namespace trivium::load {

/// What is said over a connection in a mode and a dialect. One for each thread.
///
/// | dialect | mode | greeting | question | answer | then |
/// |---|---|---|---|---|---|
/// | trivium | churn | | line, empty line | head, line | the server ends |
/// | trivium | lines, idle | head | line | line | |
/// | trivium | first-byte | head | empty line | | the server ends |
/// | echo | churn | | line | line | the client ends, then the server |
/// | echo | lines, idle | | line | line | |
/// | http | churn | | GET | a response | the server ends |
/// | http | lines, idle | | GET | a response | |
class Script {
 public:
  explicit Script(const Options& options);

  /// An operation's bytes. What answers a GET is for `HttpChecker` to say.
  struct Turn {
    std::string_view question;
    std::string_view answer;
  };

  /// The turn of a connection's operation with this number; valid until the next call.
  [[nodiscard]] Turn turn(std::uint32_t connection, std::uint64_t number) noexcept;

  /// How many bytes that turn's question has.
  [[nodiscard]] std::size_t question_size(std::uint64_t number) const noexcept;

  /// Whether that turn's line is the rare one.
  [[nodiscard]] bool rare(std::uint64_t number) const noexcept {
    return rare_ && number % rare_every_ == 0;
  }

  /// What the server says before it is asked anything; empty where it is silent.
  [[nodiscard]] std::string_view greeting() const noexcept {
    return greeted_ ? Message::head : std::string_view{};
  }
  /// Whether an operation is a connection, so that the end of stream belongs to it.
  [[nodiscard]] bool one_shot() const noexcept { return one_shot_; }
  /// Whether the client ends its side first.
  [[nodiscard]] bool client_ends() const noexcept { return one_shot_ && dialect_ == Dialect::echo; }
  [[nodiscard]] bool http() const noexcept { return dialect_ == Dialect::http; }
  /// Whether the first byte is what an operation waits for.
  [[nodiscard]] bool first_byte() const noexcept { return mode_ == Mode::first_byte; }

 private:
  [[nodiscard]] Turn turn_of(const Message& message) const noexcept;

  Mode mode_;
  Dialect dialect_;
  bool one_shot_;
  bool greeted_;
  Message line_;
  std::optional<Message> rare_;
  std::uint64_t rare_every_;
  std::string request_;
};

}  // namespace trivium::load
