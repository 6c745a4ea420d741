// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trivium::load {

/// The bytes of an exchange, laid out once, so that questions and answers are slices of it:
///
///     head | content | \n | \n
///            --------------------  churn's question: the line, and the empty line that ends it
///     ---------------------        churn's answer, to the end of stream
///            --------------        lines' question, and its answer
///
/// Stamping rewrites the first 16 bytes of the content (all of a shorter line), so that they differ
/// from line to line and from connection to connection; in lines of fewer than 16 bytes only
/// numbers that are close to each other differ (one byte tells 32 apart). The rest is a pattern
/// whose neighbours differ. Content is printable ASCII and starts with a digit or a small letter.
class Message {
 public:
  /// What a server sends before anything else.
  static constexpr std::string_view head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";

  /// Requires: `line_bytes` > 0.
  explicit Message(std::size_t line_bytes);

  /// A message that is always the same, however it is stamped. Requires: no `\n` in it.
  explicit Message(std::string_view content);

  /// Makes all views the message with this number on this connection, until the next stamp.
  void stamp(std::uint32_t connection, std::uint64_t number) noexcept;

  /// The content and `\n`: what to send, and what must come back.
  [[nodiscard]] std::string_view line() const noexcept {
    return std::string_view(text_).substr(head.size(), text_.size() - head.size() - 1);
  }
  /// The line and the empty line that ends the exchange.
  [[nodiscard]] std::string_view line_and_end() const noexcept {
    return std::string_view(text_).substr(head.size());
  }
  /// The head and the line: all that comes back over a connection with one line.
  [[nodiscard]] std::string_view head_and_line() const noexcept {
    return std::string_view(text_).substr(0, text_.size() - 1);
  }

 private:
  std::string text_;
  std::size_t stamped_;
};

}  // namespace trivium::load
