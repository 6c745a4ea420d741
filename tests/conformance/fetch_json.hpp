// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trivium::conformance {

// A value of a flat JSON object.
struct JsonValue {
  enum class Kind { null, boolean, number, text };
  Kind kind = Kind::null;
  std::string text = {};  // Of a string, decoded; of a number or boolean, as it was written.
  double number = 0;

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_number() const { return kind == Kind::number; }
  [[nodiscard]] bool is_text() const { return kind == Kind::text; }
};

using JsonObject = std::map<std::string, JsonValue>;

// Reads one line as an object whose values are no objects or arrays (RFC 8259); nothing where it is
// anything else, has a key twice, or goes on after its end. \u escapes are taken up to U+007F.
[[nodiscard]] std::optional<JsonObject> parse_json_line(std::string_view line);

}  // namespace trivium::conformance
