// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/reply_checker.hpp"

#include <algorithm>
#include <cstring>

namespace trivium::load {

ReplyChecker::Verdict ReplyChecker::feed(std::string_view answer, std::string_view bytes) noexcept {
  if (bytes.size() > answer.size() - at_) return Verdict::wrong;
  if (std::memcmp(answer.data() + at_, bytes.data(), bytes.size()) != 0) return Verdict::wrong;
  at_ += bytes.size();
  return at_ == answer.size() ? Verdict::complete : Verdict::more;
}

Fault ReplyChecker::describe(std::string_view answer, std::string_view bytes) const {
  const std::string_view due = answer.substr(at_);
  const auto differ = std::mismatch(due.begin(), due.end(), bytes.begin(), bytes.end());
  const auto same = static_cast<std::size_t>(differ.first - due.begin());
  const auto shown = [same](std::string_view from) {
    return same == from.size() ? std::string("end of stream") : escaped(from.substr(same));
  };
  Fault fault{before_ + at_ + same, shown(due), shown(bytes)};
  // What came is right as far as it goes: an answer that is complete was followed by surplus.
  if (same == due.size() && same < bytes.size()) fault.expected = "nothing more";
  return fault;
}

std::string escaped(std::string_view bytes) {
  constexpr std::size_t most = 32;
  constexpr char hex[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char byte : bytes.substr(0, most)) {
    const auto code = static_cast<unsigned char>(byte);
    switch (byte) {
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '\t':
        text += "\\t";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\\':
        text += "\\\\";
        break;
      default:
        if (code >= 0x20 && code < 0x7f) {
          text += byte;
        } else {
          text += {'\\', 'x', hex[code >> 4], hex[code & 15]};
        }
    }
  }
  text += '"';
  if (bytes.size() > most) text += "...";
  return text;
}

}  // namespace trivium::load
