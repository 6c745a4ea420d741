// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/response_head.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace trivium::protocol {

std::optional<std::size_t> find_head_end(std::string_view text, std::size_t from) {
  // An empty line ends in at most three bytes that were seen before: LF, CR, LF.
  std::size_t at = from < 3 ? 0 : from - 3;
  while ((at = text.find('\n', at)) != text.npos) {
    const std::string_view rest = text.substr(++at);
    if (rest.starts_with('\n')) return at + 1;
    if (rest.starts_with("\r\n")) return at + 2;
  }
  return std::nullopt;
}

bool cannot_be_head(std::string_view text) noexcept {
  static constexpr std::string_view begin = "HTTP/1.";
  const auto size = std::min(text.size(), begin.size());
  return text.substr(0, size) != begin.substr(0, size);
}

ParsedHead parse_head(std::string_view text) {
  namespace http = boost::beast::http;
  http::response_parser<http::empty_body> parser;
  parser.header_limit(max_head + 1);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error == http::error::need_more) return {.error = "incomplete"};
  if (error) return {.error = error.message()};
  if (!parser.is_header_done()) return {.error = "incomplete"};
  const auto& message = parser.get();
  if (message.result_int() < 100) return {.error = "bad status"};
  if (message.find(http::field::transfer_encoding) != message.end()) {
    return {.error = "Transfer-Encoding in answer to HTTP/1.0"};
  }
  ResponseHead head{.status = static_cast<int>(message.result_int())};
  // 1xx, 204 and 304 have no body, whatever length they claim (RFC 9110, section 6.4.1).
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  if (bodiless) {
    head.length = 0;
  } else if (const auto length = parser.content_length()) {
    head.length = *length;
  }
  return {.head = head};
}

}  // namespace trivium::protocol
