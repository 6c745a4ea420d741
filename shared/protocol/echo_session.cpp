// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/echo_session.hpp"

#include <array>
#include <utility>

#include "shared/protocol/utf8.hpp"

namespace trivium::protocol {
namespace {

constexpr std::string_view head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";

// A buffer that grew for a burst is given back, so that an idle connection stays small.
constexpr std::size_t keep_capacity = 1024;

void reset(std::string& buffer) {
  if (buffer.capacity() > keep_capacity) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
  static constexpr std::array<std::string_view, close_reason_count> names{
      "end",   "eof",   "rejected_too_long", "rejected_utf8", "idle",
      "reset", "drain", "crashed",           "line_timeout",  "refused"};
  return names[static_cast<std::size_t>(reason)];
}

EchoSession::EchoSession(Limits limits) noexcept : limits_(limits), output_(head) {}

Action EchoSession::next() const noexcept {
  using Kind = Action::Kind;
  if (owes_bytes()) {
    return {.kind = Kind::write, .bytes = std::span(output_).subspan(sent_)};
  }
  if (hazard_) return {.kind = Kind::act, .hazard = *hazard_};
  if (!reason_) return {.kind = Kind::read};
  if (!nothing_to_drain_) return {.kind = Kind::shut_and_drain};
  return {.kind = Kind::close, .reason = *reason_};
}

void EchoSession::received(std::span<const char> bytes) {
  take_lines(std::string_view(bytes.data(), bytes.size()));
}

void EchoSession::take_lines(std::string_view input) {
  while (!input.empty()) {
    const auto newline = input.find('\n');
    if (newline == input.npos) return keep_partial(input);
    std::string_view content = input.substr(0, newline);
    input.remove_prefix(newline + 1);
    bool goes_on;
    if (partial_.empty()) {
      goes_on = take_line(content, input);
    } else {
      partial_.append(
          content.substr(0, limits_.max_line + 2));  // enough to see that it is too long
      const std::string line = std::exchange(partial_, {});
      goes_on = take_line(line, input);
    }
    if (!goes_on) return;
  }
}

// Judges one line as it came, without its newline; false where no later line is to be read now.
bool EchoSession::take_line(std::string_view content, std::string_view rest) {
  if (content.ends_with('\r')) content.remove_suffix(1);
  if (content.size() > limits_.max_line) {
    finish(CloseReason::rejected_too_long);
    return false;
  }
  if (content.empty()) {
    finish(CloseReason::end);
    return false;
  }
  if (!is_utf8(content)) {
    finish(CloseReason::rejected_utf8);
    return false;
  }
  answer(content);
  if (hazard_) held_ = std::string(rest);
  return !hazard_;
}

// Owes a legal line's answer now, or after its hazard.
void EchoSession::answer(std::string_view content) {
  ++lines_;
  if (limits_.hazards && content.front() == '@') hazard_ = parse_hazard(content);
  if (hazard_) {
    hazard_line_ = content;
  } else {
    output_.append(content).push_back('\n');
  }
}

// One byte more than the limit is legal only as the carriage return of a line end that is cut.
void EchoSession::keep_partial(std::string_view bytes) {
  const std::size_t size = partial_.size() + bytes.size();
  const bool may_end = size == limits_.max_line + 1 && bytes.back() == '\r';
  if (size > limits_.max_line && !may_end) return finish(CloseReason::rejected_too_long);
  partial_.append(bytes);
}

void EchoSession::end_of_input() {
  nothing_to_drain_ = true;
  const std::string leftover = std::exchange(partial_, {});
  if (leftover.size() > limits_.max_line) return finish(CloseReason::rejected_too_long);
  if (!is_utf8(leftover)) return finish(CloseReason::rejected_utf8);
  if (!leftover.empty()) answer(leftover);
  finish(CloseReason::eof);
}

void EchoSession::written(std::size_t count) {
  sent_ += count;
  if (owes_bytes()) return;
  sent_ = 0;
  reset(output_);
}

void EchoSession::acted(std::string_view answer) {
  hazard_.reset();
  output_.append(answer.empty() ? hazard_line_ : answer).push_back('\n');
  hazard_line_.clear();
  const std::string input = std::exchange(held_, {});
  take_lines(input);
}

void EchoSession::drained() noexcept {
  nothing_to_drain_ = true;
}

void EchoSession::abort(CloseReason reason) noexcept {
  if (!reason_ || owes_bytes() || hazard_) reason_ = reason;
  if (reason == CloseReason::reset) nothing_to_drain_ = true;
  hazard_.reset();
  held_.clear();
  partial_.clear();
  output_.clear();
  sent_ = 0;
}

void EchoSession::lost(CloseReason reason) noexcept {
  reason_.reset();
  abort(reason);
}

void EchoSession::finish(CloseReason reason) noexcept {
  reason_ = reason;
  partial_.clear();
}

}  // namespace trivium::protocol
