// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace trivium::protocol {

/// What a hazard line asks its server to do before the line is answered.
struct Hazard {
  enum class Kind {
    sleep,  ///< wait for `duration` in the model's own way
    block,  ///< block the calling thread for `duration`
    work,   ///< burn `duration` of the calling thread's CPU time
    hang,   ///< compute for ever
    crash,  ///< die by SIGSEGV
    abort,  ///< die by SIGABRT
    leak,   ///< allocate `bytes`, touch them, and forget them
    pid,    ///< answer with the process and thread that serve the line
  };

  Kind kind;
  std::chrono::nanoseconds duration{};
  std::size_t bytes = 0;
};

/// Reads a hazard line's content, such as `@sleep 10ms`; nothing where it is not exactly one of
/// the known forms, and is then echoed like any other line.
[[nodiscard]] std::optional<Hazard> parse_hazard(std::string_view content);

}  // namespace trivium::protocol
