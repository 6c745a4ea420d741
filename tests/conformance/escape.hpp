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

}  // namespace trivium::conformance
