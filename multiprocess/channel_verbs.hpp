// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Both ends' verbs, and what makes the ends: for whoever instantiates a flavour of them.
#pragma once

#include <utility>

#include "channel_receive.hpp"
#include "channel_send.hpp"

namespace trivium::multiprocess {

template <typename Steps>
BasicChannelSender<Steps> Channel::sender(std::size_t lane) const {
  return {{.shared = share(),
           .space = channel::copy(spaces_.at(lane).get()),
           .receiver = channel::copy(maker_.get())},
          lane};
}

template <typename Steps>
BasicChannelReceiver<Steps> Channel::receiver() const {
  channel::ReceiverParts parts{.shared = share(), .spaces = {}};
  for (const auto& space : spaces_) parts.spaces.push_back(channel::copy(space.get()));
  return BasicChannelReceiver<Steps>(std::move(parts));
}

}  // namespace trivium::multiprocess
