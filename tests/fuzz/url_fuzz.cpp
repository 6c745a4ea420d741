// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Holds the parser of a URL to a second reading of what must be taken and what refused, and it and
// that of HOST:PORT to a plain splitting of the text: what is taken can be put together again, and
// a URL can do no harm in a request.
#include <algorithm>
#include <string>

#include "shared/net/endpoint.hpp"
#include "shared/net/url.hpp"
#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/url_reference.hpp"

namespace {

using trivium::fuzz::must_be_equal;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

bool is_harmless(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool is_port(std::string_view text) {
  unsigned long number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = std::min(number * 10 + static_cast<unsigned long>(c - '0'), 1'000'000UL);
  }
  return !text.empty() && number <= 65535;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) return text.size() > 2 && text.ends_with(']');
  return !text.empty() && text.find(':') == text.npos;
}

// At no colon but the last can a text be HOST:PORT, since no port holds one.
void check_host_port(const std::string& text) {
  const auto parsed = trivium::net::parse_host_port(text);
  bool can_be_split = false;
  for (std::size_t colon = 0; colon < text.size(); ++colon) {
    if (text[colon] != ':') continue;
    const auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    if (!is_host(host) || !is_port(port)) continue;
    can_be_split = true;
    if (!parsed) break;
    must_be_equal(host.starts_with('[') ? '[' + parsed->host + ']' : parsed->host, host,
                  "the host");
    must_be_equal(parsed->port, port, "the port");
  }
  must_be_equal(parsed.has_value(), can_be_split, "HOST:PORT");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_host_port(text);
  const auto parsed = trivium::net::parse_url(text);
  trivium::fuzz::must_stand(parsed.error.empty(), trivium::fuzz::standing_of_url(text), "a URL");
  must_be_equal(parsed.error.find('\n'), std::string::npos, "the reason is one line");
  if (!parsed.error.empty()) return 0;
  const auto& url = parsed.url;
  must_be_equal(lower(text.substr(0, 7)), std::string("http://"), "the scheme");

  const auto rest = text.substr(7);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  auto target = rest.substr(authority.size());
  target = target.substr(0, target.find('#'));
  if (!target.starts_with('/')) target.insert(0, "/");
  must_be_equal(url.target, target, "the target");
  must_be_equal(is_harmless(url.target), true, "no blank and no control byte in the target");

  const bool is_ipv6 = authority.starts_with('[');
  const auto host_end =
      is_ipv6 ? authority.find(']') + 1 : std::min(authority.find(':'), authority.size());
  const auto host = authority.substr(0, host_end);
  must_be_equal(is_ipv6 ? '[' + url.host + ']' : url.host, host, "the host");
  must_be_equal(is_harmless(url.authority), true, "no blank and no control byte in the Host field");
  must_be_equal(url.authority, url.port == "80" ? host : host + ':' + url.port, "the Host field");

  const int port = std::stoi(url.port);
  must_be_equal(port >= 1 && port <= 65535, true, "the port's range");
  const auto digits = authority.substr(std::min(host_end + 1, authority.size()));
  must_be_equal(port, digits.empty() ? 80 : std::stoi(digits), "the port");
  return 0;
}
