// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/reply_checker.hpp"

#include <algorithm>
#include <cstring>

namespace trivium::load {

Step ReplyChecker::feed(std::string_view answer, std::string_view bytes) noexcept {
  const std::string_view due = answer.substr(at_);
  const std::size_t used = std::min(due.size(), bytes.size());
  if (std::memcmp(due.data(), bytes.data(), used) != 0) return {Step::Verdict::wrong, 0};
  at_ += used;
  return {used == due.size() ? Step::Verdict::complete : Step::Verdict::more, used};
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
