// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <string_view>

namespace trivium::protocol {

/// Tells whether the text is well-formed UTF-8: no overlong form, no surrogate, nothing above
/// U+10FFFF (Unicode 15, table 3-7). NUL and the byte order mark are data.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace trivium::protocol
