// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "channel_model.hpp"
#include "rest.hpp"

namespace trivium::model {

// One step of a sender, beside the verbs of which multiprocess/channel_send.hpp is the original:
// false where it sleeps, or where its processor has to drain first.
bool ChannelModel::step_sender(State& state, std::size_t lane) const {
  using At = SenderAt;
  SenderState& me = state.senders[lane];
  Machine& machine = state.machine;
  const auto self = static_cast<Process>(lane);
  const auto flag = static_cast<Value>(1 << lane);
  if (machine.full(self)) return false;

  const auto load = [&](Value word) { return machine.load(self, word); };
  const auto own = [&](LaneWord word) { return of_lane(lane, word); };
  const auto to = [&](At at) {
    me.at = at;
    return true;
  };
  const auto store = [&](Value word, Value value, At at) {
    machine.store(self, word, value);
    return to(at);
  };
  // The verb returns, or `send` goes on to wait.
  const auto finish = [&] {
    const bool waits = !me.attaching && !me.sent && !me.refused;
    if (me.sent) {
      state.history.returned[lane] |= static_cast<Value>(1 << me.message);
      ++me.message;
    }
    if (me.refused) state.history.refused[lane] |= static_cast<Value>(1 << me.message);
    me.attaching = me.sent = false;
    if (waits) return to(At::waiting);
    return to(me.refused || me.message > config_.messages ? At::at_rest : At::between_sends);
  };

  switch (me.at) {
    // put
    case At::between_sends:
      if (is(Mutation::no_sending_flag)) return to(At::send_begun);
      return store(own(published), static_cast<Value>(me.count * 2 + 1), At::send_begun);
    case At::send_begun:
      if (!config_.membarrier && !machine.drained(self)) return false;
      me.refused = load(closed) != 0 || me.receiver_dead;
      if (me.refused) return to(At::published);
      return to(me.count - me.known_freed < config_.capacity ? At::room_found : At::lane_full);
    case At::lane_full:
      me.known_freed = load(own(freed));
      return to(me.count - me.known_freed < config_.capacity ? At::room_found : At::published);
    case At::room_found:
    case At::content_written: {
      const bool writes = (me.at == At::room_found) != is(Mutation::publish_before_content);
      const auto next = me.at == At::room_found ? At::content_written : At::published;
      if (next == At::published) {
        me.sent = true;
        state.history.published[lane][me.count] = me.message;
      }
      const auto word = of_lane(lane, (writes ? content : lap) + slot(me.count));
      return store(word, writes ? me.message : lap_of(me.count), next);
    }
    case At::published:
      if (me.sent) ++me.count;
      return store(own(published), static_cast<Value>(me.count * 2), At::send_ended);
    case At::send_ended:
      return to(rest_of(load(receiver_state)) == Rest::busy ? At::receiver_busy : At::telling);
    case At::receiver_busy:
      return load(own(attended)) != 0 ? finish() : to(At::telling);

    // tell_receiver
    case At::telling:
      if (!is(Mutation::sender_without_barrier) && !machine.drained(self)) return false;
      return to(load(own(attended)) == 0 ? At::not_attended : At::lane_flagged);
    case At::not_attended:
      return to((load(flags) & flag) == 0 ? At::not_flagged : At::lane_flagged);
    case At::not_flagged:
      if (!machine.drained(self)) return false;
      machine.memory[flags] |= flag;
      return to(At::lane_flagged);
    case At::lane_flagged:
      me.seen = load(receiver_state);
      if (rest_of(me.seen) == Rest::asleep) return to(At::receiver_asleep);
      me.seen = 0;
      return finish();
    case At::receiver_asleep:
    case At::doorbell_rung: {
      const bool rings = (me.at == At::receiver_asleep) != is(Mutation::mark_before_ring);
      if (!rings && !machine.drained(self)) return false;
      if (rings) {
        machine.rung[doorbell] = true;
      } else if (machine.memory[receiver_state] == me.seen) {
        machine.memory[receiver_state] = with_rest(me.seen, Rest::rung);
      }
      if (me.at == At::receiver_asleep) return to(At::doorbell_rung);
      me.seen = 0;
      return finish();
    }

    // wait_for_room
    case At::waiting:
      return store(own(waiting), next_sleep(load(own(waiting))), At::wait_barrier);
    case At::wait_barrier:
      if (!is(Mutation::wait_without_barrier) && !machine.drained(self)) return false;
      if (rest_of(load(receiver_state)) != Rest::busy || is(Mutation::wait_without_membarrier)) {
        return to(At::wait_announced);
      }
      return to(At::barriers);
    case At::barriers:
      if (!run_barriers(state, self, me.progress)) return false;
      return me.progress != 0 || to(At::wait_announced);
    case At::wait_announced:
      if (is(Mutation::sender_does_not_look_again)) return to(At::asleep);
      return to(load(closed) != 0 ? At::wait_over : At::still_open);
    case At::still_open:
      me.known_freed = load(own(freed));
      return to(me.count - me.known_freed < config_.capacity ? At::wait_over : At::asleep);
    case At::asleep: {
      if (!may_wake(state, lane)) return false;
      me.receiver_dead = !config_.successors && is_seen_dead(state, receiver);
      return to(machine.rung[space + lane] ? At::silencing : At::wait_over);
    }
    case At::silencing:
      machine.rung[space + lane] = false;
      return to(At::wait_over);
    case At::wait_over:
      return store(own(waiting), with_rest(load(own(waiting)), Rest::calm), At::between_sends);

    // A successor. Nobody else changes these words.
    case At::attaching:
      me.count = load(own(published)) / 2;
      while (!is(Mutation::successor_counts_no_messages) &&
             load(of_lane(lane, lap + slot(me.count))) == lap_of(me.count)) {
        ++me.count;
      }
      return store(own(published), static_cast<Value>(me.count * 2), At::telling);

    case At::at_rest:
    case At::dead:
      return false;
  }
  return false;
}

}  // namespace trivium::model
