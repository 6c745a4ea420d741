// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "shared/load/reply_checker.hpp"

namespace trivium::load {

/// The body that every response of a run must have: that of the first one. One for each run, safe
/// to share between threads.
class HttpReference {
 public:
  /// The body, or nothing where no response is complete yet.
  [[nodiscard]] const std::string* get() const noexcept {
    return known_.load(std::memory_order_acquire);
  }

  /// Offers a body. The first one stays; returns it.
  const std::string& settle(std::string body);

 private:
  std::mutex mutex_;
  std::string body_;
  std::atomic<const std::string*> known_{nullptr};
};

/// Checks the responses on one connection, however they were cut: a head that begins `HTTP/1.` with
/// a status from 200 to 299 and well-formed fields, and the body of the reference, which ends at
/// Content-Length or at the end of stream (RFC 9112, section 6.3, as far as it concerns a GET in
/// HTTP/1.0). A Transfer-Encoding is wrong. Sans-I/O.
class HttpChecker {
 public:
  static constexpr std::size_t most_head = 64 * 1024;
  static constexpr std::size_t most_body = 64 * 1024 * 1024;

  /// The reference outlives the checker.
  explicit HttpChecker(HttpReference& reference) noexcept : reference_(&reference) {}

  /// Begins a connection's first response.
  void start_stream();
  /// Begins the next one on the same connection. Requires: the one before is complete.
  void start_answer();

  [[nodiscard]] Step feed(std::string_view bytes);

  /// Says what an end of stream makes of the response: `complete`, `wrong`, or `more` where it
  /// stands before its first byte.
  [[nodiscard]] Step::Verdict end_of_stream();

  /// Whether the server ends the connection after the response that is complete.
  [[nodiscard]] bool closes() const noexcept { return !keeps_; }

  /// What was wrong. Requires: something was.
  [[nodiscard]] const Fault& fault() const noexcept { return fault_; }

  /// How many bytes of the stream were right.
  [[nodiscard]] std::uint64_t offset() const noexcept { return at_; }

 private:
  enum class Due : std::uint8_t { head, body };

  [[nodiscard]] Step take_head(std::string_view bytes);
  [[nodiscard]] Step take_body(std::string_view bytes);
  [[nodiscard]] bool parse(std::string_view head);
  [[nodiscard]] bool parse_field(std::string_view field);
  [[nodiscard]] bool finish();
  bool differ(std::string expected, std::string got);

  HttpReference* reference_;
  std::string head_;  // of a head that came in pieces
  std::string body_;  // while there is no reference
  const std::string* expected_ = nullptr;
  std::uint64_t at_ = 0;  // bytes of the stream that were taken
  std::uint64_t body_at_ = 0;
  std::uint64_t length_ = 0;
  Due due_ = Due::head;
  bool keeps_ = false;
  bool counted_ = false;  // the head told the body's length
  Fault fault_;
};

}  // namespace trivium::load
