// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The algorithm of multithread/channel.hpp and sleepers.hpp as a model, and every interleaving of a
// few threads that run it. One step is one access to what threads share: an atomic, or the kernel's
// queue of sleepers. Whoever changes which accesses there are, or their order, changes it here.
//
// What is looked for is an end in which somebody sleeps for ever. Senders and receivers stop after
// so many values each, so that nobody comes by later and repairs what was lost. A deadline and the
// close may come at any time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace trivium::contract {
namespace {

using Byte = std::uint8_t;

constexpr std::size_t most_threads = 5;
constexpr std::size_t most_cells = 3;

enum Kind : Byte { sender, receiver, closer };
enum Status : Byte { would_block, ok, closed };

// The access that a thread makes next, in the order of the code.
enum Next : Byte {
  // put and take
  load_end,
  load_turn,
  claim,
  pass_turn,
  look_for_sleepers,
  load_end_again,
  look_whether_over,
  // wait
  take_ticket,
  announce,
  withdraw,
  look_for_more_sleepers,
  look_at_one_end,
  look_at_other_end,
  // Sleepers::sleep
  fall_asleep,
  asleep,
  renew_ticket,
  take_token,
  // Sleepers::wake_one, wake_all
  leave_token,
  count_waking,
  wake,
  // close
  mark,
  wake_senders,
  wake_receivers,
  done,
};

struct Thread {
  Kind kind = sender;
  bool impatient = false;  // it has a deadline
  Byte left = 0;           // verbs that it still calls
  Next next = done;
  // Of the verb that it is in:
  Byte end = 0;  // the position that it has loaded
  Byte ticket = 0;
  Status status = would_block;  // of its last attempt
  Byte side = 0;                // whose sleepers it wakes: those of the senders or of the receivers
  bool announced = false;
  bool late = false;
  bool woken = false;
  bool leaving = false;  // all that it has still to do is to wake the next
};

struct Sleepers {
  Byte waiting = 0;
  Byte tokens = 0;
  Byte wakings = 0;
  Byte asleep = 0;
  std::array<Byte, most_threads> queue{};  // the kernel's, in order

  [[nodiscard]] bool need_waking() const { return waiting > 0 && tokens == 0; }
  void push(Byte thread) { queue[asleep++] = thread; }
  void erase(Byte thread) {
    *std::remove(queue.begin(), queue.begin() + asleep, thread) = 0;
    --asleep;
  }
};

struct World {
  Byte capacity = 1;
  Byte count = 0;
  Byte head = 0;
  Byte tail = 0;
  bool marked = false;
  std::array<Byte, most_cells> turns{};
  std::array<Sleepers, 2> sleepers{};
  std::array<Thread, most_threads> threads{};

  World(Byte cells, std::initializer_list<Thread> all)
      : capacity(cells), count(static_cast<Byte>(all.size())) {
    for (Byte i = 0; i < capacity; ++i) turns[i] = static_cast<Byte>(2 * i);
    std::copy(all.begin(), all.end(), threads.begin());
  }

  // Makes one step of a thread; false if it sleeps or is done.
  bool step(Byte self);

  // Tells states apart, but for a chance of about one in ten million that some state is skipped.
  [[nodiscard]] std::size_t hash() const {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(this), sizeof *this});
  }

 private:
  static void begin(Thread& thread);
  static void end_attempt(Thread& thread, Status status);
  void wake_first(Sleepers& there);
};
static_assert(std::has_unique_object_representations_v<World>, "no padding gets into the hash");

// The next verb, from its beginning.
void World::begin(Thread& thread) {
  thread = Thread{.kind = thread.kind,
                  .impatient = thread.impatient,
                  .left = thread.left,
                  .next = thread.left > 0 ? load_end : done};
}

// What the verb does after `put` or `take`.
void World::end_attempt(Thread& thread, Status status) {
  thread.status = status;
  thread.end = 0;
  if (thread.announced) {
    thread.next = status == would_block ? fall_asleep : withdraw;
  } else if (status == would_block && !thread.late) {
    thread.next = take_ticket;
  } else {
    thread.left = status == ok ? static_cast<Byte>(thread.left - 1) : Byte{0};
    thread.leaving = true;
    thread.side = thread.kind;
    thread.next = look_for_more_sleepers;
    if (!thread.woken) begin(thread);
  }
}

void World::wake_first(Sleepers& there) {
  if (there.asleep == 0) return;
  threads[there.queue[0]].next = renew_ticket;
  there.erase(there.queue[0]);
}

bool World::step(Byte self) {
  Thread& thread = threads[self];
  const bool sends = thread.kind == sender;
  Byte& end = sends ? tail : head;
  Byte& turn = turns[thread.end % capacity];
  const bool refused = sends && marked;  // the mark is in the tail
  Sleepers& mine = sleepers[thread.kind == receiver ? 1 : 0];
  Sleepers& there = sleepers[thread.side];
  const auto after_waking = [&] {
    if (thread.kind == closer) {
      thread.next = thread.side == 0 ? wake_receivers : done;
    } else if (thread.leaving) {
      begin(thread);
    } else {
      end_attempt(thread, ok);
    }
  };

  switch (thread.next) {
    case load_end:
    case load_end_again: {
      const bool moved = thread.next == load_end || thread.end != end;
      thread.end = end;
      thread.next = load_turn;
      if (refused) {
        end_attempt(thread, closed);
      } else if (!moved) {
        thread.next = look_whether_over;
        if (sends) end_attempt(thread, would_block);
      }
      break;
    }
    case load_turn:
      thread.next = turn == 2 * thread.end + (sends ? 0 : 1) ? claim : load_end_again;
      break;
    case claim:
      thread.next = end == thread.end && !refused ? pass_turn : load_end;
      if (thread.next == pass_turn) ++end;
      break;
    case pass_turn:
      turn = static_cast<Byte>(sends ? turn + 1 : 2 * (thread.end + capacity));
      thread.next = look_for_sleepers;
      break;
    case look_for_sleepers:
      thread.side = sends ? 1 : 0;
      thread.next = leave_token;
      if (!sleepers[thread.side].need_waking()) end_attempt(thread, ok);
      break;
    case look_whether_over:
      end_attempt(thread, marked && tail == thread.end ? closed : would_block);
      break;

    case take_ticket:
      thread.ticket = mine.wakings;
      thread.next = announce;
      break;
    case announce:
      ++mine.waiting;
      thread.announced = true;
      thread.next = load_end;
      break;
    case withdraw:
      thread.woken |= mine.tokens > 0;
      --(mine.tokens > 0 ? mine.tokens : mine.waiting);
      thread.announced = false;
      thread.next = load_end;  // at the deadline it tries once more
      if (thread.status != would_block) end_attempt(thread, thread.status);
      break;
    case look_for_more_sleepers:
      thread.next = look_at_one_end;
      if (!mine.need_waking()) begin(thread);
      break;
    case look_at_one_end:
      thread.end = end;
      thread.next = refused ? leave_token : look_at_other_end;
      break;
    case look_at_other_end:
      thread.next = leave_token;
      if (sends ? head + capacity == thread.end : tail == thread.end && !marked) begin(thread);
      break;

    case fall_asleep:
      thread.next = renew_ticket;
      if (thread.ticket == mine.wakings) {
        thread.next = asleep;
        mine.push(self);
      }
      break;
    case asleep:
      if (!thread.impatient) return false;
      mine.erase(self);
      thread.late = true;
      thread.next = renew_ticket;
      break;
    case renew_ticket:
      thread.ticket = mine.wakings;
      thread.next = take_token;
      break;
    case take_token:
      thread.next = thread.late ? withdraw : fall_asleep;
      if (mine.tokens > 0) {
        --mine.tokens;
        thread.woken = true;
        thread.announced = thread.late = false;
        thread.next = load_end;
      }
      break;

    case leave_token:
      thread.next = count_waking;
      if (there.need_waking()) {
        --there.waiting;
        ++there.tokens;
      } else {
        after_waking();
      }
      break;
    case count_waking:
      ++there.wakings;
      thread.next = wake;
      break;
    case wake:
      do wake_first(there);
      while (thread.kind == closer && there.asleep > 0);
      after_waking();
      break;

    case mark:
      marked = true;
      thread.next = wake_senders;
      break;
    case wake_senders:
    case wake_receivers:
      thread.side = thread.next == wake_senders ? 0 : 1;
      thread.next = count_waking;
      if (sleepers[thread.side].waiting > 0) {
        Sleepers& all = sleepers[thread.side];
        all.tokens = static_cast<Byte>(all.tokens + all.waiting);
        all.waiting = 0;
      } else {
        after_waking();
      }
      break;
    case done:
      return false;
  }
  return true;
}

// Visits every state that can be reached; fails for one in which nobody can go on and not everyone
// is done.
void explore(const World& start) {
  std::unordered_set<std::size_t> seen{start.hash()};
  std::vector<World> open{start};
  bool ended = false;
  while (!open.empty()) {
    const World world = open.back();
    open.pop_back();
    bool over = true;
    for (Byte self = 0; self < world.count; ++self) {
      World next = world;
      if (!next.step(self)) continue;
      over = false;
      if (seen.insert(next.hash()).second) open.push_back(next);
    }
    ended |= over;
    for (Byte self = 0; over && self < world.count; ++self) {
      ASSERT_EQ(world.threads[self].next, done)
          << "thread " << int{self} << " sleeps, " << int{world.tail} << " sent, "
          << int{world.head} << " received";
    }
  }
  EXPECT_TRUE(ended);
  std::cout << seen.size() << " states\n";
}

Thread sends(Byte values) {
  return {.kind = sender, .left = values, .next = load_end};
}
Thread receives(Byte values) {
  return {.kind = receiver, .left = values, .next = load_end};
}
Thread impatient(Thread thread) {
  thread.impatient = true;
  return thread;
}
Thread closes() {
  return {.kind = closer, .next = mark};
}

TEST(ChannelModel, OneToOne) {
  explore({1, {sends(3), receives(3)}});
}
TEST(ChannelModel, OneToOneOverTwo) {
  explore({2, {sends(4), receives(4)}});
}
TEST(ChannelModel, OneToMany) {
  explore({1, {sends(2), receives(1), receives(1)}});
}
TEST(ChannelModel, OneToManyOverTwo) {
  explore({2, {sends(2), receives(1), receives(1)}});
}
TEST(ChannelModel, ManyToOne) {
  explore({1, {sends(1), sends(1), receives(2)}});
}
TEST(ChannelModel, ManyToOneThatSendMore) {
  explore({1, {sends(2), sends(1), receives(3)}});
}
TEST(ChannelModel, ManyToMany) {
  explore({1, {sends(1), sends(1), receives(1), receives(1)}});
}
TEST(ChannelModel, Closing) {
  explore({1, {sends(2), receives(9), closes()}});
}
TEST(ChannelModel, ClosingManyReceivers) {
  explore({1, {sends(1), receives(9), receives(9), closes()}});
}
TEST(ChannelModel, ClosingManySenders) {
  explore({1, {sends(2), sends(1), receives(1), closes()}});
}
TEST(ChannelModel, Deadlines) {
  explore({1, {impatient(sends(2)), receives(9), closes()}});
}
TEST(ChannelModel, DeadlineOfOneOfManyReceivers) {
  explore({1, {sends(1), impatient(receives(1)), receives(1), closes()}});
}

}  // namespace
}  // namespace trivium::contract
