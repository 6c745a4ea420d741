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
  std::string expected;      ///< escaped, quoted and cut short; or `end of stream`
  std::string got;           ///< likewise
};

/// Compares what a connection receives with what it must be, however it was cut. Sans-I/O: the
/// caller says which answer is due, feeds what came, and asks what an end of stream means.
class ReplyChecker {
 public:
  enum class Verdict { more, complete, wrong };
  enum class End { before, inside, after };

  /// Begins a connection's first answer.
  void start_stream() noexcept { before_ = at_ = 0; }

  /// Begins the next answer on the same stream. Requires: the one before is complete.
  void start_answer() noexcept {
    before_ += at_;
    at_ = 0;
  }

  /// Checks the next bytes against the answer that is due, given whole each time. Surplus is
  /// wrong. After `wrong`, the checker stays where it was, so that `describe` can be asked.
  [[nodiscard]] Verdict feed(std::string_view answer, std::string_view bytes) noexcept;

  /// Says where in an answer of this size the stream stands: before its first byte, inside, or
  /// after its last.
  [[nodiscard]] End position(std::size_t answer_size) const noexcept {
    return at_ == answer_size ? End::after : at_ == 0 ? End::before : End::inside;
  }

  /// Describes why `bytes`, which `feed` just called wrong, are. No bytes: the stream ended here.
  [[nodiscard]] Fault describe(std::string_view answer, std::string_view bytes) const;

 private:
  std::uint64_t before_ = 0;  // bytes of earlier answers
  std::size_t at_ = 0;        // bytes of this one
};

/// Quotes bytes for one line on a terminal: at most 32 of them, what is not printable escaped.
[[nodiscard]] std::string escaped(std::string_view bytes);

}  // namespace trivium::load
