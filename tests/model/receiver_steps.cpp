// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include <utility>

#include "channel_model.hpp"
#include "rest.hpp"

namespace trivium::model {

// One step of a receiver, beside the verbs of which multiprocess/channel_receive.hpp is the original:
// false where it sleeps, or where its processor has to drain first.
bool ChannelModel::step_receiver(State& state) const {
  using At = ReceiverAt;
  ReceiverState& me = state.receiver;
  Machine& machine = state.machine;
  if (machine.full(receiver)) return false;

  const auto load = [&](Value word) { return machine.load(receiver, word); };
  const auto word_of = [&](LaneWord word) { return of_lane(me.lane, word); };
  const auto has_message = [&] {
    const Value place = load(word_of(taken));
    return load(of_lane(me.lane, lap + slot(place))) == lap_of(place);
  };
  const auto to = [&](At at) {
    me.at = at;
    return true;
  };
  const auto store = [&](Value word, Value value, At at) {
    machine.store(receiver, word, value);
    return to(at);
  };
  // Goes on with the first lane of some from this one on, or else there.
  const auto to_lane = [&](Value from, Value among, At at, At after) {
    for (me.lane = from; me.lane < config_.senders; ++me.lane) {
      if ((among >> me.lane & 1) != 0) return to(at);
    }
    me.lane = 0;
    return to(after);
  };
  const auto all = static_cast<Value>((1 << config_.senders) - 1);
  const auto living = static_cast<Value>(all & ~me.dead);
  const auto look = [&] { return to_lane(0, me.attended, At::looking, At::at_flags); };
  const auto look_anew = [&] {
    me.again = me.sending = false;
    return look();
  };
  const auto end_of_look = [&] {
    if (me.sealed ? !me.sending : living == 0) return to(At::ended);
    return to_lane(0, me.attended, At::leaving, At::lanes_left);
  };
  const auto next_lane = [&] { return static_cast<Value>(me.lane + 1); };
  const auto attend_all = [&] {
    me.attended = all;
    return to_lane(0, all, At::attending_all, At::deaths);
  };
  const auto stay = [&] { return to_lane(0, me.attended, At::staying, At::staying_awake); };
  const auto sleep = [&] {
    me.attended = me.lane = 0;
    return to(At::sleep_checked);
  };
  // `receive` returns, or the next lane is attached to.
  const auto finish = [&] {
    me.seen = 0;
    me.told_of_death = false;
    if (me.attaching) {
      me.attaching = next_lane() < config_.senders;
      return me.attaching ? to_lane(next_lane(), all, At::attach_freeing, At::looking)
                          : look_anew();
    }
    auto& delivered = state.history.delivered[me.lane];
    const Value place = static_cast<Value>(machine.memory[word_of(taken)] - 1);
    state.history.broken =
        delivered >> me.message != 0 || state.history.published[me.lane][place] != me.message;
    delivered |= static_cast<Value>(1 << me.message);
    me.message = 0;
    return look_anew();
  };

  switch (me.at) {
    // look, find
    case At::looking:
      if (has_message()) return to(At::found);
      return to_lane(next_lane(), me.attended, At::looking, At::at_flags);
    case At::at_flags:
      if (load(flags) != 0) return to(At::flags_found);
      if (!me.again) return to(At::nothing);
      return end_of_look();
    case At::flags_found:
      if (!machine.drained(receiver)) return false;
      me.flagged = std::exchange(machine.memory[flags], Value{0});
      return to_lane(0, me.flagged, At::flags_taken, At::flags_barrier);
    case At::flags_taken:
      me.attended |= static_cast<Value>(1 << me.lane);
      machine.store(receiver, word_of(attended), 1);
      return to_lane(next_lane(), me.flagged, At::flags_taken, At::flags_barrier);
    case At::flags_barrier:
      if (!machine.drained(receiver)) return false;
      me.flagged = 0;
      return look();
    case At::nothing:
      if (load(closed) == 0) return me.told_of_death ? to(At::deaths) : end_of_look();
      if (!me.sealed) return to(At::sealing);
      if (is(Mutation::attends_when_sealing_only)) return to(At::deaths);
      return attend_all();
    case At::sealing:
      if (config_.membarrier && !is(Mutation::closing_without_barrier)) {
        if (!run_barriers(state, receiver, me.progress)) return false;
        if (me.progress != 0) return true;
      } else if (!machine.drained(receiver)) {
        return false;
      }
      me.sealed = true;
      return attend_all();
    case At::attending_all:
      machine.store(receiver, word_of(attended), 1);
      return to_lane(next_lane(), all, At::attending_all, At::deaths);
    case At::deaths:
      me.flagged = 0;
      for (std::size_t lane = 0; lane < config_.senders; ++lane) {
        const bool dead = is_seen_dead(state, static_cast<Process>(lane));
        if (dead && (me.dead >> lane & 1) == 0) me.flagged |= static_cast<Value>(1 << lane);
      }
      me.dead |= me.flagged;
      me.attended |= me.flagged;
      me.again = true;
      return to_lane(0, me.flagged, At::attending_dead, At::any_sending);
    case At::attending_dead:
      machine.store(receiver, word_of(attended), 1);
      return to_lane(next_lane(), me.flagged, At::attending_dead, At::any_sending);
    case At::any_sending:
      me.flagged = 0;
      if (me.sealed && (living >> me.lane & 1) != 0)
        me.sending |= (load(word_of(published)) & 1) != 0;
      if (!me.sealed || next_lane() == config_.senders) return look();
      ++me.lane;
      return true;

    // try_receive, took, tell_sender
    case At::found:
      me.message = load(of_lane(me.lane, content + slot(load(word_of(taken)))));
      return to(At::read);
    case At::read:
    case At::taken:
      // Only successors read `taken`, so it is seen by all at once.
      if ((me.at == At::read) != is(Mutation::free_before_take)) {
        ++machine.memory[word_of(taken)];
        return to(me.at == At::read ? At::taken : At::freed);
      }
      return store(word_of(freed),
                   static_cast<Value>(machine.memory[word_of(taken)] + (me.at == At::read ? 1 : 0)),
                   me.at == At::read ? At::taken : At::freed);
    case At::freed:
      if (!me.busy) return to(config_.membarrier ? At::going_busy : At::freed_barrier);
      me.seen = load(word_of(waiting));
      return rest_of(me.seen) == Rest::asleep ? to(At::sender_asleep) : finish();
    case At::going_busy:
      me.busy = true;
      return store(receiver_state, with_rest(load(receiver_state), Rest::busy), At::freed_barrier);
    case At::freed_barrier:
      if (!is(Mutation::free_without_barrier) && !machine.drained(receiver)) return false;
      me.seen = load(word_of(waiting));
      if (is(Mutation::successor_tells_no_sender) && me.attaching) return finish();
      return rest_of(me.seen) == Rest::asleep ? to(At::sender_asleep) : finish();
    case At::sender_asleep:
      machine.rung[space + me.lane] = true;
      return to(At::space_rung);
    case At::space_rung:
      if (!machine.drained(receiver)) return false;
      if (machine.memory[word_of(waiting)] == me.seen) {
        machine.memory[word_of(waiting)] = with_rest(me.seen, Rest::rung);
      }
      return finish();

    // fall_asleep, wake
    case At::leaving:
      machine.store(receiver, word_of(attended), 0);
      return to_lane(next_lane(), me.attended, At::leaving, At::lanes_left);
    case At::lanes_left: {
      const bool all_run = me.busy && !is(Mutation::receiver_without_membarrier);
      return store(receiver_state, next_sleep(load(receiver_state)),
                   all_run ? At::barriers : At::sleep_announced);
    }
    case At::barriers:
      if (!run_barriers(state, receiver, me.progress)) return false;
      return me.progress != 0 || to(At::sleep_announced);
    case At::sleep_announced:
      if (!is(Mutation::receiver_without_barrier) && !machine.drained(receiver)) return false;
      me.busy = false;
      if (is(Mutation::receiver_does_not_look_again)) return sleep();
      if (me.sealed) return to_lane(0, living, At::look_sending, At::staying);
      return load(closed) != 0 ? stay() : to(At::look_flags);
    case At::look_sending:
      if ((load(word_of(published)) & 1) != 0) return to_lane(0, 0, At::look_flags, At::look_flags);
      return to_lane(next_lane(), living, At::look_sending, At::staying) &&
             (me.at != At::staying || stay());
    case At::look_flags:
      if (load(flags) != 0) return stay();
      return me.attended == 0 ? sleep() : to_lane(0, me.attended, At::look_lanes, At::look_lanes);
    case At::look_lanes:
      if (has_message()) return stay();
      return to_lane(next_lane(), me.attended, At::look_lanes, At::sleep_checked) &&
             (me.at != At::sleep_checked || sleep());
    case At::staying:
      machine.store(receiver, word_of(attended), 1);
      return to_lane(next_lane(), me.attended, At::staying, At::staying_awake);
    case At::staying_awake:
      machine.store(receiver, receiver_state, with_rest(load(receiver_state), Rest::calm));
      me.told_of_death = false;
      return look_anew();
    case At::sleep_checked:
      if (!may_wake_receiver(state)) return false;
      machine.rung[doorbell] = false;
      me.told_of_death = sees_a_death(state);
      return to(At::woken);
    case At::woken:
      return store(receiver_state, with_rest(load(receiver_state), Rest::calm), At::awake);
    case At::awake:
      machine.rung[doorbell] = false;  // only who slept in a poll of its own, but then it is worse
      return look_anew();

    // A successor.
    case At::attaching:
      return store(receiver_state, next_sleep(load(receiver_state)), At::attach_awake);
    case At::attach_awake:
      return store(receiver_state, with_rest(load(receiver_state), Rest::calm), At::attach_barrier);
    case At::attach_barrier:
      if (config_.membarrier && !is(Mutation::successor_without_membarrier)) {
        if (!run_barriers(state, receiver, me.progress)) return false;
        if (me.progress != 0) return true;
      }
      return to(At::attach_freeing);
    case At::attach_freeing:
      return store(word_of(freed), machine.memory[word_of(taken)], At::attach_lane);
    case At::attach_lane:
      return store(word_of(attended), 1, At::freed_barrier);

    case At::ended:
    case At::dead:
      return false;
  }
  return false;
}

}  // namespace trivium::model
