// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Searches every interleaving of the process channel's algorithm, and shows that the search finds
// what may be wrong with it: with each part left out in turn, it tells a shortest way to the harm.
#include "channel_model.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "explorer.hpp"

namespace trivium::model {
namespace {

Found search(const Config& config) {
  const ChannelModel model(config);
  return Search<ChannelModel>(model).run();
}

void tell(const Found& found) {
  for (const auto& line : found.story) std::cout << "  " << line << '\n';
  std::cout << "  " << found.broken << std::endl;
}

struct Case {
  const char* name;
  Config config;
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

class Channel : public testing::TestWithParam<Case> {};

TEST_P(Channel, KeepsItsPromises) {
  const Found found = search(GetParam().config);
  std::cout << found.states << " states, " << found.steps << " steps" << std::endl;
  if (!found.broken.empty()) tell(found);
  EXPECT_EQ(found.broken, "");
}

INSTANTIATE_TEST_SUITE_P(
    Model, Channel,
    testing::Values(
        Case{"ThreeMessagesOneSlotOneKilled", {.messages = 3, .kills = 1}},
        Case{"ThreeMessagesTwoSlotsOneKilled", {.messages = 3, .capacity = 2, .kills = 1}},
        Case{"TwoMessagesTwoKilled", {.kills = 2}},
        Case{"ClosedAndOneKilled", {.closes = true, .kills = 1}},
        Case{"ClosedAndOneKilledTwoSlots", {.capacity = 2, .closes = true, .kills = 1}},
        Case{"OneKilledWithoutSuccessor", {.messages = 3, .kills = 1, .successors = false}},
        Case{"ClosedAndOneKilledWithoutSuccessor",
             {.closes = true, .kills = 1, .successors = false}},
        Case{"TwoSenders", {.senders = 2, .capacity = 2}},
        Case{"TwoSendersOneKilled", {.senders = 2, .messages = 1, .kills = 1}},
        Case{"TwoSendersClosed", {.senders = 2, .messages = 1, .closes = true}},
        Case{"NoMembarrierThreeMessagesOneKilled",
             {.messages = 3, .membarrier = false, .kills = 1}},
        Case{"NoMembarrierClosedAndOneKilled", {.membarrier = false, .closes = true, .kills = 1}},
        Case{"NoMembarrierTwoSendersOneKilled",
             {.senders = 2, .messages = 1, .membarrier = false, .kills = 1}}),
    name_of);

class ChannelWithout : public testing::TestWithParam<Case> {};

TEST_P(ChannelWithout, IsBroken) {
  const Found found = search(GetParam().config);
  std::cout << "after " << found.states << " states:\n";
  tell(found);
  EXPECT_NE(found.broken, "");
}

INSTANTIATE_TEST_SUITE_P(
    Model, ChannelWithout,
    testing::Values(
        Case{"ASendersBarrier", {.mutation = Mutation::sender_without_barrier}},
        Case{"AReceiversBarrier", {.mutation = Mutation::receiver_without_barrier}},
        Case{"AReceiversMembarrier", {.mutation = Mutation::receiver_without_membarrier}},
        Case{"AWaitsBarrier", {.mutation = Mutation::wait_without_barrier}},
        Case{"AWaitsMembarrier", {.messages = 3, .mutation = Mutation::wait_without_membarrier}},
        Case{"ABarrierAfterFreeing", {.mutation = Mutation::free_without_barrier}},
        Case{"AReceiversLastLook", {.mutation = Mutation::receiver_does_not_look_again}},
        Case{"ASendersLastLook", {.mutation = Mutation::sender_does_not_look_again}},
        Case{"RingingBeforeMarking", {.kills = 1, .mutation = Mutation::mark_before_ring}},
        Case{"NumbersOfSleeps", {.mutation = Mutation::sleeps_without_number}},
        Case{"ContentBeforePublishing", {.mutation = Mutation::publish_before_content}},
        Case{"TakingBeforeFreeing", {.kills = 1, .mutation = Mutation::free_before_take}},
        Case{"TheSendingFlag", {.closes = true, .mutation = Mutation::no_sending_flag}},
        Case{"ABarrierAtClosing", {.closes = true, .mutation = Mutation::closing_without_barrier}},
        Case{"AttentionToAllAfterASleepAtClosing",
             {.closes = true, .mutation = Mutation::attends_when_sealing_only}},
        Case{"CountingByASuccessor",
             {.kills = 1, .mutation = Mutation::successor_counts_no_messages}},
        Case{"ASuccessorsMembarrier",
             {.kills = 1, .mutation = Mutation::successor_without_membarrier}},
        Case{"RingingByASuccessor", {.kills = 1, .mutation = Mutation::successor_tells_no_sender}}),
    name_of);

// A model whose harm is that it runs in a circle: 0, 1, 2, 3, 1, 2, 3 and so on, from each of which
// it may also end.
struct Circle {
  using State = std::uint8_t;
  struct What {};

  [[nodiscard]] State first() const { return 0; }
  template <typename Visit>
  void next(State state, Visit visit) const {
    if (state == 9) return;
    visit(state == 3 ? State{1} : static_cast<State>(state + 1), What{});
    visit(State{9}, What{});
  }
  [[nodiscard]] std::string broken(State) const { return {}; }
  [[nodiscard]] std::string told(State from, State to, What) const {
    return std::to_string(from) + " -> " + std::to_string(to);
  }
};

TEST(Search, FindsThatItCanGoOnForEver) {
  const Circle circle;
  const Found found = Search<Circle>(circle).run();
  EXPECT_EQ(found.states, 5U);
  EXPECT_EQ(found.broken, "it can go on for ever");
  ASSERT_EQ(found.story.size(), 5U);
  EXPECT_EQ(found.story.front(), "0 -> 1");
  EXPECT_EQ(found.story.back(), "3 -> 1");
}

}  // namespace
}  // namespace trivium::model
