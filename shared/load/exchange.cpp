// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/exchange.hpp"

#include <algorithm>

namespace trivium::load {

// The number starts at the index, so that neighbours differ even in lines of one byte.
Exchange::Exchange(Script& script, HttpReference& reference, std::uint32_t index, std::size_t depth)
    : script_(&script), first_(index), out_(index), times_(depth), index_(index) {
  if (script.http()) http_ = std::make_unique<HttpChecker>(reference);
}

void Exchange::start_stream() {
  due_ = script_->greeting().empty() ? Due::answer : Due::greeting;
  out_ = first_;
  out_at_ = 0;
  early_ = false;
  checker_.start_stream();
  if (http_) http_->start_stream();
}

void Exchange::ask(std::int64_t planned, std::int64_t now) noexcept {
  times_[(first_ + asked_) % times_.size()] = {planned, now};
  ++asked_;
}

Exchange::Operation Exchange::oldest() const noexcept {
  const Times& times = times_[first_ % times_.size()];
  return {times.planned, times.put, script_->rare(first_)};
}

Exchange::Operation Exchange::take() {
  const Operation operation = oldest();
  // One that is given up may not have gone out whole.
  if (out_ == first_) {
    ++out_;
    out_at_ = 0;
  }
  ++first_;
  --asked_;
  checker_.start_answer();
  if (http_) http_->start_answer();
  return operation;
}

std::string_view Exchange::output(std::span<char> scratch) {
  if (!owes_output()) return {};
  const std::uint64_t end = first_ + asked_;
  std::string_view piece = script_->turn(index_, out_).question.substr(out_at_);
  if (out_ + 1 == end || piece.size() > scratch.size()) return piece;
  std::size_t filled = 0;
  std::uint64_t number = out_;
  while (filled + piece.size() <= scratch.size()) {
    std::copy(piece.begin(), piece.end(), scratch.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += piece.size();
    if (++number == end) break;
    piece = script_->turn(index_, number).question;
  }
  return {scratch.data(), filled};
}

void Exchange::sent(std::size_t bytes) noexcept {
  while (bytes > 0) {
    const std::size_t left = script_->question_size(out_) - out_at_;
    if (bytes < left) {
      out_at_ += bytes;
      return;
    }
    bytes -= left;
    ++out_;
    out_at_ = 0;
  }
}

Exchange::Progress Exchange::feed(std::string_view bytes) {
  if (due_ == Due::end || (due_ == Due::answer && asked_ == 0)) return {Event::wrong, 0};
  if (due_ == Due::greeting) {
    const Step step = checker_.feed(script_->greeting(), bytes);
    if (step.verdict == Step::Verdict::wrong) return {Event::wrong, 0};
    if (step.verdict == Step::Verdict::more) return {Event::more, step.used};
    checker_.start_answer();
    // The first byte was the answer.
    due_ = script_->first_byte() ? Due::end : Due::answer;
    return {Event::greeted, step.used};
  }
  const Step step = http_ ? http_->feed(bytes) : checker_.feed(answer(), bytes);
  if (step.verdict == Step::Verdict::wrong) return {Event::wrong, 0};
  if (step.verdict == Step::Verdict::more) return {Event::more, step.used};
  early_ = !oldest_is_out();
  if (early_) return {Event::wrong, 0};
  const bool last = script_->one_shot() || (http_ && http_->closes());
  if (script_->one_shot()) due_ = Due::end;
  return {last ? Event::last : Event::answered, step.used};
}

Exchange::Ending Exchange::end_of_stream() {
  if (due_ == Due::end) {
    early_ = owes_output();
    return early_ ? Ending::wrong : Ending::complete;
  }
  if (due_ == Due::answer && http_) {
    switch (http_->end_of_stream()) {
      case Step::Verdict::complete:
        return Ending::complete;
      case Step::Verdict::more:
        return Ending::quiet;
      case Step::Verdict::wrong:
        return Ending::wrong;
    }
  }
  return checker_.position(~std::size_t{0}) == ReplyChecker::End::before ? Ending::quiet
                                                                         : Ending::wrong;
}

Fault Exchange::describe(std::string_view bytes) {
  const std::uint64_t offset = http_ ? http_->offset() : checker_.offset();
  const std::string got = bytes.empty() ? "end of stream" : escaped(bytes);
  if (early_) return {offset, "nothing before the question was out", got};
  if (due_ == Due::greeting) return checker_.describe(script_->greeting(), bytes);
  if (due_ == Due::end) return {offset, "end of stream", got};
  if (asked_ == 0) return {offset, "nothing more", got};
  return http_ ? http_->fault() : checker_.describe(answer(), bytes);
}

}  // namespace trivium::load
