// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "channel_model.hpp"

#include <bit>
#include <type_traits>

#include "rest.hpp"

namespace trivium::model {
namespace {

bool only_stores(SenderAt at) {
  switch (at) {
    case SenderAt::between_sends:
    case SenderAt::room_found:
    case SenderAt::content_written:
    case SenderAt::published:
    case SenderAt::waiting:
    case SenderAt::wait_over:
    case SenderAt::attaching:
      return true;
    default:
      return false;
  }
}

bool only_stores(ReceiverAt at) {
  switch (at) {
    case ReceiverAt::flags_taken:
    case ReceiverAt::attending_all:
    case ReceiverAt::attending_dead:
    case ReceiverAt::read:
    case ReceiverAt::taken:
    case ReceiverAt::going_busy:
    case ReceiverAt::leaving:
    case ReceiverAt::lanes_left:
    case ReceiverAt::staying:
    case ReceiverAt::staying_awake:
    case ReceiverAt::woken:
    case ReceiverAt::attaching:
    case ReceiverAt::attach_awake:
    case ReceiverAt::attach_freeing:
    case ReceiverAt::attach_lane:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Equal states are of equal bytes.
static_assert(std::has_unique_object_representations_v<State>);

State ChannelModel::first() const {
  State state;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (lane < config_.senders) {
      state.machine.memory[of_lane(lane, attended)] = 1;
    } else {
      state.senders[lane].at = SenderAt::at_rest;
    }
  }
  state.receiver.attended = static_cast<Value>((1 << config_.senders) - 1);
  return state;
}

bool ChannelModel::happens(State& state, What what) const {
  using Kind = What::Kind;
  const bool is_sender = what.process < config_.senders;
  if (what.process == second_sender && !is_sender) return false;
  switch (what.kind) {
    case Kind::step:
      if (is_sender) return step_sender(state, what.process);
      return what.process == receiver ? step_receiver(state) : step_closer(state);
    case Kind::store_seen:
      if (state.machine.drained(what.process)) return false;
      state.machine.drain_one(what.process);
      return true;
    case Kind::succeeded:
      return config_.successors && succeed(state, what.process);
    case Kind::killed:
      return kill(state, what.process);
    case Kind::exits:
      if (!is_sender || state.senders[what.process].at != SenderAt::at_rest) return false;
      state.senders[what.process] = {.at = SenderAt::dead,
                                     .message = static_cast<Value>(config_.messages + 1)};
      return true;
    case Kind::closes:
      if (what.process != closer || !config_.closes || state.closer != CloserAt::idle) return false;
      state.closer = CloserAt::closing;
      return true;
  }
  return false;
}

bool ChannelModel::step_closer(State& state) const {
  switch (state.closer) {
    case CloserAt::closing:
      state.machine.memory[closed] = 1;
      state.closer = CloserAt::ringing;
      return true;
    case CloserAt::ringing:
      state.machine.rung[hang_up] = true;
      state.closer = CloserAt::done;
      return true;
    default:
      return false;
  }
}

bool ChannelModel::kill(State& state, Process process) const {
  if (state.history.kills == config_.kills) return false;
  if (process == closer) {
    if (state.closer != CloserAt::closing && state.closer != CloserAt::ringing) return false;
    state.closer = CloserAt::dead;
  } else if (process == receiver) {
    if (state.receiver.at == ReceiverAt::dead || state.receiver.at == ReceiverAt::ended)
      return false;
    state.receiver = {.at = ReceiverAt::dead};
    ++state.history.receivers_killed;
  } else {
    SenderState& sender = state.senders[process];
    if (sender.at == SenderAt::dead || sender.at == SenderAt::at_rest) return false;
    // Its successor does not know what became of the message that it had begun with.
    const bool begun = sender.at != SenderAt::between_sends && !sender.attaching;
    sender = {.at = SenderAt::dead,
              .message = static_cast<Value>(sender.message + (begun ? 1 : 0))};
  }
  ++state.history.kills;
  return true;
}

bool ChannelModel::succeed(State& state, Process process) const {
  if (process == receiver) {
    if (!is_seen_dead(state, receiver)) return false;
    state.receiver = {.at = ReceiverAt::attaching,
                      .attaching = true,
                      .attended = static_cast<Value>((1 << config_.senders) - 1)};
    return true;
  }
  // One that has sent all has none; and nobody waits for one.
  if (process == closer || !is_seen_dead(state, process) ||
      state.senders[process].message > config_.messages || state.receiver.at == ReceiverAt::ended) {
    return false;
  }
  SenderState& sender = state.senders[process];
  sender = {.at = SenderAt::attaching, .message = sender.message, .attaching = true};
  state.receiver.dead &= static_cast<Value>(~(1 << process));
  return true;
}

// One processor after the other runs a barrier, the own one first. Says false where that cannot be
// yet; `progress` is 0 again at the end.
bool ChannelModel::run_barriers(State& state, Process process, Value& progress) const {
  if (!state.machine.drained(process)) return false;
  while (progress < closer && state.machine.drained(static_cast<Process>(progress))) ++progress;
  if (progress < closer) state.machine.drain(static_cast<Process>(progress++));
  while (progress < closer && state.machine.drained(static_cast<Process>(progress))) ++progress;
  if (progress == closer) progress = 0;
  return true;
}

Value ChannelModel::next_sleep(Value word) const {
  return with_rest(static_cast<Value>(word + (is(Mutation::sleeps_without_number) ? 0 : 4)),
                   Rest::asleep);
}

// What a process had stored is seen by all before its death is.
bool ChannelModel::is_seen_dead(const State& state, Process process) {
  const bool dead = process == receiver ? state.receiver.at == ReceiverAt::dead
                                        : state.senders[process].at == SenderAt::dead;
  return dead && state.machine.drained(process);
}

// What nobody else can see or hinder now, if there is such a thing: a store that becomes seen, of a
// word that nobody reads before what comes after it; or a store into a processor's own buffer,
// where others have no means to drain that. Whatever else may happen, may as well happen after
// that, or after the process was killed before it; so nothing else need be tried here, and there
// are fewer states.
std::optional<What> ChannelModel::hidden(const State& state) const {
  for (std::size_t lane = 0; lane < config_.senders; ++lane) {
    const auto process = static_cast<Process>(lane);
    const auto& buffer = state.machine.buffers[process];
    if (buffer.size == 0 || is(Mutation::publish_before_content)) continue;
    const auto word = buffer.word[0] - of_lane(lane, 0);
    const bool unread = word == published ? !config_.closes : word >= content;
    if (unread) return What{What::Kind::store_seen, process};
  }
  if (config_.membarrier) return std::nullopt;
  for (std::size_t lane = 0; lane < config_.senders; ++lane) {
    const auto process = static_cast<Process>(lane);
    if (!state.machine.full(process) && only_stores(state.senders[lane].at)) {
      return What{What::Kind::step, process};
    }
  }
  if (!state.machine.full(receiver) && only_stores(state.receiver.at)) {
    return What{What::Kind::step, receiver};
  }
  return std::nullopt;
}

bool ChannelModel::may_wake(const State& state, std::size_t lane) const {
  return state.machine.rung[space + lane] || state.machine.rung[hang_up] ||
         (!config_.successors && is_seen_dead(state, receiver));
}

bool ChannelModel::may_wake_receiver(const State& state) const {
  if (state.machine.rung[doorbell]) return true;
  return (!state.receiver.sealed && state.machine.rung[hang_up]) || sees_a_death(state);
}

// Whether the receiver's system tells of a sender's death that it does not know of.
bool ChannelModel::sees_a_death(const State& state) const {
  for (std::size_t lane = 0; lane < config_.senders; ++lane) {
    const auto sender = static_cast<Process>(lane);
    if ((state.receiver.dead >> lane & 1) == 0 && is_seen_dead(state, sender)) return true;
  }
  return false;
}

// Whether nothing more comes to pass of itself.
bool ChannelModel::is_quiet(const State& state) const {
  using Kind = What::Kind;
  for (const auto kind : {Kind::step, Kind::store_seen, Kind::succeeded}) {
    for (const auto process : {first_sender, second_sender, receiver, closer}) {
      State next = state;
      if (happens(next, {kind, process})) return false;
    }
  }
  return true;
}

std::string ChannelModel::broken(const State& state) const {
  const auto& history = state.history;
  if (history.broken) return "a message was received that was not due";
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if ((history.refused[lane] & history.delivered[lane]) != 0)
      return "what was refused was received";
  }
  const auto at = state.receiver.at;
  const bool rests =
      at == ReceiverAt::sleep_checked || at == ReceiverAt::ended || at == ReceiverAt::dead;
  if (!rests || !is_quiet(state)) return {};
  bool refused = false;
  bool all_dead = true;
  int lost = 0;
  for (std::size_t lane = 0; lane < config_.senders; ++lane) {
    const auto& sender = state.senders[lane];
    if (sender.at == SenderAt::asleep) return "a sender sleeps for ever";
    const Value place = state.machine.memory[of_lane(lane, taken)];
    if (at == ReceiverAt::sleep_checked &&
        state.machine.memory[of_lane(lane, lap + slot(place))] == lap_of(place)) {
      return "the receiver sleeps for ever, and there is a message";
    }
    refused |= history.refused[lane] != 0;
    all_dead &= sender.at == SenderAt::dead;
    lost += std::popcount(static_cast<unsigned>(history.returned[lane] & ~history.delivered[lane]));
  }
  if (at == ReceiverAt::sleep_checked) {
    // A close that was ended by a kill need not have been; but if one learns of it, all do.
    if (state.closer == CloserAt::done || (refused && state.machine.memory[closed] != 0)) {
      return "the receiver sleeps for ever, and the channel is closed";
    }
    if (all_dead) return "the receiver sleeps for ever, and all senders are dead";
  }
  if (at != ReceiverAt::dead && lost > history.receivers_killed) return "a message was lost";
  return {};
}

namespace {

// Where a word stands that a party's rest is in, or stood when it was read.
class Rests {
 public:
  void add(Value& word) { all_[size_++] = &word; }

  void add(Machine& machine, Value word, Process writer) {
    add(machine.memory[word]);
    auto& buffer = machine.buffers[writer];
    for (std::size_t i = 0; i < buffer.size; ++i) {
      if (buffer.word[i] == word) add(buffer.value[i]);
    }
  }

  // Numbers their sleeps from 0 on.
  void renumber() {
    unsigned used = 0;
    for (std::size_t i = 0; i < size_; ++i) used |= 1U << (*all_[i] >> 2);
    for (std::size_t i = 0; i < size_; ++i) {
      const unsigned below = (1U << (*all_[i] >> 2)) - 1;
      *all_[i] = static_cast<Value>((*all_[i] & 3) | std::popcount(used & below) << 2);
    }
  }

 private:
  std::array<Value*, StoreBuffer::depth + 1 + lanes> all_;
  std::size_t size_ = 0;
};

}  // namespace

// Of sleeps it matters only which are the same, and which is later.
void ChannelModel::normalise(State& state) {
  Rests receivers;
  receivers.add(state.machine, receiver_state, receiver);
  for (auto& sender : state.senders) {
    if (sender.at == SenderAt::receiver_asleep || sender.at == SenderAt::doorbell_rung) {
      receivers.add(sender.seen);
    }
  }
  receivers.renumber();
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    Rests senders;
    senders.add(state.machine, of_lane(lane, waiting), static_cast<Process>(lane));
    const auto at = state.receiver.at;
    if ((at == ReceiverAt::sender_asleep || at == ReceiverAt::space_rung) &&
        state.receiver.lane == lane) {
      senders.add(state.receiver.seen);
    }
    senders.renumber();
  }
}

}  // namespace trivium::model
