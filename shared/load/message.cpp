// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/message.hpp"

#include <algorithm>

namespace trivium::load {
namespace {

constexpr char digits[] = "0123456789abcdefghijklmnopqrstuv";

}  // namespace

Message::Message(std::size_t line_bytes)
    : text_(head), stamped_(std::min<std::size_t>(line_bytes, 16)) {
  text_.reserve(head.size() + line_bytes + 2);
  // 61 is prime, so that the pattern repeats at no distance that a buffer's size could have.
  for (std::size_t i = 0; i < line_bytes; ++i) text_ += static_cast<char>('A' + i % 61);
  text_ += "\n\n";
  stamp(0, 0);
}

Message::Message(std::string_view content) : text_(head), stamped_(0) {
  text_ += content;
  text_ += "\n\n";
}

// The low digits of both numbers take turns from the left, so that a short line has both.
void Message::stamp(std::uint32_t connection, std::uint64_t number) noexcept {
  char* const content = text_.data() + head.size();
  std::uint64_t numbers[] = {number, connection};
  for (std::size_t i = 0; i < stamped_; ++i) {
    std::uint64_t& from = numbers[i % 2];
    content[i] = digits[from % 32];
    from /= 32;
  }
}

}  // namespace trivium::load
