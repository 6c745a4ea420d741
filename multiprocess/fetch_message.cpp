// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_message.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace trivium::multiprocess {
namespace {

constexpr std::size_t longest_detail = 1024;

// What every message begins with.
struct Envelope {
  std::uint32_t unit;
  std::uint32_t first;  // whether a head follows
};

// Followed by the detail, and then by the body.
struct Head {
  std::uint64_t index;
  std::uint64_t body_size;
  std::uint64_t bytes;
  std::int64_t elapsed;  // nanoseconds
  std::int32_t status;
  std::uint32_t error;
  std::uint32_t detail_size;
};

template <typename T>
void append(std::string& message, const T& value) {
  message.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string_view take_text(std::string_view& message, std::size_t size) {
  if (message.size() < size) throw std::runtime_error("a worker's result is garbled");
  const auto text = message.substr(0, size);
  message.remove_prefix(size);
  return text;
}

template <typename T>
T take_value(std::string_view& message) {
  T value;
  std::memcpy(&value, take_text(message, sizeof value).data(), sizeof value);
  return value;
}

}  // namespace

bool send_result(ChannelSender& sender, std::size_t unit, const app::Finished& finished) {
  const auto& result = finished.result;
  const std::string_view detail = std::string_view(result.detail).substr(0, longest_detail);
  std::string_view body = result.body;
  Envelope envelope{.unit = static_cast<std::uint32_t>(unit), .first = 1};
  std::string message;
  message.reserve(result_bytes);
  append(message, envelope);
  append(message, Head{.index = finished.index,
                       .body_size = body.size(),
                       .bytes = result.bytes,
                       .elapsed = result.elapsed.count(),
                       .status = result.status,
                       .error = static_cast<std::uint32_t>(result.error),
                       .detail_size = static_cast<std::uint32_t>(detail.size())});
  message.append(detail);
  for (;;) {
    const auto part = body.substr(0, result_bytes - message.size());
    message.append(part);
    body.remove_prefix(part.size());
    if (sender.send(message) != ChannelStatus::ok) return false;
    if (body.empty()) return true;
    envelope.first = 0;
    message.clear();
    append(message, envelope);
  }
}

std::optional<Received> ResultAssembler::take(std::string_view message) {
  const auto envelope = take_value<Envelope>(message);
  if (envelope.unit >= partial_.size()) partial_.resize(envelope.unit + std::size_t{1});
  Partial& partial = partial_[envelope.unit];
  auto& result = partial.finished.result;
  if (envelope.first != 0) {
    const auto head = take_value<Head>(message);
    partial.finished.index = head.index;
    result = {.status = head.status,
              .error = static_cast<protocol::FetchError>(head.error),
              .detail = std::string(take_text(message, head.detail_size)),
              .bytes = head.bytes,
              .elapsed = std::chrono::nanoseconds(head.elapsed)};
    result.body.reserve(head.body_size);
    partial.missing = head.body_size;
  }
  const auto part = take_text(message, std::min(message.size(), partial.missing));
  result.body.append(part);
  partial.missing -= part.size();
  if (partial.missing > 0) return std::nullopt;
  return Received{envelope.unit, std::exchange(partial.finished, {})};
}

}  // namespace trivium::multiprocess
