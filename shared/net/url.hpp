// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trivium::net {

/// An `http://` URL, taken apart for a fetch.
struct Url {
  std::string host;       ///< a name or an address, IPv6 without brackets: what is connected to
  std::string port;       ///< decimal, 1 to 65535
  std::string authority;  ///< the value of the Host field: the port only where it is not 80
  std::string target;     ///< path and query as they were written, `/` where there is no path
};

/// How long a URL may be; twice what every server is asked to take (RFC 9110, section 4.1).
inline constexpr std::size_t max_url = 16 * 1024;

/// A URL, or in one line why it is none that can be fetched; `error` is empty where it is.
struct ParsedUrl {
  Url url{};
  std::string error{};
};

/// Reads a URL by Boost.URL's strict grammar (RFC 3986), so that no blank, control character or
/// line end gets into a request. The fragment is dropped; user and password are refused.
[[nodiscard]] ParsedUrl parse_url(std::string_view text);

}  // namespace trivium::net
