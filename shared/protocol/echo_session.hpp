// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/protocol/hazard.hpp"

namespace trivium::protocol {

/// Why a connection ended. The order is that of the counters in the command-line contract.
enum class CloseReason {
  end,
  eof,
  rejected_too_long,
  rejected_utf8,
  idle,
  reset,
  drain,
  crashed,
  line_timeout,  ///< one line took too long
  refused,       ///< closed before its first byte, since the server is full
};
inline constexpr std::size_t close_reason_count = 10;

/// How long, and for how many bytes, a close that the server starts waits for the client's FIN.
inline constexpr std::chrono::seconds linger_time{2};
inline constexpr std::size_t linger_bytes = 1024 * 1024;

/// Names a reason as the counters spell it.
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

/// What the driver of a session does next.
struct Action {
  enum class Kind {
    read,            ///< read some bytes, then `received`, `end_of_input` or `abort`
    write,           ///< write some of `bytes`, then `written` or `abort`
    act,             ///< carry out `hazard`, then `acted`
    shut_and_drain,  ///< send FIN, discard input within the lingering bounds, then `drained`
    close,           ///< close the connection; it ended for `reason`
  };

  Kind kind = Kind::read;
  std::span<const char> bytes{};
  Hazard hazard{};
  CloseReason reason{};
};

/// One connection of the line-echo protocol, without any I/O: bytes in, and what to do next.
///
/// The driver loops over `next` and answers each action with the call that its comment names;
/// nothing else changes the session. What is written depends on the bytes received and not on how
/// they were cut. Pending output is at most one read and one line, since a session that owes bytes
/// does not ask for more. Not thread-safe. Follows section 1 of the protocol's text, "Echo".
class EchoSession {
 public:
  struct Limits {
    std::size_t max_line = 64 * 1024;  ///< bytes of content that a line may have
    bool hazards = false;              ///< whether lines that begin with `@` act
  };

  explicit EchoSession(Limits limits) noexcept;

  /// Says what to do next. Spans stay valid until the next call that is not const.
  [[nodiscard]] Action next() const noexcept;

  /// Takes bytes that were read. Requires: the next action is `read`.
  void received(std::span<const char> bytes);

  /// Takes the end of input. Requires: the next action is `read`.
  void end_of_input();

  /// Takes note that the first `count` bytes of the pending output are out.
  void written(std::size_t count);

  /// Takes note that the hazard was carried out; the line is answered by `answer`, or by itself
  /// where that is empty. Requires: the next action is `act`.
  void acted(std::string_view answer = {});

  /// Takes note that lingering is over. Requires: the next action is `shut_and_drain`.
  void drained() noexcept;

  /// Ends the session from outside: what is owed and the partial line are dropped. After `reset`
  /// there is nobody to linger for. A session that has its reason keeps it, unless an answer is
  /// owed.
  void abort(CloseReason reason) noexcept;

  /// Ends the session from outside, since bytes that it takes for written did not reach the client:
  /// like `abort`, and a reason that it has is replaced.
  void lost(CloseReason reason) noexcept;

  [[nodiscard]] bool owes_bytes() const noexcept { return sent_ < output_.size(); }
  [[nodiscard]] bool has_partial_line() const noexcept { return !partial_.empty(); }

  /// Lines accepted so far, the leftover at end of input included.
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

 private:
  void take_lines(std::string_view input);
  bool take_line(std::string_view content, std::string_view rest);
  void answer(std::string_view content);
  void keep_partial(std::string_view bytes);
  void finish(CloseReason reason) noexcept;

  Limits limits_;
  std::string output_;  // owed to the client, from sent_ on
  std::size_t sent_ = 0;
  std::string partial_;      // a line whose end has not come
  std::string held_;         // input that waits behind a hazard
  std::string hazard_line_;  // the content that a hazard answers for
  std::optional<Hazard> hazard_;
  std::optional<CloseReason> reason_;
  bool nothing_to_drain_ = false;  // the client's FIN was seen, or nobody is there
  std::uint64_t lines_ = 0;
};

}  // namespace trivium::protocol
