// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace trivium::net {
namespace {

std::string text_of(boost::urls::string_view text) {
  return std::string(text.data(), text.size());
}

// 0 where it is not from 1 to 65535. Boost.URL 1.81's port_number wraps round: 95536 became 30000.
unsigned port_of(const std::string& digits) {
  unsigned number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc{} && rest == end && number <= 65535 ? number : 0;
}

constexpr std::string_view scheme = "http://";

ParsedUrl read_url(std::string_view text);

// Boost.URL 1.81 takes `10.0.0.1.example.org` for an address and the path `.example.org`; behind a
// letter it sees a name.
ParsedUrl read_name_like_ipv4(std::string_view text) {
  constexpr std::string_view letter = "x";
  std::string longer(text);
  longer.insert(scheme.size(), letter);
  ParsedUrl parsed = read_url(longer);
  if (parsed.error.empty()) {
    parsed.url.host.erase(0, letter.size());
    parsed.url.authority.erase(0, letter.size());
  }
  return parsed;
}

ParsedUrl read_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed) return {.error = "not of the form http://HOST[:PORT][/PATH]"};
  const boost::urls::url_view view = *parsed;
  if (view.scheme_id() != boost::urls::scheme::http) {
    return {.error = "only http:// is fetched, not " + text_of(view.scheme()) + ":"};
  }
  if (view.has_userinfo()) return {.error = "user and password are not supported"};
  const std::string host = text_of(view.encoded_host_address());
  if (host.empty()) return {.error = "no host"};
  // Decoded, it could hold anything, and no name in use needs it.
  if (host.find('%') != host.npos) return {.error = "percent signs in the host"};
  if (view.host_type() == boost::urls::host_type::ipvfuture) return {.error = "no such address"};
  const std::string path = text_of(view.encoded_path());
  if (!path.empty() && path.front() != '/') {
    const bool is_ipv4 = view.host_type() == boost::urls::host_type::ipv4;
    if (is_ipv4 && !view.has_port()) return read_name_like_ipv4(text);
    // Boost.URL takes `h:http/` for an empty port and the path `http/`.
    return {.error = "the port is no number"};
  }
  const std::string port = text_of(view.port());
  const unsigned number = port_of(port);
  if (!port.empty() && number == 0) return {.error = "the port is not from 1 to 65535"};

  Url url{.host = host,
          .port = port.empty() ? "80" : std::to_string(number),
          .authority = text_of(view.encoded_host()),
          .target = path.empty() ? "/" : path};
  if (url.port != "80") url.authority += ":" + url.port;
  if (view.has_query()) url.target += "?" + text_of(view.encoded_query());
  return {.url = std::move(url)};
}

}  // namespace

ParsedUrl parse_url(std::string_view text) {
  if (text.size() > max_url) return {.error = "longer than 16 KiB"};
  return read_url(text);
}

}  // namespace trivium::net
