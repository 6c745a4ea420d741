// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trivium::conformance {

// Shows bytes so that a person can read them: \r, \n, \x00 escaped, the middle of what is longer
// than `limit` replaced by its length.
[[nodiscard]] std::string escaped(std::string_view bytes, std::size_t limit = 400);

// The text as it is where it is UTF-8 that every report may hold, and else escaped.
[[nodiscard]] std::string printable(const std::string& text);

}  // namespace trivium::conformance
