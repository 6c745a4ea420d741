// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A machine on which a few processes share a few words, as x86 lets them see each other's stores
// (x86-TSO): a store waits in a buffer of its processor before all others see it, its own processor
// sees it at once, and stores come out in order. A fence, or an instruction that reads and writes,
// waits for the buffer to be empty.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace trivium::model {

using Value = std::uint8_t;

/// Each runs on a processor of its own, which is more than any machine lets them see of each other.
enum Process : Value { first_sender, second_sender, receiver, closer };
inline constexpr std::size_t processes = 4;
inline constexpr std::size_t lanes = 2;
inline constexpr std::size_t slots = 2;

/// What they share: these words, and of each lane those below.
enum Word : Value { receiver_state, closed, flags, lane_words };
enum LaneWord : Value { published, taken, freed, waiting, attended, lap, content = lap + slots };
inline constexpr std::size_t words_of_a_lane = content + slots;
inline constexpr std::size_t words = lane_words + lanes * words_of_a_lane;

[[nodiscard]] constexpr Value of_lane(std::size_t lane, std::size_t word) {
  return static_cast<Value>(lane_words + lane * words_of_a_lane + word);
}

/// Eventfds: rung or not.
enum Bell : Value { doorbell, hang_up, space };  // of which each lane has one
inline constexpr std::size_t bells = space + lanes;

/// Stores that wait in a processor. Real ones hold 50 and more; these hold two whole sends, of four
/// stores each, which is as far ahead as a sender can be here.
struct StoreBuffer {
  static constexpr std::size_t depth = 8;

  Value size = 0;
  std::array<Value, depth> word{};
  std::array<Value, depth> value{};
};

/// Memory, store buffers and bells; all zero at first.
struct Machine {
  std::array<Value, words> memory{};
  std::array<StoreBuffer, processes> buffers{};
  std::array<bool, bells> rung{};

  [[nodiscard]] bool drained(Process process) const { return buffers[process].size == 0; }
  [[nodiscard]] bool full(Process process) const {
    return buffers[process].size == StoreBuffer::depth;
  }

  /// Makes a process's oldest store seen by all.
  void drain_one(Process process) {
    auto& buffer = buffers[process];
    memory[buffer.word[0]] = buffer.value[0];
    std::shift_left(buffer.word.begin(), buffer.word.end(), 1);
    std::shift_left(buffer.value.begin(), buffer.value.end(), 1);
    --buffer.size;
    buffer.word[buffer.size] = buffer.value[buffer.size] = 0;  // one state for one meaning
  }
  void drain(Process process) {
    while (!drained(process)) drain_one(process);
  }

  [[nodiscard]] Value load(Process process, Value word) const {
    const auto& buffer = buffers[process];
    for (std::size_t i = buffer.size; i > 0; --i) {
      if (buffer.word[i - 1] == word) return buffer.value[i - 1];
    }
    return memory[word];
  }

  /// Requires: the buffer is not full.
  void store(Process process, Value word, Value value) {
    auto& buffer = buffers[process];
    buffer.word[buffer.size] = word;
    buffer.value[buffer.size++] = value;
  }
};

}  // namespace trivium::model
