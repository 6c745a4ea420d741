// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/counters.hpp"

#include <charconv>
#include <stdexcept>

namespace trivium::conformance {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Counters read() {
    object("");
    blanks();
    if (at_ != text_.size()) fail("something after the object");
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("counters: " + what + " at byte " + std::to_string(at_) + " of " +
                                std::string{text_});
  }

  void blanks() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != text_.npos) ++at_;
  }

  char peek() {
    blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  void expect(char c) {
    if (peek() != c) fail(std::string{"expected "} + c);
    ++at_;
  }

  std::string string() {
    expect('"');
    const auto end = text_.find('"', at_);
    if (end == text_.npos) fail("an open string");
    const auto value = text_.substr(at_, end - at_);
    if (value.find('\\') != value.npos) fail("an escape where none is needed");
    at_ = end + 1;
    return std::string{value};
  }

  std::int64_t number() {
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) fail("expected an integer");
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  void object(const std::string& prefix) {
    expect('{');
    if (peek() == '}') {
      ++at_;
      return;
    }
    for (;;) {
      const auto path = prefix + string();
      expect(':');
      bool fresh = true;
      if (peek() == '{') {
        object(path + ".");
      } else if (peek() == '"') {
        fresh = result_.strings.emplace(path, string()).second;
      } else {
        fresh = result_.numbers.emplace(path, number()).second;
      }
      if (!fresh) fail("a second " + path);
      if (peek() != ',') break;
      ++at_;
    }
    expect('}');
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Counters result_;
};

}  // namespace

std::int64_t Counters::at(const std::string& path) const {
  const auto found = numbers.find(path);
  if (found == numbers.end()) throw std::out_of_range("the counters have no " + path);
  return found->second;
}

std::int64_t Counters::closed_in_all() const {
  std::int64_t sum = 0;
  for (const auto& [path, value] : numbers) {
    if (path.starts_with("closed.")) sum += value;
  }
  return sum;
}

Counters parse_counters(std::string_view json) {
  return Reader{json}.read();
}

const std::vector<std::string>& counter_paths() {
  static const std::vector<std::string> paths{"schema",
                                              "accepted",
                                              "active",
                                              "closed.end",
                                              "closed.eof",
                                              "closed.rejected_too_long",
                                              "closed.rejected_utf8",
                                              "closed.idle",
                                              "closed.reset",
                                              "closed.drain",
                                              "closed.crashed",
                                              "lines",
                                              "bytes_in",
                                              "bytes_out",
                                              "accept_errors",
                                              "units_started",
                                              "units_died"};
  return paths;
}

}  // namespace trivium::conformance
