// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/escape.hpp"

#include <array>
#include <boost/locale/utf.hpp>
#include <cstdio>

namespace trivium::conformance {

std::string escaped(std::string_view bytes, std::size_t limit) {
  std::string text;
  const bool shortened = bytes.size() > limit;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (shortened && i == limit / 2) {
      const std::size_t skip = bytes.size() - limit;
      text += "[... " + std::to_string(skip) + " bytes ...]";
      i += skip;
    }
    const char c = bytes[i];
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (c >= 0x20 && c < 0x7f) {
      text += c;
    } else {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned char>(c));
      text += hex.data();
    }
  }
  return text;
}

std::string printable(const std::string& text) {
  namespace utf = boost::locale::utf;
  for (auto at = text.begin(); at != text.end();) {
    const auto code = utf::utf_traits<char>::decode(at, text.end());
    const bool is_text = code != utf::illegal && code != utf::incomplete;
    const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    if (!is_text || is_control || (code & 0xfffe) == 0xfffe) return escaped(text, text.size());
  }
  return text;
}

}  // namespace trivium::conformance
