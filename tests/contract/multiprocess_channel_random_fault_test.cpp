// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Kills the peers of a process channel at random moments, and has more of them than there are
// processors, and checks what multiprocess/channel.hpp promises.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "chosen.hpp"
#include "process_faults.hpp"

namespace trivium::contract {
namespace {

constexpr auto no_pause = [] {};
constexpr std::uint32_t no_end = ~0U / 2;

constexpr std::array send_ways{SendBy::send, SendBy::batch, SendBy::send_until, SendBy::try_send};
constexpr std::array receive_ways{ReceiveBy::receive, ReceiveBy::batch, ReceiveBy::poll,
                                  ReceiveBy::receive_until};

std::uint32_t most_in_hand(ReceiveBy how) {
  return how == ReceiveBy::batch ? batch : 1;
}

// One channel that outlives all who use it: those who are killed have successors.
class LongLived {
 public:
  LongLived() {
    for (std::uint32_t lane = 0; lane < lanes; ++lane) start_sender(lane);
    start_receiver();
  }

  // Kills one of them, whichever that is, and starts its successor.
  void kill(std::mt19937& random) {
    const std::uint32_t who = random() % (lanes + 2);
    if (who >= lanes) {
      receiver_->kill();
      ASSERT_EQ(receiver_->end(), SIGKILL) << "the receiver had ended";
      ++deaths_[step_of(lanes)];
      book_.receiver_died(most_in_hand(receive_ways.at(receivers_ % receive_ways.size())));
      ++receivers_;
      start_receiver();
    } else {
      senders_[who].kill();
      ASSERT_EQ(senders_[who].end(), SIGKILL) << "the sender had ended";
      ++deaths_[step_of(who)];
      ++numbers_.at(who);
      start_sender(who);
    }
  }

  // From every lane something comes.
  void expect_all_go_on() {
    const auto give_up = Clock::now() + long_enough;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      const auto before = book_.received(lane);
      while (book_.received(lane) == before) {
        ASSERT_LT(Clock::now(), give_up) << "nothing comes on lane " << lane;
        std::this_thread::yield();
      }
    }
  }

  void end() {
    receiver_->kill();
    ASSERT_EQ(receiver_->end(), SIGKILL) << "the receiver had ended";
    book_.receiver_died(batch);
    ChannelReceiver receiver = channel_.receiver();
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      receiver.watch(lane, senders_[lane].known_by());
    }
    book_.stop();
    while (receive_some(receiver, ReceiveBy::poll, book_) != ChannelStatus::closed) {
    }
    EXPECT_EQ(channel_.undelivered(), 0U);
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      EXPECT_EQ(senders_[lane].end(), 0);
      book_.end(lane, numbers_.at(lane));
    }
  }

  [[nodiscard]] const Book& book() const { return book_; }

  // How many were killed after which step, before the next one.
  [[nodiscard]] const std::map<Step, int>& deaths() const { return deaths_; }

 private:
  static constexpr std::uint32_t lanes = 4;

  [[nodiscard]] std::atomic<int>& step_word(std::uint32_t who) const {
    return static_cast<std::atomic<int>*>(steps_.data())[who * 32];
  }
  [[nodiscard]] Step step_of(std::uint32_t who) const {
    return static_cast<Step>(step_word(who).load());
  }

  void start_sender(std::uint32_t lane) {
    Process sender([this, lane, number = numbers_.at(lane)] {
      NoteStep::note_in(step_word(lane));
      auto end = channel_.sender<NoteStep>(lane);
      send_messages(end, send_ways.at(number % send_ways.size()), {lane, number, 0}, no_end, book_,
                    no_pause);
    });
    if (lane < senders_.size()) {
      senders_[lane] = std::move(sender);
    } else {
      senders_.push_back(std::move(sender));
    }
  }

  void start_receiver() {
    receiver_.emplace([this, how = receive_ways.at(receivers_ % receive_ways.size())] {
      NoteStep::note_in(step_word(lanes));
      auto end = channel_.receiver<NoteStep>();
      while (receive_some(end, how, book_) != ChannelStatus::closed) {
      }
    });
  }

  SharedMemory steps_{4096};
  std::map<Step, int> deaths_;
  Book book_{batch};
  Channel channel_{{.messages = 8, .message_bytes = message_bytes, .senders = lanes}};
  std::array<std::uint32_t, lanes> numbers_{};  // of the senders that came before, by lane
  std::uint32_t receivers_ = 0;                 // that came before
  std::vector<Process> senders_;
  std::optional<Process> receiver_;
};

TEST(ProcessChannelKills, AtRandomMoments) {
  const std::size_t kills = chosen("TRIVIUM_KILLS", 10'000);
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  const auto descriptors = open_descriptors();
  ASSERT_FALSE(has_children());
  std::optional<LongLived> channel(std::in_place);
  for (std::size_t kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
    ASSERT_NO_FATAL_FAILURE(channel->kill(random)) << "kill " << kill;
    if (kill % 500 != 0) continue;
    ASSERT_NO_FATAL_FAILURE(channel->expect_all_go_on()) << "kill " << kill;
  }
  ASSERT_NO_FATAL_FAILURE(channel->end());
  std::cout << channel->book().received() << " messages received, " << channel->book().lost()
            << " lost with the receivers that had them in hand" << std::endl;
  std::cout << "killed after each step, in the order of channel.hpp:";
  for (const auto& [step, count] : channel->deaths()) {
    std::cout << " " << static_cast<int>(step) << ":" << count;
  }
  std::cout << std::endl;
  EXPECT_GE(channel->deaths().size(), 8U) << "the moments are not random enough";
  channel.reset();
  EXPECT_FALSE(has_children());
  EXPECT_EQ(open_descriptors(), descriptors);
}

// More processes than processors, some of which send in batches and some one by one, to a receiver
// that waits in a poll.
TEST(ProcessChannelStress, ManySendersAndAReceiverThatPolls) {
  constexpr std::uint32_t lanes = Book::lanes;
  constexpr std::uint32_t each = 6000;
  for (const std::size_t capacity : {1, 4, 128}) {
    SCOPED_TRACE(capacity);
    Book book(batch);
    Channel channel({.messages = capacity, .message_bytes = message_bytes, .senders = lanes});
    ChannelReceiver receiver = channel.receiver();
    std::vector<Process> senders;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      senders.emplace_back([&, lane] {
        ChannelSender sender = channel.sender(lane);
        send_messages(sender, lane % 2 == 0 ? SendBy::batch : SendBy::send, {lane, 0, 0}, each,
                      book, no_pause);
      });
      receiver.watch(lane, senders.back().known_by());
    }
    while (receive_some(receiver, ReceiveBy::poll, book) != ChannelStatus::closed) {
    }
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      EXPECT_EQ(senders[lane].end(), 0);
      book.end(lane, 0);
    }
    EXPECT_EQ(book.received(), lanes * each);
    EXPECT_EQ(book.lost(), 0U);
  }
}

}  // namespace
}  // namespace trivium::contract
