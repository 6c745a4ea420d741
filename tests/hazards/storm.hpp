// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Healthy clients that account for every request of theirs, while something happens to the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/conformance/socket.hpp"

namespace trivium::hazards {

/// What became of the exchanges: each is one connection on which one line is sent and answered.
struct Tally {
  std::uint64_t answered = 0;  ///< in full, and the server's end of stream came
  std::uint64_t broken = 0;    ///< the head had come, and then not all of the answer
  std::uint64_t dropped = 0;   ///< connected, and not a byte came
  std::uint64_t refused = 0;   ///< not connected
  std::uint64_t wrong = 0;     ///< other bytes than those that are right
  std::uint64_t stuck = 0;     ///< neither an answer nor an end, for as long as a client is patient

  Tally& operator+=(const Tally& other);
  [[nodiscard]] std::uint64_t all() const {
    return answered + broken + dropped + refused + wrong + stuck;
  }
  [[nodiscard]] std::string text() const;
};

/// One exchange, with that line; counts what became of it.
void exchange(const conformance::Endpoint& server, const std::string& line, Tally& tally);

/// Clients on threads of their own that exchange one line after another until they are told to
/// stop.
class Healthy {
 public:
  Healthy(conformance::Endpoint server, std::size_t clients);
  ~Healthy() { (void)stop(); }
  Healthy(const Healthy&) = delete;
  Healthy& operator=(const Healthy&) = delete;

  /// Exchanges that have been answered so far.
  [[nodiscard]] std::uint64_t answered() const { return answered_; }

  /// Waits until every exchange that was begun is over, and says what became of all.
  Tally stop();

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> answered_ = 0;
  std::vector<Tally> tallies_;
  std::vector<std::thread> threads_;
};

}  // namespace trivium::hazards
