// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Kills either peer of a process channel at every labelled step of its verbs, and checks what
// multiprocess/channel.hpp promises. A test fails where its step is not passed often enough.
#include <algorithm>
#include <random>
#include <vector>

#include "process_faults.hpp"

namespace trivium::contract {
namespace {

// Channels and verbs; each is killed at a step so often in a row.
struct Way {
  std::size_t capacity;
  std::uint32_t lanes;
  SendBy send;
  ReceiveBy receive;
};
constexpr std::array ways{
    Way{1, 1, SendBy::send, ReceiveBy::poll},
    Way{1, 4, SendBy::send_until, ReceiveBy::receive_until},
    Way{2, 1, SendBy::batch, ReceiveBy::receive_until},
    Way{2, 4, SendBy::batch, ReceiveBy::batch},
    Way{16, 1, SendBy::send_until, ReceiveBy::batch},
    Way{16, 4, SendBy::send, ReceiveBy::receive},
    Way{64, 1, SendBy::batch, ReceiveBy::poll},
    Way{64, 1, SendBy::send, ReceiveBy::batch},
};
constexpr int kills_in_a_row = 30;

// Every step, in the order of channel::Step: a sender's, then a receiver's.
constexpr std::array sender_steps{
    Step::send_begun,     Step::room_found,   Step::content_written, Step::published,
    Step::send_ended,     Step::lane_flagged, Step::doorbell_rung,   Step::doorbell_marked,
    Step::wait_announced, Step::wait_over,
};
constexpr std::array receiver_steps{
    Step::taken,      Step::freed,           Step::space_rung,    Step::space_marked,
    Step::lanes_left, Step::sleep_announced, Step::sleep_checked, Step::woken,
    Step::awake,      Step::flags_taken,
};
static_assert(sender_steps.size() + receiver_steps.size() ==
              static_cast<std::size_t>(Step::flags_taken) + 1);

std::string name_of(const testing::TestParamInfo<Step>& info) {
  static constexpr std::array names{
      "SendBegun",      "RoomFound",    "ContentWritten", "Published",     "SendEnded",
      "LaneFlagged",    "DoorbellRung", "DoorbellMarked", "WaitAnnounced", "WaitOver",
      "Taken",          "Freed",        "SpaceRung",      "SpaceMarked",   "LanesLeft",
      "SleepAnnounced", "SleepChecked", "Woken",          "Awake",         "FlagsTaken"};
  return names.at(static_cast<std::size_t>(info.param));
}

Channel make_channel(const Way& way) {
  return Channel({.messages = way.capacity, .message_bytes = message_bytes, .senders = way.lanes});
}

std::uint32_t most_in_hand(const Way& way) {
  return way.receive == ReceiveBy::batch ? batch : 1;
}

constexpr std::uint32_t no_end = ~0U / 2;

// Pauses between two messages: none, or one in which the receiver falls asleep.
void hurry() {}
void dawdle() {
  std::this_thread::sleep_for(std::chrono::microseconds(200));
}

// Senders that nobody kills: they go on, and end well once they are told to, or the channel closes.
class Others {
 public:
  Others(const Channel& channel, const Way& way, Book& book, std::uint32_t first, void (*pause)())
      : first_(first) {
    for (std::uint32_t lane = first; lane < way.lanes; ++lane) {
      processes_.emplace_back([&channel, &book, way, lane, pause] {
        ChannelSender sender = channel.sender(lane);
        send_messages(sender, way.send, {lane, 0, 0}, no_end, book, pause);
      });
    }
  }

  void watch(ChannelReceiver& receiver) const {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      receiver.watch(first_ + i, processes_[i].known_by());
    }
  }

  void expect_good_end(Book& book) {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      EXPECT_EQ(processes_[i].end(), 0);
      book.end(static_cast<std::uint32_t>(first_ + i), 0);
    }
  }

 private:
  std::uint32_t first_;
  std::vector<Process> processes_;
};

// Receives until the channel is closed, which must come to pass.
void receive_the_rest(ChannelReceiver& receiver, Book& book) {
  const auto give_up = Clock::now() + long_enough;
  while (receive_some(receiver, ReceiveBy::poll, book) != ChannelStatus::closed) {
    ASSERT_LT(Clock::now(), give_up) << "it is not closed";
  }
}

// Receives until that sender is dead; if it is the only one, until that closes the channel.
void receive_until_dead(ChannelReceiver& receiver, const Process& sender, const Way& way,
                        Book& book) {
  const bool blocks = way.receive == ReceiveBy::receive || way.receive == ReceiveBy::batch;
  const auto give_up = Clock::now() + long_enough;
  while (way.lanes == 1 || !readable(sender.pidfd(), {})) {
    ASSERT_LT(Clock::now(), give_up) << "the sender does not end";
    // What blocks may do so for ever, and is called where there is something.
    if (blocks && receiver.arm()) {
      (void)net::wait_readable(receiver.descriptor(), sender.pidfd(), long_enough);
      continue;
    }
    if (receive_some(receiver, way.receive, book, sender.pidfd()) == ChannelStatus::closed) {
      ASSERT_EQ(way.lanes, 1U);
      ASSERT_TRUE(readable(sender.pidfd(), {}));
      return;
    }
  }
}

class Dies : public testing::TestWithParam<Step> {
 protected:
  // Most often at once; now and then in the middle of a stream, where the step is one of each
  // message.
  int passes() {
    constexpr std::array of_each{Step::send_begun, Step::content_written, Step::published,
                                 Step::send_ended, Step::taken,           Step::freed};
    const bool later = random_() % 4 == 0 &&
                       std::find(of_each.begin(), of_each.end(), GetParam()) != of_each.end();
    return std::uniform_int_distribution(1, later ? 150 : 6)(random_);
  }

  // A sender that is killed; it does not end but for that.
  Process start_sender(const Channel& channel, const Way& way, Book& book, std::uint32_t number) {
    return Process([&, number, passes = passes()] {
      auto sender = channel.sender<KillAt>(0);
      KillAt::arm(kills_, GetParam(), passes);
      send_messages(sender, way.send, {0, number, 0}, no_end, book, hurry);
    });
  }

  // A receiver that is killed, likewise.
  Process start_receiver(const Channel& channel, const Way& way, Book& book) {
    return Process([&, passes = passes()] {
      auto receiver = channel.receiver<KillAt>();
      KillAt::arm(kills_, GetParam(), passes);
      while (receive_some(receiver, way.receive, book) != ChannelStatus::closed) {
      }
    });
  }

  // Whether a receiver comes by the step; by one it does not where somebody else polls for it.
  static bool passes_by(const Way& way) {
    return way.receive != ReceiveBy::poll || GetParam() != Step::woken;
  }

  Kills kills_;
  std::mt19937 random_{static_cast<unsigned>(GetParam())};
};

class SenderDies : public Dies {};
class ReceiverDies : public Dies {};
INSTANTIATE_TEST_SUITE_P(ProcessChannel, SenderDies, testing::ValuesIn(sender_steps), name_of);
INSTANTIATE_TEST_SUITE_P(ProcessChannel, ReceiverDies, testing::ValuesIn(receiver_steps), name_of);

TEST_P(SenderDies, AndASuccessorGoesOn) {
  for (const Way& way : ways) {
    SCOPED_TRACE(testing::Message() << way.capacity << " messages, " << way.lanes << " lanes");
    Book book(batch);
    Channel channel = make_channel(way);
    ChannelReceiver receiver = channel.receiver();
    Others others(channel, way, book, 1, dawdle);
    others.watch(receiver);
    for (std::uint32_t number = 0; number < kills_in_a_row; ++number) {
      Process victim = start_sender(channel, way, book, number);
      receiver.watch(0, victim.known_by());
      ASSERT_NO_FATAL_FAILURE(receive_until_dead(receiver, victim, way, book));
      ASSERT_EQ(victim.end(), SIGKILL);
    }
    Process last([&] {
      ChannelSender sender = channel.sender(0);
      send_messages(sender, way.send, {0, kills_in_a_row, 0}, 10, book, hurry);
    });
    receiver.watch(0, last.known_by());
    ASSERT_NO_FATAL_FAILURE(receive_until_dead(receiver, last, way, book));
    EXPECT_EQ(last.end(), 0);
    book.stop();
    ASSERT_NO_FATAL_FAILURE(receive_the_rest(receiver, book));
    others.expect_good_end(book);
    book.end(0, kills_in_a_row);
    EXPECT_EQ(book.lost(), 0U);
  }
  EXPECT_GE(kills_.count(), 100);
}

TEST_P(SenderDies, WhileTheChannelIsClosed) {
  for (int round = 0; round < 32; ++round) {
    const Way& way = ways.at(static_cast<std::size_t>(round) % ways.size());
    SCOPED_TRACE(testing::Message() << way.capacity << " messages, " << way.lanes << " lanes");
    Book book(batch);
    Channel channel = make_channel(way);
    ChannelReceiver receiver = channel.receiver();
    Others others(channel, way, book, 1, dawdle);
    Process victim = start_sender(channel, way, book, 0);
    others.watch(receiver);
    receiver.watch(0, victim.known_by());
    const auto close_at = random_() % 8;
    while (book.received() < close_at && !readable(victim.pidfd(), {})) {
      (void)receive_some(receiver, ReceiveBy::poll, book, victim.pidfd());
    }
    receiver.close();
    ASSERT_NO_FATAL_FAILURE(receive_the_rest(receiver, book));
    others.expect_good_end(book);
    const int how = victim.end();
    EXPECT_TRUE(how == SIGKILL || how == 0) << how;
    book.end(0, 0);
    EXPECT_EQ(book.lost(), 0U);
  }
}

TEST_P(ReceiverDies, AndASuccessorGoesOn) {
  for (const Way& way : ways) {
    if (!passes_by(way)) continue;
    SCOPED_TRACE(testing::Message() << way.capacity << " messages, " << way.lanes << " lanes");
    Book book(batch);
    Channel channel = make_channel(way);
    Others senders(channel, way, book, 0, hurry);
    for (int kill = 0; kill < kills_in_a_row; ++kill) {
      ASSERT_EQ(start_receiver(channel, way, book).end(), SIGKILL);
      book.receiver_died(most_in_hand(way));
    }
    ChannelReceiver receiver = channel.receiver();
    senders.watch(receiver);
    book.stop();
    ASSERT_NO_FATAL_FAILURE(receive_the_rest(receiver, book));
    senders.expect_good_end(book);
  }
  EXPECT_GE(kills_.count(), 100);
}

TEST_P(ReceiverDies, WhileTheChannelIsClosed) {
  for (int round = 0; round < 32; ++round) {
    const Way& way = ways.at(static_cast<std::size_t>(round) % ways.size());
    SCOPED_TRACE(testing::Message() << way.capacity << " messages, " << way.lanes << " lanes");
    Book book(batch);
    Channel channel = make_channel(way);
    Others senders(channel, way, book, 0, hurry);
    Process victim = start_receiver(channel, way, book);
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 500));
    channel.close();
    const int how = victim.end();
    EXPECT_TRUE(how == SIGKILL || how == 0) << how;
    if (how == SIGKILL) book.receiver_died(most_in_hand(way));
    ChannelReceiver receiver = channel.receiver();
    senders.watch(receiver);
    ASSERT_NO_FATAL_FAILURE(receive_the_rest(receiver, book));
    senders.expect_good_end(book);
  }
}

// How long senders take to learn that a receiver is dead that has no successor, from the kill to
// the status: 100 ms is the promise. A busy machine may keep a process waiting for longer now and
// then, so nine in ten must keep it, and all must be told at all.
class Delays {
 public:
  void add(std::chrono::nanoseconds delay) { all_.push_back(delay); }

  void expect_kept() {
    ASSERT_FALSE(all_.empty());
    std::sort(all_.begin(), all_.end());
    EXPECT_LE(all_[all_.size() * 9 / 10], std::chrono::milliseconds(100));
    EXPECT_LE(all_.back(), std::chrono::seconds(5));
    testing::Test::RecordProperty("median_us",
                                  static_cast<int>(all_[all_.size() / 2].count() / 1000));
    testing::Test::RecordProperty("most_us", static_cast<int>(all_.back().count() / 1000));
  }

 private:
  std::vector<std::chrono::nanoseconds> all_;
};

// What a sender that was refused saw.
struct Refusal {
  std::atomic<Clock::rep> when;
  std::atomic<std::uint64_t> undelivered;
};

// Either senders watch the receiver themselves, or who made the channel does, and closes it.
TEST_P(ReceiverDies, AndSendersAreToldHowMuchIsUndelivered) {
  Delays delays;
  for (int round = 0; round < 32; ++round) {
    const Way& way = ways.at(static_cast<std::size_t>(round) % ways.size());
    if (!passes_by(way)) continue;
    const bool senders_watch = round % 2 == 0;
    SCOPED_TRACE(testing::Message() << way.capacity << " messages, " << way.lanes << " lanes");
    Book book(batch);
    SharedMemory memory(sizeof(Refusal) * way.lanes);
    auto* const refusals = static_cast<Refusal*>(memory.data());
    Channel channel = make_channel(way);
    Process victim = start_receiver(channel, way, book);
    std::vector<Process> senders;
    for (std::uint32_t lane = 0; lane < way.lanes; ++lane) {
      senders.emplace_back([&, lane] {
        ChannelSender sender = channel.sender(lane);
        if (senders_watch) sender.watch(victim.known_by());
        send_messages(sender, way.send, {lane, 0, 0}, no_end, book, hurry);
        refusals[lane].when = Clock::now().time_since_epoch().count();
        refusals[lane].undelivered = sender.undelivered();
      });
    }
    ASSERT_EQ(victim.end(), SIGKILL);
    if (!senders_watch) channel.close();
    std::uint64_t sent = 0;
    std::uint64_t undelivered = 0;
    for (std::uint32_t lane = 0; lane < way.lanes; ++lane) {
      ASSERT_EQ(senders[lane].end(), 0);
      delays.add(Clock::duration(refusals[lane].when) - kills_.last().time_since_epoch());
      undelivered += refusals[lane].undelivered;
      sent += book.sent(lane, 0);
    }
    EXPECT_EQ(channel.undelivered(), undelivered);
    EXPECT_LE(book.received() + undelivered, sent);
    EXPECT_GE(book.received() + undelivered + most_in_hand(way), sent);
  }
  delays.expect_kept();
}

}  // namespace
}  // namespace trivium::contract
