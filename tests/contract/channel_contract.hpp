// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What a channel promises, in every model: one suite, the same tests, one adaptor for each flavour.
//
// A flavour is a channel of std::string with these members; the verbs may be called by the test and
// by its peers at the same time, but only one of them receives:
//
//   Flavour(std::size_t capacity, std::size_t message_bytes)
//   ChannelStatus try_send(std::string&), send(std::string&), send_until(Deadline, std::string&)
//   ChannelStatus try_receive(std::string&), receive(std::string&), receive_until(Deadline, ...)
//   void close(End)        from the side of a sender, or of the receiver
//   std::size_t most(std::size_t capacity) const    small messages that can be queued, at most
//   Peer start(F body)     runs `bool body()` in another unit of the model, from where nothing
//                          comes back but its result; `bool Peer::join()` waits for it
//
// A flavour may give each unit that sends a queue of its own: what one has filled is full for it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shared/app/channel_status.hpp"

namespace trivium::contract {

using app::ChannelStatus;
using Clock = std::chrono::steady_clock;

enum class End { sender, receiver };
inline constexpr End both_ends[] = {End::sender, End::receiver};

inline constexpr std::size_t capacity = 4;
inline constexpr std::size_t message_bytes = 4096;

/// Long enough that no machine is too slow for it; a test that waits so long has failed.
inline Clock::time_point far_away() {
  return Clock::now() + std::chrono::seconds(60);
}

/// Gives a peer the time to block, so that both ways of meeting it are tried; what is asserted
/// holds whether it has blocked by then or not.
inline void give_way() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

template <typename Flavour>
ChannelStatus send(Flavour& channel, std::string message) {
  return channel.send(message);
}

template <typename Flavour>
std::string receive(Flavour& channel) {
  std::string message;
  return channel.receive(message) == ChannelStatus::ok ? message : "(closed)";
}

/// Sends until the channel is full, and says how many went in.
template <typename Flavour>
std::size_t fill(Flavour& channel) {
  std::size_t count = 0;
  for (std::string message = "0"; channel.try_send(message) == ChannelStatus::ok;) {
    message = std::to_string(++count);
  }
  return count;
}

/// Receives all that is queued.
template <typename Flavour>
std::vector<std::string> drain(Flavour& channel) {
  std::vector<std::string> messages;
  for (std::string message; channel.try_receive(message) == ChannelStatus::ok;) {
    messages.push_back(message);
  }
  return messages;
}

/// Receives what `fill` has sent, and then "last".
template <typename Flavour>
void expect_count_and_last(Flavour& channel) {
  std::size_t count = 0;
  std::string message = receive(channel);
  for (; message == std::to_string(count); message = receive(channel)) ++count;
  EXPECT_GE(count, capacity);
  EXPECT_EQ(message, "last");
}

template <typename Flavour>
class ChannelContract : public ::testing::Test {};

TYPED_TEST_SUITE_P(ChannelContract);

TYPED_TEST_P(ChannelContract, FirstInFirstOut) {
  TypeParam channel(capacity, message_bytes);
  for (const char* text : {"one", "two", "three"}) {
    ASSERT_EQ(send(channel, text), ChannelStatus::ok);
  }
  EXPECT_EQ(receive(channel), "one");
  EXPECT_EQ(receive(channel), "two");
  EXPECT_EQ(receive(channel), "three");
}

TYPED_TEST_P(ChannelContract, HoldsItsCapacityOfTheLargestMessages) {
  TypeParam channel(capacity, message_bytes);
  for (std::size_t i = 0; i < capacity; ++i) {
    std::string message(message_bytes, static_cast<char>('a' + i));
    ASSERT_EQ(channel.try_send(message), ChannelStatus::ok) << i;
  }
  for (std::size_t i = 0; i < capacity; ++i) {
    EXPECT_EQ(receive(channel), std::string(message_bytes, static_cast<char>('a' + i)));
  }
}

TYPED_TEST_P(ChannelContract, IsFullWithinItsBound) {
  TypeParam channel(capacity, message_bytes);
  const std::size_t count = fill(channel);
  EXPECT_GE(count, capacity);
  EXPECT_LE(count, channel.most(capacity));
  EXPECT_EQ(drain(channel).size(), count);
}

TYPED_TEST_P(ChannelContract, TrySendThatFindsItFullLeavesTheMessage) {
  TypeParam channel(capacity, message_bytes);
  const std::size_t count = fill(channel);
  std::string message = "kept";
  EXPECT_EQ(channel.try_send(message), ChannelStatus::would_block);
  EXPECT_EQ(message, "kept");
  EXPECT_EQ(drain(channel).size(), count);
  EXPECT_EQ(channel.try_send(message), ChannelStatus::ok);
  EXPECT_EQ(receive(channel), "kept");
}

TYPED_TEST_P(ChannelContract, TryReceiveSaysThatItIsEmpty) {
  TypeParam channel(capacity, message_bytes);
  std::string message = "as it was";
  EXPECT_EQ(channel.try_receive(message), ChannelStatus::would_block);
  EXPECT_EQ(message, "as it was");
  ASSERT_EQ(send(channel, "x"), ChannelStatus::ok);
  EXPECT_EQ(channel.try_receive(message), ChannelStatus::ok);
  EXPECT_EQ(message, "x");
  EXPECT_EQ(channel.try_receive(message), ChannelStatus::would_block);
}

TYPED_TEST_P(ChannelContract, MessagesOfAnySizeAndOfAnyBytes) {
  TypeParam channel(capacity, message_bytes);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  for (const auto& text :
       {std::string(), all, std::string(), std::string(1, '\0'), std::string(message_bytes, 'm')}) {
    ASSERT_EQ(send(channel, text), ChannelStatus::ok);
    EXPECT_EQ(receive(channel), text);
  }
}

TYPED_TEST_P(ChannelContract, BlockedSendGoesOnOnceThereIsRoom) {
  TypeParam channel(capacity, message_bytes);
  auto peer = channel.start([&channel] {
    fill(channel);
    return send(channel, "last") == ChannelStatus::ok;
  });
  expect_count_and_last(channel);
  EXPECT_TRUE(peer.join());
}

TYPED_TEST_P(ChannelContract, BlockedReceiveGoesOnOnceThereIsAMessage) {
  TypeParam channel(capacity, message_bytes);
  auto peer = channel.start([&channel] { return receive(channel) == "awaited"; });
  give_way();
  ASSERT_EQ(send(channel, "awaited"), ChannelStatus::ok);
  EXPECT_TRUE(peer.join());
}

TYPED_TEST_P(ChannelContract, EveryMessageWakesWhoWaitsForIt) {
  TypeParam channel(capacity, message_bytes);
  constexpr int rounds = 2000;
  TypeParam answers(capacity, message_bytes);
  auto peer = channel.start([&channel, &answers] {
    for (int i = 0; i < rounds; ++i) {
      if (send(answers, receive(channel)) != ChannelStatus::ok) return false;
    }
    return true;
  });
  for (int i = 0; i < rounds; ++i) {
    ASSERT_EQ(send(channel, std::to_string(i)), ChannelStatus::ok);
    ASSERT_EQ(receive(answers), std::to_string(i));
  }
  EXPECT_TRUE(peer.join());
}

TYPED_TEST_P(ChannelContract, SendUntilTimesOutAndNotBefore) {
  TypeParam channel(capacity, message_bytes);
  const std::size_t count = fill(channel);
  std::string message = "kept";
  const auto deadline = Clock::now() + std::chrono::milliseconds(20);
  EXPECT_EQ(channel.send_until(deadline, message), ChannelStatus::timed_out);
  EXPECT_GE(Clock::now(), deadline);
  EXPECT_EQ(message, "kept");
  EXPECT_EQ(drain(channel).size(), count);
}

TYPED_TEST_P(ChannelContract, ReceiveUntilTimesOutAndNotBefore) {
  TypeParam channel(capacity, message_bytes);
  std::string message = "as it was";
  const auto deadline = Clock::now() + std::chrono::milliseconds(20);
  EXPECT_EQ(channel.receive_until(deadline, message), ChannelStatus::timed_out);
  EXPECT_GE(Clock::now(), deadline);
  EXPECT_EQ(message, "as it was");
}

TYPED_TEST_P(ChannelContract, DeadlineInThePastIsATry) {
  TypeParam channel(capacity, message_bytes);
  std::string message = "x";
  EXPECT_EQ(channel.receive_until(Clock::now(), message), ChannelStatus::timed_out);
  EXPECT_EQ(channel.send_until(Clock::now(), message), ChannelStatus::ok);
  EXPECT_EQ(channel.receive_until(Clock::now(), message), ChannelStatus::ok);
  EXPECT_EQ(message, "x");
  fill(channel);
  EXPECT_EQ(channel.send_until(Clock::now(), message), ChannelStatus::timed_out);
}

TYPED_TEST_P(ChannelContract, WhatTimedOutCanBeTriedAgain) {
  TypeParam channel(capacity, message_bytes);
  const auto soon = [] { return Clock::now() + std::chrono::milliseconds(2); };
  std::string received;
  EXPECT_EQ(channel.receive_until(soon(), received), ChannelStatus::timed_out);
  const std::size_t count = fill(channel);
  std::string message = "again";
  EXPECT_EQ(channel.send_until(soon(), message), ChannelStatus::timed_out);
  EXPECT_EQ(channel.send_until(soon(), message), ChannelStatus::timed_out);
  EXPECT_EQ(drain(channel).size(), count);
  EXPECT_EQ(channel.send_until(far_away(), message), ChannelStatus::ok);
  EXPECT_EQ(channel.receive_until(far_away(), received), ChannelStatus::ok);
  EXPECT_EQ(received, "again");
  EXPECT_EQ(channel.receive_until(soon(), received), ChannelStatus::timed_out);
}

TYPED_TEST_P(ChannelContract, SendUntilGoesOnOnceThereIsRoom) {
  TypeParam channel(capacity, message_bytes);
  auto peer = channel.start([&channel] {
    fill(channel);
    std::string message = "last";
    return channel.send_until(far_away(), message) == ChannelStatus::ok;
  });
  give_way();
  expect_count_and_last(channel);
  EXPECT_TRUE(peer.join());
}

TYPED_TEST_P(ChannelContract, ReceiveUntilGoesOnOnceThereIsAMessage) {
  TypeParam channel(capacity, message_bytes);
  auto peer = channel.start([&channel] {
    std::string message;
    return channel.receive_until(far_away(), message) == ChannelStatus::ok && message == "awaited";
  });
  give_way();
  ASSERT_EQ(send(channel, "awaited"), ChannelStatus::ok);
  EXPECT_TRUE(peer.join());
}

TYPED_TEST_P(ChannelContract, CloseDrainsWhatIsQueued) {
  for (const End end : both_ends) {
    TypeParam channel(capacity, message_bytes);
    for (const char* text : {"one", "two", "three"}) {
      ASSERT_EQ(send(channel, text), ChannelStatus::ok);
    }
    channel.close(end);
    std::string message;
    EXPECT_EQ(channel.receive(message), ChannelStatus::ok);
    EXPECT_EQ(message, "one");
    EXPECT_EQ(channel.try_receive(message), ChannelStatus::ok);
    EXPECT_EQ(message, "two");
    EXPECT_EQ(channel.receive_until(far_away(), message), ChannelStatus::ok);
    EXPECT_EQ(message, "three");
    EXPECT_EQ(channel.receive(message), ChannelStatus::closed);
    EXPECT_EQ(channel.try_receive(message), ChannelStatus::closed);
    EXPECT_EQ(channel.receive_until(far_away(), message), ChannelStatus::closed);
    EXPECT_EQ(message, "three");
  }
}

TYPED_TEST_P(ChannelContract, SendAfterCloseFailsAndLeavesTheMessage) {
  for (const End end : both_ends) {
    TypeParam channel(capacity, message_bytes);
    channel.close(end);
    std::string message = "kept";
    EXPECT_EQ(channel.send(message), ChannelStatus::closed);
    EXPECT_EQ(channel.try_send(message), ChannelStatus::closed);
    EXPECT_EQ(channel.send_until(far_away(), message), ChannelStatus::closed);
    EXPECT_EQ(message, "kept");
  }
}

TYPED_TEST_P(ChannelContract, CloseOfAFullChannelIsClosedAndNotFull) {
  for (const End end : both_ends) {
    TypeParam channel(capacity, message_bytes);
    const std::size_t count = fill(channel);
    channel.close(end);
    std::string message = "kept";
    EXPECT_EQ(channel.try_send(message), ChannelStatus::closed);
    EXPECT_EQ(channel.send_until(Clock::now(), message), ChannelStatus::closed);
    EXPECT_EQ(message, "kept");
    EXPECT_EQ(drain(channel).size(), count);
  }
}

TYPED_TEST_P(ChannelContract, ClosingTwiceIsClosingOnce) {
  for (const End end : both_ends) {
    TypeParam channel(capacity, message_bytes);
    ASSERT_EQ(send(channel, "queued"), ChannelStatus::ok);
    channel.close(end);
    for (const End again : both_ends) channel.close(again);
    EXPECT_EQ(receive(channel), "queued");
    EXPECT_EQ(receive(channel), "(closed)");
  }
}

TYPED_TEST_P(ChannelContract, CloseWakesBlockedSenders) {
  for (int round = 0; round < 20; ++round) {
    TypeParam channel(capacity, message_bytes);
    const auto body = [&channel] {
      fill(channel);
      std::string message = "kept";
      return channel.send(message) == ChannelStatus::closed && message == "kept";
    };
    const auto patient_body = [&channel] {
      fill(channel);
      std::string message = "kept";
      return channel.send_until(far_away(), message) == ChannelStatus::closed && message == "kept";
    };
    auto first = channel.start(body);
    auto second = channel.start(body);
    auto patient = channel.start(patient_body);
    if (round % 2 == 0) give_way();
    channel.close(both_ends[round / 2 % 2]);
    EXPECT_TRUE(first.join()) << "round " << round;
    EXPECT_TRUE(second.join()) << "round " << round;
    EXPECT_TRUE(patient.join()) << "round " << round;
  }
}

TYPED_TEST_P(ChannelContract, CloseWakesABlockedReceiver) {
  for (int round = 0; round < 20; ++round) {
    TypeParam channel(capacity, message_bytes);
    const bool patient = round % 4 < 2;
    auto peer = channel.start([&channel, patient] {
      std::string message;
      return (patient ? channel.receive_until(far_away(), message) : channel.receive(message)) ==
             ChannelStatus::closed;
    });
    if (round % 2 == 0) give_way();
    channel.close(both_ends[round / 4 % 2]);
    EXPECT_TRUE(peer.join()) << "round " << round;
  }
}

TYPED_TEST_P(ChannelContract, CloseByAPeerReachesEveryone) {
  TypeParam channel(capacity, message_bytes);
  auto peer = channel.start([&channel] {
    if (send(channel, "queued") != ChannelStatus::ok) return false;
    channel.close(End::sender);
    return true;
  });
  EXPECT_EQ(receive(channel), "queued");
  EXPECT_EQ(receive(channel), "(closed)");
  EXPECT_EQ(send(channel, "late"), ChannelStatus::closed);
  EXPECT_TRUE(peer.join());
}

TYPED_TEST_P(ChannelContract, ManySendersLoseNothing) {
  TypeParam channel(capacity, message_bytes);
  constexpr int senders = 4;
  constexpr int each = 1000;
  std::vector<decltype(channel.start([] { return true; }))> peers;
  for (int sender = 0; sender < senders; ++sender) {
    peers.push_back(channel.start([&channel, sender] {
      for (int i = 0; i < each; ++i) {
        const std::string text = std::to_string(sender) + " " + std::to_string(i);
        if (send(channel, text) != ChannelStatus::ok) return false;
      }
      return true;
    }));
  }
  std::vector<int> next(senders, 0);
  for (int i = 0; i < senders * each; ++i) {
    const std::string message = receive(channel);
    const auto space = message.find(' ');
    ASSERT_NE(space, std::string::npos) << message;
    const auto sender = static_cast<std::size_t>(std::stoi(message.substr(0, space)));
    ASSERT_LT(sender, next.size());
    ASSERT_EQ(std::stoi(message.substr(space + 1)), next[sender]++) << "of sender " << sender;
  }
  for (auto& peer : peers) EXPECT_TRUE(peer.join());
  EXPECT_TRUE(drain(channel).empty());
}

REGISTER_TYPED_TEST_SUITE_P(ChannelContract, FirstInFirstOut, HoldsItsCapacityOfTheLargestMessages,
                            IsFullWithinItsBound, TrySendThatFindsItFullLeavesTheMessage,
                            TryReceiveSaysThatItIsEmpty, MessagesOfAnySizeAndOfAnyBytes,
                            BlockedSendGoesOnOnceThereIsRoom,
                            BlockedReceiveGoesOnOnceThereIsAMessage, EveryMessageWakesWhoWaitsForIt,
                            SendUntilTimesOutAndNotBefore, ReceiveUntilTimesOutAndNotBefore,
                            DeadlineInThePastIsATry, WhatTimedOutCanBeTriedAgain,
                            SendUntilGoesOnOnceThereIsRoom, ReceiveUntilGoesOnOnceThereIsAMessage,
                            CloseDrainsWhatIsQueued, SendAfterCloseFailsAndLeavesTheMessage,
                            CloseOfAFullChannelIsClosedAndNotFull, ClosingTwiceIsClosingOnce,
                            CloseWakesBlockedSenders, CloseWakesABlockedReceiver,
                            CloseByAPeerReachesEveryone, ManySendersLoseNothing);

}  // namespace trivium::contract
