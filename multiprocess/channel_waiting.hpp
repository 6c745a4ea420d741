// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the verbs of a process channel's two ends have in common; they are in channel_send.hpp and
// channel_receive.hpp. Apart from the declarations, since only the programs' own flavour and the
// tests' one, which ends processes between steps, are made of them.
#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>

#include "channel.hpp"
#include "processor.hpp"

namespace trivium::multiprocess {

using namespace std::chrono_literals;

namespace channel {

// A receiver that took this many messages without a pause has its senders do without barriers.
inline constexpr std::uint64_t stream = 64;

// Messages of one lane before another has its turn.
inline constexpr std::uint64_t longest_turn = 32;

// How often a sender that never blocks looks whether its receiver lives, in ticks of the
// processor's clock, since a look at any other would double the cost of a send: 13 to 67 ms at 5 to
// 1 GHz.
inline constexpr std::uint64_t look_interval = 1 << 26;

// Of the processor, between two looks: 0.1 us at first, at last some 2 us.
inline constexpr int least_pauses = 4;
inline constexpr int most_pauses = 128;

// How long an end looks that had a stream, before it sleeps: about as long as waking takes. With
// much less a stream can fall into step: who is being woken finds the other side asleep again.
inline constexpr std::chrono::nanoseconds stream_pause = 20us;

/// Has every process of channels run a full barrier, and runs one. A forked process is registered
/// as the one that it was forked from. Requires: `Head::barriers`.
void run_barriers() noexcept;

/// Lets this process be reached by `run_barriers`; false where the system has no such thing.
[[nodiscard]] bool register_for_barriers() noexcept;

/// Polls until the deadline, or until an event; false at the deadline. Signals do not end it.
[[nodiscard]] bool poll_until(std::span<pollfd> entries,
                              std::chrono::steady_clock::time_point deadline);

/// Adds a descriptor to an epoll: whether it is readable, and in `how` epoll's own flags.
void add_to_epoll(int epoll, int descriptor, std::uint64_t data, std::uint32_t how = 0);

/// What ended a receiver's sleep: anything, and among that (its `data` in the epoll) a death.
struct Events {
  bool any;
  bool death;
};
inline constexpr std::uint64_t a_death = 1;

/// Waits for events of a receiver's epoll until the deadline; signals do not end it.
[[nodiscard]] Events next_events(int epoll, std::chrono::steady_clock::time_point deadline);

/// Has the epoll tell no more of the rings until now, after a sleep in somebody else's poll.
void forget_rings(int epoll) noexcept;

/// Adopts what an end in this program inherited. Throws std::system_error where that is no
/// channel's, or has no such lane.
[[nodiscard]] SenderParts adopt_sender(int first, std::size_t lane);
[[nodiscard]] ReceiverParts adopt_receiver(int first);

/// A second owner of a descriptor; closed on exec.
[[nodiscard]] net::Descriptor copy(int descriptor);

/// Ends a channel for everyone.
void close(const Shared& shared) noexcept;

inline void full_barrier() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

/// Looks again and again until `done()`, for that long, and not beyond the deadline. Between two
/// looks the other side goes on alone, for longer each time: who looks at a slot while it is being
/// written slows the writer down.
template <typename Done>
bool look_for(std::chrono::nanoseconds budget, std::chrono::steady_clock::time_point deadline,
              Done done) {
  if (budget <= budget.zero()) return false;
  const auto end = std::min(std::chrono::steady_clock::now() + budget, deadline);
  int pauses = least_pauses;
  do {
    if (done()) return true;
    for (int i = 0; i < pauses; ++i) pause();
    pauses = std::min(pauses * 2, most_pauses);
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

/// Rings a bell for one who sleeps, unless somebody has. Requires: a barrier between the event and
/// this.
template <typename Steps>
void ring_if_asleep(Word& rest, int bell, Step rung, Step marked) noexcept {
  std::uint64_t seen = rest.load(std::memory_order_relaxed);
  if (rest_of(seen) != Rest::asleep) return;
  net::ring(bell);
  Steps::at(rung);
  rest.compare_exchange_strong(seen, with_rest(seen, Rest::rung), std::memory_order_relaxed);
  Steps::at(marked);
}

/// The word for the next sleep.
[[nodiscard]] inline std::uint64_t next_sleep(std::uint64_t rest) noexcept {
  return with_rest(rest + one_sleep, Rest::asleep);
}

}  // namespace channel

}  // namespace trivium::multiprocess
