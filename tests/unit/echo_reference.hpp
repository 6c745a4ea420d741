// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "shared/protocol/echo_session.hpp"

namespace trivium::protocol::reference {

inline constexpr std::string_view head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";

/// What one connection came to, as its client and the counters see it.
struct Transcript {
  std::string output;
  CloseReason reason{};
  std::uint64_t lines = 0;

  friend bool operator==(const Transcript&, const Transcript&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Transcript& it) {
    return out << "\"" << it.output << "\" " << to_string(it.reason) << " after " << it.lines;
  }
};

/// Decodes one character after another (Unicode 15, table 3-7); slow, and written from the table.
inline bool is_well_formed(std::string_view text) {
  const auto in = [](unsigned char c, int low, int high) { return c >= low && c <= high; };
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) -> unsigned char {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0;
    };
    const auto tail = [&](std::size_t k) { return in(at(k), 0x80, 0xBF); };
    const unsigned char c = at(0);
    if (c <= 0x7F) {
      i += 1;
    } else if (in(c, 0xC2, 0xDF) && tail(1)) {
      i += 2;
    } else if ((c == 0xE0 && in(at(1), 0xA0, 0xBF) && tail(2)) ||
               (c == 0xED && in(at(1), 0x80, 0x9F) && tail(2)) ||
               (in(c, 0xE1, 0xEF) && c != 0xED && tail(1) && tail(2))) {
      i += 3;
    } else if ((c == 0xF0 && in(at(1), 0x90, 0xBF) && tail(2) && tail(3)) ||
               (c == 0xF4 && in(at(1), 0x80, 0x8F) && tail(2) && tail(3)) ||
               (in(c, 0xF1, 0xF3) && tail(1) && tail(2) && tail(3))) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

/// Reads the specification plainly: what becomes of a whole input that ends after its last byte.
inline Transcript read_whole(std::string_view input, std::size_t max_line) {
  Transcript result{.output = std::string(head)};
  const auto ends = [&](CloseReason reason) {
    result.reason = reason;
    return result;
  };
  for (;;) {
    const auto newline = input.find('\n');
    const bool complete = newline != input.npos;
    std::string_view content = input.substr(0, newline);
    if (!complete && content.empty()) return ends(CloseReason::eof);
    if (complete && content.ends_with('\r')) content.remove_suffix(1);
    if (content.size() > max_line) return ends(CloseReason::rejected_too_long);
    if (content.empty()) return ends(CloseReason::end);
    if (!is_well_formed(content)) return ends(CloseReason::rejected_utf8);
    result.output.append(content).push_back('\n');
    ++result.lines;
    if (!complete) return ends(CloseReason::eof);
    input.remove_prefix(newline + 1);
  }
}

using Pieces = std::vector<std::string_view>;

/// Sees an action before it is carried out: with the bytes received until then, to which the end of
/// input adds one, and the bytes written.
using Watch = std::function<void(const Action&, std::size_t received, std::size_t written)>;

/// Runs a session over an input that comes in pieces and ends after the last; every write takes at
/// most `write_size` bytes, and every hazard's line answers for itself.
inline Transcript converse(const Pieces& pieces, EchoSession::Limits limits,
                           std::size_t write_size = std::string::npos, const Watch& watch = {}) {
  EchoSession session(limits);
  Transcript result;
  std::size_t next_piece = 0;
  std::size_t received = 0;
  std::size_t total = head.size() + 64;
  for (const auto piece : pieces) total += piece.size();
  for (std::size_t steps = 0; steps < 8 * total; ++steps) {
    const Action action = session.next();
    if (watch) watch(action, received, result.output.size());
    switch (action.kind) {
      case Action::Kind::read:
        if (next_piece < pieces.size()) {
          received += pieces[next_piece].size();
          session.received(pieces[next_piece++]);
        } else {
          ++received;
          session.end_of_input();
        }
        break;
      case Action::Kind::write: {
        const auto taken = action.bytes.first(std::min(write_size, action.bytes.size()));
        result.output.append(taken.begin(), taken.end());
        session.written(taken.size());
        break;
      }
      case Action::Kind::act:
        session.acted();
        break;
      case Action::Kind::shut_and_drain:
        session.drained();
        break;
      case Action::Kind::close:
        result.reason = action.reason;
        result.lines = session.lines();
        return result;
    }
  }
  throw std::logic_error("the session does not come to an end");
}

/// Cuts an input into single bytes.
inline Pieces bytes_of(std::string_view input) {
  Pieces pieces;
  for (std::size_t i = 0; i < input.size(); ++i) pieces.push_back(input.substr(i, 1));
  return pieces;
}

}  // namespace trivium::protocol::reference
