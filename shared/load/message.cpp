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
  const auto pair = [&](std::size_t i) {
    content[i] = digits[number >> (5 * i / 2) & 31];
    content[i + 1] = digits[std::uint64_t{connection} >> (5 * i / 2) & 31];
  };
  if (stamped_ == 16) {
    // All of it, unrolled: this is done twice for every operation.
    pair(0), pair(2), pair(4), pair(6), pair(8), pair(10), pair(12), pair(14);
    return;
  }
  for (std::size_t i = 0; i + 1 < stamped_; i += 2) pair(i);
  if (stamped_ % 2 == 1) content[stamped_ - 1] = digits[number >> (5 * (stamped_ - 1) / 2) & 31];
}

}  // namespace trivium::load
