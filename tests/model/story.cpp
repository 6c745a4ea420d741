// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Tells steps in words.
#include <array>
#include <string_view>

#include "channel_model.hpp"

namespace trivium::model {
namespace {

// In the order of SenderAt.
constexpr std::array<std::string_view, 25> sender_places{
    "between sends", "send begun",   "lane full",       "room found",    "content written",
    "published",     "send ended",   "receiver busy",   "telling",       "not attended",
    "not flagged",   "lane flagged", "receiver asleep", "doorbell rung", "waiting",
    "wait barrier",  "barriers",     "wait announced",  "still open",    "asleep",
    "silencing",     "wait over",    "at rest",         "attaching",     "dead"};
static_assert(sender_places.size() == static_cast<std::size_t>(SenderAt::dead) + 1);

// In the order of ReceiverAt.
constexpr std::array<std::string_view, 38> receiver_places{"looking",
                                                           "at flags",
                                                           "flags found",
                                                           "flags taken",
                                                           "flags barrier",
                                                           "nothing",
                                                           "sealing",
                                                           "attending all",
                                                           "deaths",
                                                           "attending dead",
                                                           "any sending",
                                                           "found",
                                                           "read",
                                                           "taken",
                                                           "freed",
                                                           "going busy",
                                                           "freed barrier",
                                                           "sender asleep",
                                                           "space rung",
                                                           "leaving",
                                                           "lanes left",
                                                           "barriers",
                                                           "sleep announced",
                                                           "look sending",
                                                           "look flags",
                                                           "look lanes",
                                                           "staying",
                                                           "sleep checked",
                                                           "woken",
                                                           "staying awake",
                                                           "awake",
                                                           "ended",
                                                           "attaching",
                                                           "attach awake",
                                                           "attach barrier",
                                                           "attach freeing",
                                                           "attach lane",
                                                           "dead"};
static_assert(receiver_places.size() == static_cast<std::size_t>(ReceiverAt::dead) + 1);

constexpr std::array<std::string_view, 5> closer_places{"idle", "closing", "ringing", "done",
                                                        "dead"};
constexpr std::array<std::string_view, processes> names{"first sender", "second sender", "receiver",
                                                        "closer"};

// In the order of Word and of LaneWord.
constexpr std::array<std::string_view, lane_words> head_words{"receiver state", "closed", "flags"};
constexpr std::array<std::string_view, words_of_a_lane> lanes_words{"published",
                                                                    "taken",
                                                                    "freed",
                                                                    "waiting",
                                                                    "attended",
                                                                    "lap",
                                                                    "lap of the second slot",
                                                                    "content",
                                                                    "content of the second slot"};

template <typename Names, typename Place>
std::string_view name(const Names& of, Place place) {
  return of.at(static_cast<std::size_t>(place));
}

std::string_view place_of(const State& state, Process process) {
  if (process == receiver) return name(receiver_places, state.receiver.at);
  if (process == closer) return name(closer_places, state.closer);
  return name(sender_places, state.senders[process].at);
}

// The oldest store that not all have seen.
std::string stored(const State& state, Process process) {
  const auto& buffer = state.machine.buffers[process];
  const auto word = buffer.word[0];
  std::string text(word < lane_words ? head_words.at(word)
                                     : lanes_words.at((word - lane_words) % words_of_a_lane));
  return text + " = " + std::to_string(buffer.value[0]);
}

}  // namespace

std::string ChannelModel::told(const State& from, const State& to, What what) const {
  std::string text(name(names, what.process));
  switch (what.kind) {
    case What::Kind::step:
    case What::Kind::closes:
      text += ": ";
      text += place_of(from, what.process);
      text += " -> ";
      text += place_of(to, what.process);
      return text;
    case What::Kind::store_seen:
      return text + ": all see what it stored: " + stored(from, what.process);
    case What::Kind::succeeded:
      return text + ": has a successor";
    case What::Kind::killed:
      text += ": is killed, where it stands: ";
      text += place_of(from, what.process);
      return text;
    case What::Kind::exits:
      return text + ": ends";
  }
  return text;
}

}  // namespace trivium::model
