// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A second reading of a response head, written from RFC 9110 and RFC 9112 and from nothing else;
// slow and plain. It shares no line with the one that is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/standing.hpp"

namespace trivium::fuzz {

struct Reading {
  Standing standing = Standing::right;
  int status = 0;
  std::optional<std::uint64_t> length{};  ///< nothing: until the end of the stream

  void demote(Standing to) {
    if (static_cast<int>(to) > static_cast<int>(standing)) standing = to;
  }
};

/// The offset behind the first empty line, by looking at one line after another.
inline std::optional<std::size_t> end_of_head(std::string_view text) {
  for (std::size_t begin = 0;;) {
    const auto end = text.find('\n', begin);
    if (end == text.npos) return std::nullopt;
    const auto line = text.substr(begin, end - begin);
    if (begin > 0 && (line.empty() || line == "\r")) return end + 1;
    begin = end + 1;
  }
}

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// RFC 9110, section 5.6.2.
inline bool is_token_byte(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// RFC 9110, section 5.5: what a value may hold; another control byte may be kept or refused.
inline Standing standing_of_text(std::string_view text) {
  Standing standing = Standing::right;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\0' || c == '\r' || c == '\n') return Standing::wrong;
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) standing = Standing::open;
  }
  return standing;
}

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

inline std::string lower(std::string_view text) {
  std::string result;
  for (const char c : text) result += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

inline void read_status_line(std::string_view line, Reading& reading) {
  // "HTTP/" DIGIT "." DIGIT SP 3DIGIT SP [ reason ] (RFC 9112, section 4)
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' ||
      !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) || line[9] == '0') {
    reading.demote(Standing::wrong);
    return;
  }
  if (line[7] > '1') reading.demote(Standing::open);
  reading.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (line.size() == 12) {
    reading.demote(Standing::open);  // the space before an empty reason is missing
    return;
  }
  if (line[12] != ' ') reading.demote(Standing::wrong);
  reading.demote(standing_of_text(line.substr(13)));
}

/// RFC 9112, section 6.3, item 5: a list of one valid length again and again is that length.
inline void read_length(std::string_view value, std::optional<std::uint64_t>& length,
                        Reading& reading) {
  for (;;) {
    const auto comma = value.find(',');
    const auto item = trimmed(value.substr(0, comma));
    std::uint64_t number = 0;
    bool fits = !item.empty();
    for (const char c : item) {
      fits = fits && is_digit(c) && !__builtin_mul_overflow(number, std::uint64_t{10}, &number) &&
             !__builtin_add_overflow(number, static_cast<std::uint64_t>(c - '0'), &number);
    }
    if (!fits || (length && *length != number)) reading.demote(Standing::wrong);
    if (length || comma != value.npos) reading.demote(Standing::open);
    length = number;
    if (comma == value.npos) return;
    value.remove_prefix(comma + 1);
  }
}

inline void read_field(std::string_view line, std::optional<std::uint64_t>& length,
                       Reading& reading) {
  const auto colon = line.find(':');
  auto name = line.substr(0, colon);
  if (colon == line.npos || name.empty()) {
    reading.demote(Standing::wrong);
    return;
  }
  if (trimmed(name).size() != name.size()) {
    reading.demote(Standing::open);  // blanks before the colon
    name = trimmed(name);
  }
  if (name.empty()) reading.demote(Standing::wrong);
  for (const char c : name) {
    if (!is_token_byte(c)) reading.demote(Standing::wrong);
  }
  const auto value = trimmed(line.substr(colon + 1));
  reading.demote(standing_of_text(value));
  const auto lower_name = lower(name);
  if (lower_name == "content-length") read_length(value, length, reading);
  if (lower_name == "transfer-encoding") reading.demote(Standing::wrong);
  // A list of tokens; one that is broken may be refused.
  if (lower_name == "connection" || lower_name == "proxy-connection" || lower_name == "upgrade") {
    reading.demote(Standing::open);
  }
}

/// Reads a head that ends in its first empty line.
inline Reading read_head(std::string_view text) {
  Reading reading;
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    } else {
      reading.demote(Standing::open);  // LF alone (RFC 9112, section 2.2)
    }
    const bool folded = lines.size() > 1 && (line.starts_with(' ') || line.starts_with('\t'));
    if (folded) {  // RFC 9112, section 5.2
      reading.demote(Standing::open);
      lines.back().append(" ").append(trimmed(line));
    } else if (!line.empty()) {
      lines.emplace_back(line);
    } else if (lines.empty()) {
      reading.demote(Standing::wrong);  // only a server may skip one (RFC 9112, section 2.2)
    }
  }
  if (lines.empty()) return {.standing = Standing::wrong};
  read_status_line(lines[0], reading);
  std::optional<std::uint64_t> length;
  for (std::size_t i = 1; i < lines.size(); ++i) read_field(lines[i], length, reading);
  const bool bodiless = reading.status < 200 || reading.status == 204 || reading.status == 304;
  reading.length = bodiless ? std::optional<std::uint64_t>{0} : length;
  return reading;
}

}  // namespace trivium::fuzz
