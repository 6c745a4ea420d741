// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trivium::load {

/// Where an answer first differs from what it should be.
struct Fault {
  std::uint64_t offset = 0;  ///< in all that the connection has received
  std::string expected;      ///< escaped, quoted and cut short; or in words, as `end of stream`
  std::string got;           ///< likewise
};

/// What a checker says of the bytes that it was fed, and how many of them belong to the answer: all
/// of them, but where it is complete before they end, or wrong.
struct Step {
  enum class Verdict : std::uint8_t { more, complete, wrong };
  Verdict verdict;
  std::size_t used;
};

/// Compares what a connection receives with what it must be, however it was cut. Sans-I/O: the
/// caller says which answer is due, feeds what came, and asks what an end of stream means.
class ReplyChecker {
 public:
  enum class End { before, inside, after };

  /// Begins a connection's first answer.
  void start_stream() noexcept { before_ = at_ = 0; }

  /// Begins the next answer on the same stream. Requires: the one before is complete.
  void start_answer() noexcept {
    before_ += at_;
    at_ = 0;
  }

  /// Checks the next bytes against the answer that is due, given whole each time. What follows a
  /// complete answer is the caller's to feed again. After `wrong`, the checker stays where it was,
  /// so that `describe` can be asked.
  [[nodiscard]] Step feed(std::string_view answer, std::string_view bytes) noexcept;

  /// Says where in an answer of this size the stream stands: before its first byte, inside, or
  /// after its last.
  [[nodiscard]] End position(std::size_t answer_size) const noexcept {
    return at_ == answer_size ? End::after : at_ == 0 ? End::before : End::inside;
  }

  /// How many bytes of the stream were right.
  [[nodiscard]] std::uint64_t offset() const noexcept { return before_ + at_; }

  /// Describes why `bytes` are not what is due. No bytes: the stream ended here.
  [[nodiscard]] Fault describe(std::string_view answer, std::string_view bytes) const;

 private:
  std::uint64_t before_ = 0;  // bytes of earlier answers
  std::size_t at_ = 0;        // bytes of this one
};

/// Quotes bytes for one line on a terminal: at most 32 of them, what is not printable escaped.
[[nodiscard]] std::string escaped(std::string_view bytes);

}  // namespace trivium::load
