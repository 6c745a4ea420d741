// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/counters.hpp"

#include <numeric>
#include <sstream>

namespace trivium::net {
namespace {

std::uint64_t value(const CounterSlot::Count& count) noexcept {
  return count.load(std::memory_order_relaxed);
}

}  // namespace

Totals& Totals::operator+=(const CounterSlot& slot) noexcept {
  // A connection is counted as accepted before it is counted as closed: read in the other order,
  // so that a slot in use never shows more closed than accepted.
  for (std::size_t i = 0; i < closed.size(); ++i) closed[i] += value(slot.closed[i]);
  std::atomic_thread_fence(std::memory_order_acquire);
  accepted += value(slot.accepted);
  lines += value(slot.lines);
  bytes_in += value(slot.bytes_in);
  bytes_out += value(slot.bytes_out);
  accept_errors += value(slot.accept_errors);
  return *this;
}

void Totals::fold(CounterSlot& slot) noexcept {
  *this += slot;
  for (auto& count : slot.closed) count.store(0, std::memory_order_relaxed);
  for (auto* count :
       {&slot.accepted, &slot.lines, &slot.bytes_in, &slot.bytes_out, &slot.accept_errors}) {
    count->store(0, std::memory_order_relaxed);
  }
}

std::uint64_t Totals::active() const noexcept {
  const auto ended = std::accumulate(closed.begin(), closed.end(), std::uint64_t{0});
  // Slots of other units may have closed, while they were read, what was accepted before.
  return accepted > ended ? accepted - ended : 0;
}

std::string Totals::to_json(std::string_view contender) const {
  std::ostringstream out;
  out << R"({"schema":1,"contender":")" << contender << R"(","accepted":)" << accepted
      << R"(,"active":)" << active() << R"(,"closed":{)";
  for (std::size_t i = 0; i < closed.size(); ++i) {
    out << (i == 0 ? "" : ",") << '"' << to_string(static_cast<protocol::CloseReason>(i))
        << "\":" << closed[i];
  }
  out << R"(},"lines":)" << lines << R"(,"bytes_in":)" << bytes_in << R"(,"bytes_out":)"
      << bytes_out << R"(,"accept_errors":)" << accept_errors << R"(,"units_started":)"
      << units_started << R"(,"units_died":)" << units_died << '}';
  return out.str();
}

}  // namespace trivium::net
