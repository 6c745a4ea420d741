// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/http_checker.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace trivium::load {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view version = "HTTP/1.";

char lower(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

bool same_name(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool has_token(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (same_name(item, token)) return true;
  }
  return false;
}

bool is_digit(char byte) noexcept {
  return byte >= '0' && byte <= '9';
}

}  // namespace

const std::string& HttpReference::settle(std::string body) {
  const std::lock_guard lock(mutex_);
  if (known_.load(std::memory_order_relaxed) == nullptr) {
    body_ = std::move(body);
    known_.store(&body_, std::memory_order_release);
  }
  return body_;
}

void HttpChecker::start_stream() {
  at_ = 0;
  start_answer();
}

void HttpChecker::start_answer() {
  head_.clear();
  body_.clear();
  body_at_ = length_ = 0;
  due_ = Due::head;
  counted_ = false;
}

Step HttpChecker::feed(std::string_view bytes) {
  std::size_t used = 0;
  if (due_ == Due::head) {
    const Step step = take_head(bytes);
    if (step.verdict != Step::Verdict::complete) return step;
    used = step.used;
  }
  Step step = take_body(bytes.substr(used));
  step.used += used;
  return step;
}

Step HttpChecker::take_head(std::string_view bytes) {
  const std::size_t known = head_.size();
  std::string_view text = bytes;
  if (known > 0) {
    head_ += bytes;
    text = head_;
  }
  const std::string_view start = text.substr(0, version.size());
  if (start != version.substr(0, start.size())) {
    at_ -= known;
    differ(escaped(version), escaped(text));
    return {Step::Verdict::wrong, 0};
  }
  // Cut anywhere, the end of the head may have begun in the pieces before.
  const std::size_t end = text.find(head_end, known < head_end.size() ? 0 : known - 3);
  if (end == text.npos) {
    if (known == 0) head_ = bytes;
    at_ += bytes.size();
    if (head_.size() <= most_head) return {Step::Verdict::more, bytes.size()};
    differ("a head of at most 64 KiB", std::to_string(head_.size()) + " bytes");
    return {Step::Verdict::wrong, 0};
  }
  const std::size_t used = end + head_end.size() - known;
  at_ -= known;
  if (!parse(text.substr(0, end + 2))) return {Step::Verdict::wrong, 0};
  at_ += known + used;
  due_ = Due::body;
  return {Step::Verdict::complete, used};
}

// `head` is the status line and the fields, each with its end of line.
bool HttpChecker::parse(std::string_view head) {
  const std::size_t line = head.find("\r\n");
  const std::string_view status = head.substr(0, line);
  // HTTP/1.x SSS, and a reason or none.
  const bool formed = status.size() >= 12 && is_digit(status[7]) && status[8] == ' ' &&
                      std::all_of(status.begin() + 9, status.begin() + 12, is_digit) &&
                      (status.size() == 12 || status[12] == ' ');
  if (!formed) return differ("a status line", escaped(status));
  if (status[9] != '2') return differ("a status from 200 to 299", escaped(status));
  keeps_ = status[7] != '0';
  counted_ = status.substr(9, 3) == "204";
  head.remove_prefix(line + 2);
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    if (!parse_field(head.substr(0, end))) return false;
    head.remove_prefix(end + 2);
  }
  expected_ = reference_->get();
  if (!counted_) {
    keeps_ = false;
  } else if (expected_ != nullptr && length_ != expected_->size()) {
    return differ("a body of " + std::to_string(expected_->size()) + " bytes",
                  "Content-Length: " + std::to_string(length_));
  } else if (length_ > most_body) {
    return differ("a body of at most 64 MiB", "Content-Length: " + std::to_string(length_));
  }
  return true;
}

bool HttpChecker::parse_field(std::string_view field) {
  const std::size_t colon = field.find(':');
  const std::string_view name = field.substr(0, colon);
  if (colon == field.npos || name.empty() || name.find_first_of(" \t") != name.npos) {
    return differ("a field", escaped(field));
  }
  std::string_view value = field.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  if (same_name(name, "content-length")) {
    std::uint64_t length = 0;
    const char* const end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, length);
    if (error != std::errc{} || rest != end || (counted_ && length != length_)) {
      return differ("one length", escaped(field));
    }
    length_ = length;
    counted_ = true;
  } else if (same_name(name, "transfer-encoding")) {
    return differ("no Transfer-Encoding to HTTP/1.0", escaped(field));
  } else if (same_name(name, "connection")) {
    keeps_ = (keeps_ || has_token(value, "keep-alive")) && !has_token(value, "close");
  }
  return true;
}

Step HttpChecker::take_body(std::string_view bytes) {
  if (counted_) bytes = bytes.substr(0, length_ - body_at_);
  if (expected_ == nullptr) {
    body_ += bytes;
    if (body_.size() > most_body) {
      differ("a body of at most 64 MiB", "more");
      return {Step::Verdict::wrong, 0};
    }
  } else {
    const std::string_view due = std::string_view(*expected_).substr(body_at_);
    if (bytes.size() > due.size() || std::memcmp(due.data(), bytes.data(), bytes.size()) != 0) {
      const auto differs = std::mismatch(due.begin(), due.end(), bytes.begin(), bytes.end());
      const auto same = static_cast<std::size_t>(differs.second - bytes.begin());
      at_ += same;
      differ(same == due.size() ? "end of stream" : escaped(due.substr(same)),
             escaped(bytes.substr(same)));
      return {Step::Verdict::wrong, 0};
    }
  }
  at_ += bytes.size();
  body_at_ += bytes.size();
  if (!counted_ || body_at_ < length_) return {Step::Verdict::more, bytes.size()};
  return {finish() ? Step::Verdict::complete : Step::Verdict::wrong, bytes.size()};
}

// A body that was collected becomes the reference, or is compared with the one that was quicker.
bool HttpChecker::finish() {
  const std::string& all = expected_ != nullptr ? *expected_ : reference_->settle(body_);
  if (expected_ == nullptr && body_ != all) return differ(escaped(all), escaped(body_));
  if (body_at_ != all.size()) return differ(escaped(all.substr(body_at_)), "end of stream");
  return true;
}

Step::Verdict HttpChecker::end_of_stream() {
  if (due_ == Due::head && head_.empty()) return Step::Verdict::more;
  if (due_ == Due::head) {
    differ("the rest of a head", "end of stream");
    return Step::Verdict::wrong;
  }
  if (counted_) {
    const std::uint64_t missing = length_ - body_at_;
    differ(std::to_string(missing) + " more bytes", "end of stream");
    return Step::Verdict::wrong;
  }
  return finish() ? Step::Verdict::complete : Step::Verdict::wrong;
}

/// Remembers what is wrong at the place that was reached. Always false.
bool HttpChecker::differ(std::string expected, std::string got) {
  fault_ = {at_, std::move(expected), std::move(got)};
  return false;
}

}  // namespace trivium::load
