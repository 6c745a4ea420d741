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
#include <utility>

namespace trivium::protocol {

/// Why a URL was not fetched.
enum class FetchError {
  none,
  bad_url,
  not_resolved,
  refused,
  reset,
  timed_out,
  truncated,
  too_large,
  bad_head,
  not_utf8,
  worker_died,
  system,  ///< anything else; the detail has the system's own words
};

/// Names an error as results spell it, without its detail.
[[nodiscard]] std::string_view to_string(FetchError error) noexcept;

/// How one URL ended.
struct FetchResult {
  int status = 0;  ///< 0 where no complete head came
  FetchError error = FetchError::none;
  std::string detail{};     ///< more about the error; may be empty
  std::string body{};       ///< empty where there is an error
  std::uint64_t bytes = 0;  ///< of the body that came, also where the fetch failed later
  std::chrono::nanoseconds elapsed{};

  [[nodiscard]] bool ok() const noexcept {
    return error == FetchError::none && status >= 200 && status < 300;
  }

  /// The error and its detail in one line.
  [[nodiscard]] std::string why() const;

  [[nodiscard]] bool operator==(const FetchResult&) const = default;
};

/// What the driver of a session does next.
struct FetchAction {
  enum class Kind {
    write,  ///< write some of `bytes`, then `written`, `write_failed` or `abort`
    read,   ///< read some bytes, then `received`, `end_of_input` or `abort`
    close,  ///< close the connection, then `take_result`
  };

  Kind kind = Kind::close;
  std::span<const char> bytes{};
};

/// One GET over HTTP/1.0, without any I/O: bytes in, and what to do next.
///
/// The driver loops over `next` and answers each action with a call that its comment names. The
/// result depends on the bytes received and not on how they were cut. The body ends at
/// Content-Length, and what comes after it is ignored; without a length it ends with the stream.
/// Not thread-safe. Follows section 1 of the protocol's text, "Fetch".
class FetchSession {
 public:
  /// `host` is the value of the Host field, `target` the path and query; both go out as they are.
  FetchSession(std::string_view host, std::string_view target, std::size_t max_body);

  /// Says what to do next. Spans stay valid until the next call that is not const.
  [[nodiscard]] FetchAction next() const noexcept;

  /// Takes note that the first `count` bytes of the pending request are out.
  void written(std::size_t count) noexcept { sent_ += count; }

  /// Takes note that the peer takes no more of the request. Its answer may have come before: the
  /// session reads on, but an end of stream is a reset from now on.
  void write_failed() noexcept;

  /// Takes bytes that were read. Requires: the next action is `read`.
  void received(std::span<const char> bytes);

  /// Takes the end of input. Requires: the next action is `read`.
  void end_of_input();

  /// Ends the session from outside: reset, timed out (the detail is then `phase`), or other errors
  /// of the system.
  void abort(FetchError error, std::string_view detail = {});

  /// What the session waits for, in words that follow "timed out: ".
  [[nodiscard]] std::string_view phase() const noexcept;

  /// Moves the result out, without its elapsed time. Requires: the next action is `close`.
  [[nodiscard]] FetchResult take_result() noexcept { return std::move(result_); }

 private:
  void take_head(std::string_view input);
  void begin_body(std::optional<std::uint64_t> length, std::string_view rest);
  void take_body(std::string_view input);
  void finish();

  std::size_t max_body_;
  std::string request_;
  std::size_t sent_ = 0;
  bool write_failed_ = false;
  std::string head_;              // what came of the head that is being read
  std::size_t heads_before_ = 0;  // bytes of the 1xx heads before it
  std::optional<std::uint64_t> length_;
  bool in_body_ = false;
  bool done_ = false;
  FetchResult result_;
};

}  // namespace trivium::protocol
