// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/script.hpp"

namespace trivium::load {
namespace {

Message line_of(const Options& options) {
  return options.line.empty() ? Message(options.line_bytes) : Message(options.line);
}

// HTTP/1.0, which no server answers in chunks; with keep-alive they all count the body's bytes.
std::string request_of(const Options& options) {
  return "GET " + options.path + " HTTP/1.0\r\nHost: " + shown(options.target) +
         "\r\nUser-Agent: trivium-load\r\nConnection: " +
         (options.one_shot() ? "close" : "keep-alive") + "\r\n\r\n";
}

}  // namespace

Script::Script(const Options& options)
    : mode_(options.mode),
      dialect_(options.dialect),
      one_shot_(options.one_shot()),
      greeted_(options.dialect == Dialect::trivium && options.mode != Mode::churn),
      line_(line_of(options)),
      rare_every_(options.rare_every),
      request_(request_of(options)) {
  if (!options.rare_line.empty()) rare_.emplace(options.rare_line);
}

Script::Turn Script::turn(std::uint32_t connection, std::uint64_t number) noexcept {
  if (http()) return {request_, {}};
  if (mode_ == Mode::first_byte) return {"\n", {}};
  if (rare(number)) return turn_of(*rare_);
  line_.stamp(connection, number);
  return turn_of(line_);
}

Script::Turn Script::turn_of(const Message& message) const noexcept {
  if (mode_ == Mode::churn && dialect_ == Dialect::trivium) {
    return {message.line_and_end(), message.head_and_line()};
  }
  return {message.line(), message.line()};
}

std::size_t Script::question_size(std::uint64_t number) const noexcept {
  if (http()) return request_.size();
  if (mode_ == Mode::first_byte) return 1;
  return turn_of(rare(number) ? *rare_ : line_).question.size();
}

}  // namespace trivium::load
