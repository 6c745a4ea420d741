// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the two ends of a process channel share, and the rules by which they change it.
//
// Each sender has a lane of its own: a ring of slots that it alone writes and the receiver alone
// reads. A slot's word tells whose turn it is, so that one store publishes a message, whole or not
// at all, and there is nothing that a dead process could hold. Every word below has one writer, but
// for three that both sides set; each of those may be set once too often, never once too rarely:
//
//   published, a slot's word               the sender of the lane
//   taken, freed, attended                the receiver
//   receiver_state, flags, waiting        whoever sleeps sets it, whoever wakes him takes it back
//   closed                                anybody, once
//
// Nobody sleeps through an event. Who goes to sleep says so, runs a full barrier, looks once more,
// and only then sleeps; who makes an event runs a full barrier between it and his look at whether
// somebody sleeps. One of the two sees the other (Dekker). He that rings does so before he marks
// the bell as rung, and the mark names the sleep that it is for: a death between the two costs a
// second ring, and a late mark falls on no later sleep.
//
// A barrier would cost more than the rest of a send or receive, so while messages stream (`busy`)
// neither runs one, and who goes to sleep then pays for both: membarrier(2) runs a full barrier on
// every processor where a process of this channel runs. Where the kernel has no such call, or
// messages come one at a time (`calm`), each runs a barrier of its own.
//
// Closing is decided by the receiver. It sees `closed`, has everybody run a barrier, and waits for
// the sends that are under way: one that begins later sees `closed` and is refused.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trivium::multiprocess::channel {

using Word = std::atomic<std::uint64_t>;
static_assert(Word::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

// Two lines, since processors fetch them in pairs.
inline constexpr std::size_t line = 128;

[[nodiscard]] constexpr std::size_t round_up(std::size_t bytes) noexcept {
  return (bytes + line - 1) / line * line;
}

/// What a party that may sleep is doing, in the low bits of a word; above them the number of its
/// sleep, so that nobody takes one sleep for another.
enum class Rest : std::uint64_t {
  calm,    ///< awake
  busy,    ///< awake, and it will run a barrier for both sides before it sleeps
  asleep,  ///< or about to be, and nobody has rung
  rung,    ///< somebody has
};
inline constexpr std::uint64_t rest_bits = 3;
inline constexpr std::uint64_t one_sleep = rest_bits + 1;

[[nodiscard]] inline Rest rest_of(std::uint64_t state) noexcept {
  return static_cast<Rest>(state & rest_bits);
}
[[nodiscard]] inline std::uint64_t with_rest(std::uint64_t state, Rest rest) noexcept {
  return (state & ~rest_bits) | static_cast<std::uint64_t>(rest);
}

/// What is fixed before the memory is shared.
struct Constants {
  std::uint32_t message_shift;  // a lane has two to the power of this slots
  std::uint32_t message_bytes;
  std::uint32_t senders;
  std::uint32_t barriers;  // whether membarrier(2) serves
  std::int64_t spin;       // nanoseconds
};

/// The beginning of the memory. All zero but for the constants is a valid, empty channel.
struct Head : Constants {
  // Read at every send, and written only when the receiver goes to sleep or wakes.
  alignas(line) Word receiver_state;
  std::atomic<std::uint32_t> closed;
};

/// One sender's words.
struct Lane {
  // Messages so far, doubled; a dead sender's may be behind what it published. The low bit is set
  // while it sends: from before its look at `closed`.
  alignas(line) Word published;
  alignas(line) Word taken;             // messages that no receiver will get any more
  Word freed;                           // messages whose slots may be written again
  alignas(line) Word waiting;           // the sender's rest while its lane is full
  std::atomic<std::uint32_t> attended;  // the receiver looks at the lane by itself
};
inline constexpr std::uint64_t sending = 1;

/// One lane and its slots, as both ends see them. A slot is a word, which says that it holds a
/// message and of what size, and the content, which lies apart: eight words to a cache line.
///
/// The low half of a word is the lap, from 1, in which the slot was written: so the memory's first
/// zeros are no message, and neither is what an earlier lap left. The high half is the size.
class Ring {
 public:
  Ring(Lane& lane, const Constants& constants) noexcept
      : lane_(&lane),
        words_(reinterpret_cast<Word*>(reinterpret_cast<char*>(&lane) + sizeof(Lane))),
        contents_(reinterpret_cast<char*>(words_) + words_bytes(constants)),
        stride_(content_bytes(constants)),
        shift_(constants.message_shift) {}

  [[nodiscard]] Lane& lane() const noexcept { return *lane_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return std::uint64_t{1} << shift_; }

  /// Whether the message, counted from 0, was published. What its sender wrote before is seen, too.
  [[nodiscard]] bool has(std::uint64_t message) const noexcept {
    return static_cast<std::uint32_t>(word(message).load(std::memory_order_acquire)) ==
           lap(message);
  }

  /// A message that was published. A size that cannot be is cut.
  [[nodiscard]] std::string_view message(std::uint64_t message) const noexcept {
    const std::uint64_t size = word(message).load(std::memory_order_relaxed) >> 32;
    return {content(message), std::min(size, stride_)};
  }

  /// Where the message's content is to be written before it is published.
  [[nodiscard]] char* content(std::uint64_t message) const noexcept {
    return contents_ + (message & (capacity() - 1)) * stride_;
  }

  /// Publishes the message, in one store.
  void publish(std::uint64_t message, std::size_t size) const noexcept {
    word(message).store(std::uint64_t{size} << 32 | lap(message), std::memory_order_release);
  }

  /// Messages that were published and not taken, counted now, at which both may be at work. A
  /// sender that is at it, or died there, has not counted its last, which may even be taken.
  [[nodiscard]] std::uint64_t undelivered() const noexcept {
    const std::uint64_t taken = lane_->taken.load(std::memory_order_relaxed);
    std::uint64_t count = lane_->published.load(std::memory_order_relaxed) / 2;
    count = std::max(count, taken) - taken;
    while (count < capacity() && has(taken + count)) ++count;
    return count;
  }

  [[nodiscard]] static std::size_t bytes(const Constants& constants) noexcept {
    return sizeof(Lane) + words_bytes(constants) +
           round_up(content_bytes(constants) << constants.message_shift);
  }

 private:
  [[nodiscard]] Word& word(std::uint64_t message) const noexcept {
    return words_[message & (capacity() - 1)];
  }
  [[nodiscard]] std::uint32_t lap(std::uint64_t message) const noexcept {
    return static_cast<std::uint32_t>(message >> shift_) + 1;
  }
  static std::size_t words_bytes(const Constants& constants) noexcept {
    return round_up(sizeof(Word) << constants.message_shift);
  }
  static std::uint64_t content_bytes(const Constants& constants) noexcept {
    return (std::uint64_t{constants.message_bytes} + 7) / 8 * 8;
  }

  Lane* lane_;
  Word* words_;
  char* contents_;
  std::uint64_t stride_;
  unsigned shift_;
};

/// Where things are in a channel's memory.
class Layout {
 public:
  explicit Layout(void* memory) noexcept : memory_(static_cast<char*>(memory)) {}

  /// Bytes of memory for a channel with these constants.
  [[nodiscard]] static std::size_t bytes(const Constants& constants) noexcept {
    return flags_offset + flags_bytes(constants) + constants.senders * Ring::bytes(constants);
  }

  [[nodiscard]] Head& head() const noexcept { return *reinterpret_cast<Head*>(memory_); }

  [[nodiscard]] Ring ring(std::size_t lane) const noexcept {
    char* const at = memory_ + flags_offset + flags_bytes(head()) + lane * Ring::bytes(head());
    return {*reinterpret_cast<Lane*>(at), head()};
  }

  /// Lanes with messages that the receiver does not attend to: a bit each, 64 in a word.
  [[nodiscard]] Word& flags(std::size_t word) const noexcept {
    return reinterpret_cast<Word*>(memory_ + flags_offset)[word];
  }
  [[nodiscard]] std::size_t flag_words() const noexcept { return (head().senders + 63) / 64; }

 private:
  static std::size_t flags_bytes(const Constants& constants) noexcept {
    return round_up((constants.senders + 63) / 64 * sizeof(Word));
  }
  static constexpr std::size_t flags_offset = round_up(sizeof(Head));

  char* memory_;
};

}  // namespace trivium::multiprocess::channel
