// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A line-echo client that says what it expects. Every function reports what is wrong as a failure
// of the running case; open() throws, since nothing can follow.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/echo_server.hpp"
#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// What a server says first; empty in the dialect `echo`. The judge sets it before the first case.
inline std::string_view head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";
inline constexpr std::size_t default_max_line = 64 * 1024;
// How long a closing server drains where the client's FIN does not come.
inline constexpr milliseconds linger_time{2000};

enum class Finish { no, half_close };

// Takes the head; throws where another comes.
void take_head(Stream& stream);

// Connects, and takes the head.
[[nodiscard]] Stream open(const EchoServer& server, int receive_buffer = 0);

// Sends `input` on a fresh connection and receives to the end, which must be a FIN; what was
// received must be the head and `body`. The client's own FIN is sent after the input where asked,
// and in the dialect `echo` in place of an empty line at the input's end.
void expect_answer(const EchoServer& server, std::string_view input, std::string_view body,
                   Finish finish = Finish::no);

// Sends `lines` and what ends an exchange (an empty line, or in the dialect `echo` the client's
// FIN), and receives to the end.
[[nodiscard]] Received exchange_to_end(Stream& stream, std::string_view lines);

// The same with the input in pieces, each given time to be read alone.
void expect_answer_to_pieces(const EchoServer& server, const std::vector<std::string>& pieces,
                             std::string_view body, Finish finish = Finish::no);

// Runs the input whole, byte by byte, and cut in two at every point.
void expect_answer_however_cut(const EchoServer& server, const std::string& input,
                               std::string_view body, Finish finish = Finish::no);

// The next bytes are exactly these.
void expect_bytes(Stream& stream, std::string_view bytes);
// Nothing comes, neither bytes nor an end, while we glance.
void expect_silence(const Stream& stream);
// The stream ends by FIN, and nothing comes before it but `bytes`.
void expect_end(Stream& stream, std::string_view bytes = {});

// What is due at once is: the quickest of three attempts, each on a fresh connection, takes less
// than `promptness`, and 20 times what the connection took, by which one tells the distance.
// `attempt` returns how long it took.
void expect_at_once(const EchoServer& server, const std::function<milliseconds(Stream&)>& attempt);

// Sends one line and expects it back.
void expect_echo(Stream& stream, const std::string& content);

// Sends until the server has not taken a byte for a while, without reading; returns how many bytes
// were sent. Stops at `limit`.
[[nodiscard]] std::size_t send_until_blocked(Stream& stream, std::string_view block,
                                             std::size_t limit);

}  // namespace trivium::conformance
