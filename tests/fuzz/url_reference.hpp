// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A second reading of a URL: which text is one that must be fetched. Written from RFC 3986,
// sections 2, 3 and appendix A, and from requirements F2.1 to F2.5; it shares no line with the one
// that is used, nor with a library of URLs.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/fuzz/standing.hpp"

namespace trivium::fuzz {

inline bool is_one_of(char c, std::string_view set) {
  return set.find(c) != set.npos;
}

/// Whether a text is made of unreserved bytes, sub-delims, percent-escapes and `others`.
inline bool is_made_of(std::string_view text, std::string_view others) {
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) continue;
    if (is_one_of(c, "-._~!$&'()*+,;=") || is_one_of(c, others)) continue;
    if (c != '%' || text.size() - i < 3) return false;
    if (!is_one_of(text[i + 1], hex) || !is_one_of(text[i + 2], hex)) return false;
    i += 2;
  }
  return true;
}

/// What stands between the brackets, as the system reads it; it knows no zone and no future form.
inline bool is_ipv6(std::string_view text) {
  in6_addr address;
  return text.find_first_not_of("0123456789abcdefABCDEF:.") == text.npos &&
         ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

/// What stands behind the host: nothing, or a colon and perhaps a port from 1 to 65535.
inline bool is_port_part(std::string_view text) {
  if (text.empty() || text == ":") return true;
  if (text.front() != ':') return false;
  unsigned number = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return false;
    number = std::min(number * 10 + static_cast<unsigned>(c - '0'), 65536U);
  }
  return number >= 1 && number <= 65535;
}

/// A percent-escape in a name is open: RFC 3986 has it, and no name that is in use needs it.
inline Standing standing_of_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos || !is_ipv6(text.substr(1, close - 1))) return Standing::wrong;
    return is_port_part(text.substr(close + 1)) ? Standing::right : Standing::wrong;
  }
  const auto host = text.substr(0, text.find(':'));
  if (host.empty() || !is_made_of(host, "") || !is_port_part(text.substr(host.size()))) {
    return Standing::wrong;
  }
  return host.find('%') != host.npos ? Standing::open : Standing::right;
}

/// The documents leave nothing else open: user and password are refused, as is every byte that RFC
/// 3986 has not where it stands.
inline Standing standing_of_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  const auto is_same = [](char due, char c) {
    return c == due || (c >= 'A' && c <= 'Z' && c + 32 == due);
  };
  if (text.size() > 16 * 1024 || text.size() < scheme.size()) return Standing::wrong;
  if (!std::equal(scheme.begin(), scheme.end(), text.begin(), is_same)) return Standing::wrong;
  text.remove_prefix(scheme.size());

  const auto authority = text.substr(0, text.find_first_of("/?#"));
  text.remove_prefix(authority.size());
  const auto hash = std::min(text.find('#'), text.size());
  const auto fragment = text.substr(std::min(hash + 1, text.size()));
  const auto path_and_query = text.substr(0, hash);
  if (!is_made_of(path_and_query, ":@/?") || !is_made_of(fragment, ":@/?")) return Standing::wrong;
  return standing_of_authority(authority);
}

}  // namespace trivium::fuzz
