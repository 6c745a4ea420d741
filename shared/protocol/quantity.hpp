// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace trivium::protocol {

/// Reads a duration such as `250us`, `10ms`, `1.5s` or `2m`; nothing where the text is not a
/// number of at least 0 followed by one of these units, or does not fit.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Reads a size in bytes such as `512`, `64KiB` or `16MiB`; nothing where the text is anything
/// else, or does not fit.
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text);

}  // namespace trivium::protocol
