// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/fetch_json.hpp"

#include <charconv>
#include <cstdint>

namespace trivium::conformance {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<JsonObject> object() {
    JsonObject result;
    if (!take('{')) return std::nullopt;
    if (!take('}')) {
      do {
        const auto key = string();
        if (!key || !take(':')) return std::nullopt;
        const auto item = value();
        if (!item || !result.emplace(*key, *item).second) return std::nullopt;
      } while (take(','));
      if (!take('}')) return std::nullopt;
    }
    skip_blanks();
    if (at_ != text_.size()) return std::nullopt;
    return result;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  std::optional<JsonValue> value() {
    using Kind = JsonValue::Kind;
    skip_blanks();
    if (take_word("null")) return JsonValue{};
    if (take_word("true")) return JsonValue{.kind = Kind::boolean, .text = "true"};
    if (take_word("false")) return JsonValue{.kind = Kind::boolean, .text = "false"};
    if (at_ < text_.size() && text_[at_] == '"') {
      auto text = string();
      if (!text) return std::nullopt;
      return JsonValue{.kind = Kind::text, .text = *text};
    }
    JsonValue number{.kind = Kind::number};
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number.number);
    if (error != std::errc{}) return std::nullopt;
    number.text.assign(begin, end);
    at_ += number.text.size();
    return number;
  }

  std::optional<std::string> string() {
    if (!take('"')) return std::nullopt;
    std::string result;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return result;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        result += c;
      } else if (!escape(result)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool escape(std::string& result) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const auto found = letters.find(c); found != std::string_view::npos) {
      result += meanings[found];
      return true;
    }
    if (c != 'u' || at_ + 4 > text_.size()) return false;
    std::uint32_t code = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, begin + 4, code, 16);
    if (error != std::errc{} || end != begin + 4 || code > 0x7f) return false;
    at_ += 4;
    result += static_cast<char>(code);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<JsonObject> parse_json_line(std::string_view line) {
  return Parser{line}.object();
}

}  // namespace trivium::conformance
