// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/fetch_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "shared/protocol/response_head.hpp"
#include "shared/protocol/utf8.hpp"

namespace trivium::protocol {

namespace {

constexpr std::uint64_t most_reserved = 16 * 1024 * 1024;
constexpr std::size_t most_slack = 64 * 1024;

}  // namespace

std::string_view to_string(FetchError error) noexcept {
  static constexpr std::array<std::string_view, 12> names{"",
                                                          "bad URL",
                                                          "name not resolved",
                                                          "connection refused",
                                                          "connection reset",
                                                          "timed out",
                                                          "truncated",
                                                          "too large",
                                                          "bad head",
                                                          "not UTF-8",
                                                          "worker died",
                                                          "failed"};
  return names[static_cast<std::size_t>(error)];
}

std::string FetchResult::why() const {
  std::string text(to_string(error));
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

FetchSession::FetchSession(std::string_view host, std::string_view target, std::size_t max_body)
    : max_body_(max_body) {
  request_.append("GET ").append(target).append(" HTTP/1.0\r\nHost: ").append(host);
  request_.append("\r\nUser-Agent: trivium-fetch/" TRIVIUM_VERSION "\r\n\r\n");
}

FetchAction FetchSession::next() const noexcept {
  using Kind = FetchAction::Kind;
  if (done_) return {.kind = Kind::close};
  if (sent_ < request_.size()) {
    return {.kind = Kind::write, .bytes = std::span(request_).subspan(sent_)};
  }
  return {.kind = Kind::read};
}

void FetchSession::write_failed() noexcept {
  sent_ = request_.size();
  write_failed_ = true;
}

void FetchSession::received(std::span<const char> bytes) {
  const std::string_view input(bytes.data(), bytes.size());
  if (in_body_) {
    take_body(input);
  } else {
    take_head(input);
  }
}

// Judges what has come of the head, and the heads and the body behind it, as far as they have come.
void FetchSession::take_head(std::string_view input) {
  while (!done_) {
    const std::size_t searched = head_.size();
    // One byte beyond the limit is enough to see that there are too many.
    const std::size_t room = max_head + 1 - heads_before_ - searched;
    head_.append(input.substr(0, room));
    if (cannot_be_head(head_)) return abort(FetchError::bad_head, "not HTTP");
    const auto end = find_head_end(head_, searched);
    if (heads_before_ + end.value_or(head_.size()) > max_head) {
      return abort(FetchError::bad_head, "longer than 64 KiB");
    }
    if (!end) return;
    const ParsedHead parsed = parse_head(std::string_view(head_).substr(0, *end));
    if (!parsed.error.empty()) return abort(FetchError::bad_head, parsed.error);
    input.remove_prefix(*end - searched);
    head_.clear();
    if (parsed.head.status >= 200) {
      result_.status = parsed.head.status;
      return begin_body(parsed.head.length, input);
    }
    heads_before_ += *end;
  }
}

void FetchSession::begin_body(std::optional<std::uint64_t> length, std::string_view rest) {
  std::string().swap(head_);
  in_body_ = true;
  length_ = length;
  if (length && *length > max_body_) {
    return abort(FetchError::too_large,
                 "length " + std::to_string(*length) + " is above " + std::to_string(max_body_));
  }
  // What grows by doubling holds up to twice its size. The length is only the peer's word for it:
  // memory that is reserved and never written to costs nothing.
  if (length) result_.body.reserve(std::min<std::uint64_t>(*length, most_reserved));
  take_body(rest);
}

void FetchSession::take_body(std::string_view input) {
  const std::uint64_t left = length_.value_or(input.size() + result_.bytes) - result_.bytes;
  input = input.substr(0, left);
  const std::size_t room = max_body_ - result_.body.size();
  result_.body.append(input.substr(0, room));
  result_.bytes = result_.body.size();
  if (input.size() > room) {
    return abort(FetchError::too_large, "more than " + std::to_string(max_body_));
  }
  if (length_ && result_.bytes == *length_) finish();
}

void FetchSession::finish() {
  if (!is_utf8(result_.body)) return abort(FetchError::not_utf8);
  // It may wait for long until it is printed.
  if (result_.body.capacity() > most_slack + result_.body.size()) result_.body.shrink_to_fit();
  done_ = true;
}

void FetchSession::end_of_input() {
  if (write_failed_) return abort(FetchError::reset, phase());
  if (!in_body_) {
    return abort(FetchError::truncated, head_.empty() ? "the stream ended before an answer"
                                                      : "the stream ended in the head");
  }
  if (length_) {
    return abort(FetchError::truncated,
                 std::to_string(result_.bytes) + " of " + std::to_string(*length_) + " bytes came");
  }
  finish();
}

void FetchSession::abort(FetchError error, std::string_view detail) {
  done_ = true;
  result_.error = error;
  result_.detail = detail;
  std::string().swap(result_.body);
  std::string().swap(head_);
}

std::string_view FetchSession::phase() const noexcept {
  if (sent_ < request_.size()) return "sending the request";
  return in_body_ ? "reading the body" : "reading the head";
}

}  // namespace trivium::protocol
