// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The algorithm of the process channel (multiprocess/channel_memory.hpp), small enough that every
// interleaving of it can be searched: two senders that send a few messages each over lanes of one
// or two slots, their receiver, and one who closes the channel; each of them may be killed before
// any of its steps, and has a successor.
//
// A step is one access to what is shared, or one system call. It is named for the place where the
// process stands: as in channel::Step, where there is one.
//
// What is modelled: the words of channel_memory.hpp; the order in which processors of x86 see each
// other's stores (machine.hpp); membarrier(2), by which one processor after the other drains its
// own; eventfds, poll, and pidfds, by which everybody is watched. Where the kernel has membarrier,
// a receiver is busy from the first message after a sleep on. A system call is no barrier here,
// though it is one in fact. A process that was killed is seen dead after all its stores are.
//
// What is not: that a receiver takes turns between lanes (it looks at them in order); batches,
// which are messages that one count and one ring serve; a sender's way through a stream, which is
// the stores of `put` without the looks that it needs not; deadlines and spin budgets, which are
// further looks; overflow. A message is one word, that is stored before the word that publishes it.
//
// What must hold: in no state of rest does anybody sleep who has something to do; nobody can go on
// for ever; what is received was published, is whole, and comes once and in order; at most as many
// of the messages whose send returned are lost as receivers were killed; both sides decide alike
// what was sent before a close.
#pragma once

#include <optional>
#include <string>

#include "machine.hpp"

namespace trivium::model {

/// What may be wrong with the algorithm, so that it is shown that it would be found.
enum class Mutation {
  none,
  sender_without_barrier,        // between publishing and the look at whether the receiver sleeps
  receiver_without_barrier,      // between falling asleep and looking again
  receiver_without_membarrier,   // but with a barrier of its own, after a stream
  wait_without_barrier,          // between announcing a wait and looking again
  wait_without_membarrier,       // but with a barrier of its own, while the receiver streams
  free_without_barrier,          // between freeing a slot and the look at whether the sender waits
  receiver_does_not_look_again,  // before it sleeps
  sender_does_not_look_again,
  mark_before_ring,  // the bell
  sleeps_without_number,
  publish_before_content,
  free_before_take,
  no_sending_flag,
  closing_without_barrier,
  attends_when_sealing_only,     // and not after a sleep, while a send is still under way
  successor_counts_no_messages,  // that the dead sender had published and not counted
  successor_without_membarrier,  // of a receiver
  successor_tells_no_sender,     // of a receiver, that there may be room
};

/// What is searched.
struct Config {
  std::size_t senders = 1;
  Value messages = 2;      ///< that each of them has
  Value capacity = 1;      ///< slots of a lane, 1 or 2
  bool membarrier = true;  ///< the kernel has it
  bool closes = false;     ///< somebody may close the channel, at any time
  Value kills = 0;         ///< at most
  bool successors = true;  ///< follow those who were killed; else senders watch the receiver
  Mutation mutation = Mutation::none;
};

/// Where a sender stands.
enum class SenderAt : Value {
  between_sends,    // begins the next, or has nothing more to send
  send_begun,       // looks at `closed`
  lane_full,        // looks at `freed`
  room_found,       // writes the content
  content_written,  // publishes
  published,        // counts, and takes back that it sends
  send_ended,       // looks whether the receiver is busy
  receiver_busy,    // and attends to the lane
  telling,          // looks at `attended`, after a barrier
  not_attended,     // looks whether the lane is flagged
  not_flagged,      // flags it
  lane_flagged,     // looks whether the receiver sleeps
  receiver_asleep,  // rings
  doorbell_rung,    // marks that
  waiting,          // says so
  wait_barrier,     // looks whether the receiver is busy, after a barrier
  barriers,         // has all processors run one
  wait_announced,   // looks at `closed` again
  still_open,       // looks at `freed` again
  asleep,           // in poll
  silencing,        // the bell
  wait_over,        // takes back that it waits
  at_rest,          // it was refused, or has sent all; and lives
  attaching,        // a successor: looks for messages that were not counted, and counts them
  dead,
};

/// Where a receiver stands.
enum class ReceiverAt : Value {
  looking,          // at the next slot of a lane
  at_flags,         // looks at them
  flags_found,      // takes them
  flags_taken,      // attends to a lane that was flagged
  flags_barrier,    // runs a barrier
  nothing,          // looks at `closed`
  sealing,          // has all processors run a barrier
  attending_all,    // attends to a lane
  deaths,           // looks at the pidfds
  attending_dead,   // attends to a dead one's lane
  any_sending,      // looks whether a send is under way on a lane
  found,            // reads the content
  read,             // takes it
  taken,            // frees the slot
  freed,            // looks whether the sender waits; in a stream, without a barrier
  going_busy,       // says that it is
  freed_barrier,    // looks whether the sender waits, after a barrier
  sender_asleep,    // rings
  space_rung,       // marks that
  leaving,          // attends to a lane no more
  lanes_left,       // says that it sleeps
  barriers,         // has all processors run one
  sleep_announced,  // looks at `closed` again
  look_sending,     // looks again whether a send is under way on a lane
  look_flags,       // looks at the flags again
  look_lanes,       // looks at a lane again
  staying,          // attends to a lane again
  sleep_checked,    // in the epoll, which tells of each ring once
  woken,            // says that it is awake
  staying_awake,    // likewise
  awake,            // looks anew
  ended,            // the status was `closed`
  attaching,        // a successor: says that it sleeps, since a sleep has a number of its own
  attach_awake,     // says that it is awake
  attach_barrier,   // has all processors run a barrier
  attach_freeing,   // frees what the dead one had taken of a lane
  attach_lane,      // attends to a lane
  dead,
};

struct SenderState {
  SenderAt at{};
  Value message = 1;  // the next one, from 1; a successor's is another
  Value count = 0;    // published on the lane
  Value known_freed = 0;
  Value seen = 0;      // a word that was read, while it matters
  Value progress = 0;  // of a barrier on all processors
  bool attaching = false;
  bool sent = false;  // in this send, which has not returned
  bool refused = false;
  bool receiver_dead = false;
};

struct ReceiverState {
  ReceiverAt at{};
  bool attaching = false;
  Value lane = 0;
  Value attended = 3;  // bits of lanes, here and below
  Value flagged = 0;
  Value dead = 0;     // senders that it knows to be
  Value message = 0;  // that it has read
  Value seen = 0;
  Value progress = 0;
  bool again = false;  // it has looked before, and at `closed` since
  bool sealed = false;
  bool busy = false;
  bool sending = false;
  bool told_of_death = false;  // by the sleep before
};

enum class CloserAt : Value { idle, closing, ringing, done, dead };

/// What is known of all from outside, and no process reads.
struct History {
  Value kills = 0;
  Value receivers_killed = 0;
  std::array<Value, lanes> returned{};   // bits of messages whose send returned ok
  std::array<Value, lanes> refused{};    // bits of messages whose send returned closed
  std::array<Value, lanes> delivered{};  // bits of messages whose receive returned
  std::array<std::array<Value, 8>, lanes> published{};  // by place: which message
  bool broken = false;                                  // what was delivered must not have been
};

struct State {
  Machine machine{};
  std::array<SenderState, lanes> senders{};
  ReceiverState receiver{};
  CloserAt closer{};
  History history{};
};

/// What happens: a step of a process, or what its processor does, or somebody else. The first three
/// come to pass if nothing else does; the others may.
struct What {
  enum class Kind : Value { step, store_seen, succeeded, killed, exits, closes } kind{};
  Process process{};
};

class ChannelModel {
 public:
  using State = model::State;
  using What = model::What;

  explicit ChannelModel(Config config) : config_(config) {}

  [[nodiscard]] State first() const;

  /// Visits each state that a step leads to, with the step.
  template <typename Visit>
  void next(const State& state, Visit visit) const {
    const auto only = hidden(state);
    for (const auto kind : {What::Kind::step, What::Kind::store_seen, What::Kind::succeeded,
                            What::Kind::killed, What::Kind::exits, What::Kind::closes}) {
      for (const auto process : {first_sender, second_sender, receiver, closer}) {
        // Instead of a step its process may be killed.
        if (only &&
            (process != only->process || (kind != only->kind && kind != What::Kind::killed))) {
          continue;
        }
        State next = state;
        if (!happens(next, {kind, process})) continue;
        normalise(next);
        visit(next, What{kind, process});
      }
    }
  }

  /// Says what must not be: a message that is received twice, or too late, or was never sent; or
  /// somebody who sleeps for ever.
  [[nodiscard]] std::string broken(const State& state) const;

  [[nodiscard]] std::string told(const State& from, const State& to, What what) const;

 private:
  // Each changes the state, or says false where it cannot be.
  bool happens(State& state, What what) const;
  bool step_sender(State& state, std::size_t lane) const;
  bool step_receiver(State& state) const;
  bool step_closer(State& state) const;
  bool kill(State& state, Process process) const;
  bool succeed(State& state, Process process) const;

  [[nodiscard]] std::optional<What> hidden(const State& state) const;
  bool run_barriers(State& state, Process process, Value& progress) const;
  [[nodiscard]] bool is(Mutation mutation) const { return config_.mutation == mutation; }
  [[nodiscard]] Value next_sleep(Value word) const;
  [[nodiscard]] std::size_t slot(Value place) const { return place % config_.capacity; }
  [[nodiscard]] Value lap_of(Value place) const {
    return static_cast<Value>(place / config_.capacity + 1);
  }
  [[nodiscard]] static bool is_seen_dead(const State& state, Process process);
  [[nodiscard]] bool may_wake(const State& state, std::size_t lane) const;
  [[nodiscard]] bool may_wake_receiver(const State& state) const;
  [[nodiscard]] bool sees_a_death(const State& state) const;
  [[nodiscard]] bool is_quiet(const State& state) const;
  static void normalise(State& state);

  Config config_;
};

}  // namespace trivium::model
