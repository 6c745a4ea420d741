// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trivium::protocol {

/// What the head of an HTTP response says about the body that follows it.
struct ResponseHead {
  int status = 0;
  std::optional<std::uint64_t> length{};  ///< Content-Length; nothing: until the end of stream
};

/// A head that was read, or why it is a bad one; `error` is empty where it is not.
struct ParsedHead {
  ResponseHead head{};
  std::string error{};
};

/// How many bytes all the heads of one response may have together, the 1xx heads included.
inline constexpr std::size_t max_head = 64 * 1024;

/// Finds the end of a head: the offset just behind its first empty line, whose lines may end in LF
/// alone (RFC 9112, section 2.2); nothing where it has not come. Text before `from` is known to
/// hold no end of a line that could matter: pass the size that was searched before.
[[nodiscard]] std::optional<std::size_t> find_head_end(std::string_view text, std::size_t from);

/// Tells from the first bytes, however few, that the text cannot become a head: it does not begin
/// like `HTTP/1.`.
[[nodiscard]] bool cannot_be_head(std::string_view text) noexcept;

/// Reads one complete head, as `find_head_end` delimits it.
///
/// Boost.Beast's parser judges it (RFC 9112), used sans-I/O. It is given the whole head in one
/// call: fed piece by piece, it falls back to searching the end of the head before it judges
/// another field, so that a bad field before an early end of stream would be reported or not, as
/// the input was cut. Beyond Beast's rules a Transfer-Encoding is refused, since the request was
/// HTTP/1.0 and no peer may send one (RFC 9112, section 6.1). The same length twice is that length.
[[nodiscard]] ParsedHead parse_head(std::string_view text);

}  // namespace trivium::protocol
