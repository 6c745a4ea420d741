// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/hazards/storm.hpp"

#include <system_error>

#include "tests/conformance/echo_client.hpp"

namespace trivium::hazards {

using conformance::End;
using conformance::Stream;

Tally& Tally::operator+=(const Tally& other) {
  answered += other.answered;
  broken += other.broken;
  dropped += other.dropped;
  refused += other.refused;
  wrong += other.wrong;
  stuck += other.stuck;
  return *this;
}

std::string Tally::text() const {
  return std::to_string(answered) + " answered, " + std::to_string(broken) + " broken, " +
         std::to_string(dropped) + " dropped, " + std::to_string(refused) + " refused, " +
         std::to_string(wrong) + " wrong, " + std::to_string(stuck) + " stuck";
}

void exchange(const conformance::Endpoint& server, const std::string& line, Tally& tally) {
  try {
    auto stream = Stream::connect(server);
    const std::string answer = std::string(conformance::head) + line + "\n";
    const auto got = stream.exchange(line + "\n\n", false);
    if (got.end == End::timeout) {
      ++tally.stuck;
    } else if (got.data == answer && got.end == End::fin) {
      ++tally.answered;
    } else if (got.data.empty()) {
      ++tally.dropped;
    } else {
      ++(answer.starts_with(got.data) ? tally.broken : tally.wrong);
    }
  } catch (const std::system_error&) {
    ++tally.refused;
  }
}

Healthy::Healthy(conformance::Endpoint server, std::size_t clients) : tallies_(clients) {
  for (std::size_t i = 0; i < clients; ++i) {
    threads_.emplace_back([this, server, i] {
      while (!stop_) {
        const auto before = tallies_[i].answered;
        exchange(server, "client " + std::to_string(i), tallies_[i]);
        answered_ += tallies_[i].answered - before;
      }
    });
  }
}

Tally Healthy::stop() {
  stop_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  Tally sum;
  for (const auto& tally : tallies_) sum += tally;
  return sum;
}

}  // namespace trivium::hazards
