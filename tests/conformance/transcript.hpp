// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What went over the wire during the running case, for the report of a failure. Safe from any
// thread: a scripted origin speaks from several.
#pragma once

#include <string>
#include <string_view>

namespace trivium::conformance::transcript {

// Forgets what was noted, and counts connections from 1 again.
void clear();

// While one is there, nothing is noted.
class Pause {
 public:
  Pause();
  ~Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
};

// Numbers a new connection, and notes how it began, such as "connect to 127.0.0.1:80".
[[nodiscard]] int begin(std::string_view how);

// Notes bytes in the order in which they passed; those of one direction in a row become one entry,
// of which the first bytes are kept. Connection 0 is none, and is not noted.
void sent(int connection, std::string_view bytes);
void received(int connection, std::string_view bytes);

// Notes what happened to a connection (FIN, reset, a deadline), or, with 0, beside all of them. The
// same note twice in a row is one.
void note(int connection, std::string_view what);

// Every entry on a line of its own: "#1 -> 5 bytes: abc\r\n". Where there are too many, those in
// the middle give way to their number.
[[nodiscard]] std::string text();

}  // namespace trivium::conformance::transcript
