// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The verbs of a process channel's sender.
#pragma once

#include <poll.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "channel_waiting.hpp"

namespace trivium::multiprocess {

template <typename Steps>
BasicChannelSender<Steps>::BasicChannelSender(channel::SenderParts parts, std::size_t lane)
    : parts_(std::move(parts)),
      layout_(parts_.shared.memory->data()),
      head_(layout_.head()),
      number_(lane),
      ring_(layout_.ring(lane)),
      lane_(ring_.lane()) {
  // What a predecessor had published when it died, but not counted or told.
  std::uint64_t published = lane_.published.load(std::memory_order_relaxed) / 2;
  while (ring_.has(published)) ++published;
  lane_.published.store(published * 2, std::memory_order_release);
  tell_receiver();
}

template <typename Steps>
BasicChannelSender<Steps>::BasicChannelSender(int first, std::size_t lane)
    : BasicChannelSender(channel::adopt_sender(first, lane), lane) {}

template <typename Steps>
ChannelStatus BasicChannelSender<Steps>::try_send(std::string_view message) {
  check_size(message);
  ChannelStatus status;
  (void)put(&message, 1, status);
  return status;
}

template <typename Steps>
ChannelStatus BasicChannelSender<Steps>::send(std::string_view message) {
  return put_in_stream(message) ? ChannelStatus::ok : send_until(Deadline::max(), message);
}

template <typename Steps>
ChannelStatus BasicChannelSender<Steps>::send_until(Deadline deadline, std::string_view message) {
  for (;;) {
    const ChannelStatus status = try_send(message);
    if (status != ChannelStatus::would_block) return status;
    if (!wait_for_room(deadline)) return ChannelStatus::timed_out;
  }
}

// What `put` does with one message in a stream, or nothing. Apart, since it is store for store what
// a send costs then: the processor's store buffer holds few, and those to the ring wait there for
// their lines to come from the receiver's cache. False where something else is to be done.
template <typename Steps>
bool BasicChannelSender<Steps>::put_in_stream(std::string_view message) noexcept {
  using channel::Step;
  const std::uint64_t published = lane_.published.load(std::memory_order_relaxed) / 2;
  if (message.size() > head_.message_bytes || published - known_freed_ >= ring_.capacity() ||
      receiver_dead_ || look_is_due() || !receiver_streams()) {
    return false;
  }
  lane_.published.store(published * 2 + channel::sending, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  Steps::at(Step::send_begun);
  if (is_closed()) return false;  // the flag is `put`'s to take back
  copy_to_shared(ring_.content(published), message.data(), message.size());
  Steps::at(Step::content_written);
  ring_.publish(published, message.size());
  Steps::at(Step::published);
  lane_.published.store((published + 1) * 2, std::memory_order_release);
  Steps::at(Step::send_ended);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the look comes after what was published
  if (!receiver_streams()) tell_receiver();
  return true;
}

template <typename Steps>
ChannelStatus BasicChannelSender<Steps>::send_batch(std::span<const std::string_view>& messages) {
  for (const auto message : messages) check_size(message);
  while (!messages.empty()) {
    ChannelStatus status;
    messages = messages.subspan(put(messages.data(), messages.size(), status));
    if (status == ChannelStatus::closed) return status;
    if (status == ChannelStatus::would_block) (void)wait_for_room(Deadline::max());
  }
  return ChannelStatus::ok;
}

// Publishes as many as there is room for, and says how many that were.
template <typename Steps>
std::uint64_t BasicChannelSender<Steps>::put(const std::string_view* messages, std::uint64_t count,
                                             ChannelStatus& status) {
  using channel::Step;
  const std::uint64_t published = lane_.published.load(std::memory_order_relaxed) / 2;
  lane_.published.store(published * 2 + channel::sending, std::memory_order_relaxed);
  if (head_.barriers == 0) {
    channel::full_barrier();
  } else {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // whoever closes runs the barrier
  }
  Steps::at(Step::send_begun);
  std::uint64_t sent = 0;
  if (is_closed() || receiver_is_dead()) {
    status = ChannelStatus::closed;
  } else {
    sent = std::min(room(published), count);
    status = sent > 0 ? ChannelStatus::ok : ChannelStatus::would_block;
    Steps::at(Step::room_found);
    for (std::uint64_t i = 0; i < sent; ++i) {
      copy_to_shared(ring_.content(published + i), messages[i].data(), messages[i].size());
      Steps::at(Step::content_written);
      ring_.publish(published + i, messages[i].size());
      Steps::at(Step::published);
    }
  }
  lane_.published.store((published + sent) * 2, std::memory_order_release);
  Steps::at(Step::send_ended);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the look comes after what was published
  if (!receiver_streams()) tell_receiver();
  return sent;
}

// Whether it looks at this lane by itself, and at the end of it runs a barrier for both.
template <typename Steps>
bool BasicChannelSender<Steps>::receiver_streams() const noexcept {
  const auto state = head_.receiver_state.load(std::memory_order_relaxed);
  return channel::rest_of(state) == channel::Rest::busy &&
         lane_.attended.load(std::memory_order_relaxed) != 0;
}

template <typename Steps>
void BasicChannelSender<Steps>::tell_receiver() noexcept {
  channel::full_barrier();
  if (lane_.attended.load(std::memory_order_relaxed) == 0) {
    auto& flags = layout_.flags(number_ / 64);
    const std::uint64_t flag = std::uint64_t{1} << (number_ % 64);
    if ((flags.load(std::memory_order_relaxed) & flag) == 0) flags.fetch_or(flag);
    Steps::at(channel::Step::lane_flagged);
  }
  channel::ring_if_asleep<Steps>(head_.receiver_state, parts_.shared.doorbell.get(),
                                 channel::Step::doorbell_rung, channel::Step::doorbell_marked);
}

template <typename Steps>
bool BasicChannelSender<Steps>::wait_for_room(Deadline deadline) {
  const std::uint64_t published = lane_.published.load(std::memory_order_relaxed) / 2;
  const auto go_on = [&] { return is_closed() || room(published) > 0; };
  if (published - last_wait_ >= channel::stream) {
    // It lets the receiver get ahead; else it would follow it from slot to slot.
    const auto half = std::max<std::uint64_t>(ring_.capacity() / 2, 1);
    (void)channel::look_for(channel::stream_pause, deadline,
                            [&] { return is_closed() || room(published) >= half; });
    last_wait_ = published;
    if (go_on()) return true;
  }
  if (channel::look_for(1ns * head_.spin, deadline, go_on)) return true;
  const std::uint64_t asleep = channel::next_sleep(lane_.waiting.load(std::memory_order_relaxed));
  lane_.waiting.store(asleep, std::memory_order_relaxed);
  channel::full_barrier();
  const auto receiver = head_.receiver_state.load(std::memory_order_relaxed);
  if (channel::rest_of(receiver) == channel::Rest::busy) channel::run_barriers();
  Steps::at(channel::Step::wait_announced);
  bool in_time = true;
  if (!go_on()) {
    std::array<pollfd, 3> entries{pollfd{parts_.space.get(), POLLIN, 0},
                                  pollfd{parts_.shared.hang_up.get(), POLLIN, 0},
                                  pollfd{parts_.receiver.get(), POLLIN, 0}};
    in_time = channel::poll_until(entries, deadline);
    if (entries[0].revents != 0) net::silence(parts_.space.get());
    if (entries[2].revents != 0) receiver_dead_ = true;
  }
  Steps::at(channel::Step::wait_over);
  lane_.waiting.store(channel::with_rest(asleep, channel::Rest::calm), std::memory_order_relaxed);
  return in_time;
}

template <typename Steps>
std::uint64_t BasicChannelSender<Steps>::room(std::uint64_t published) noexcept {
  if (published - known_freed_ >= ring_.capacity()) {
    known_freed_ = lane_.freed.load(std::memory_order_acquire);
  }
  return ring_.capacity() - (published - known_freed_);
}

template <typename Steps>
bool BasicChannelSender<Steps>::is_closed() const noexcept {
  return head_.closed.load(std::memory_order_acquire) != 0;
}

template <typename Steps>
bool BasicChannelSender<Steps>::look_is_due() const noexcept {
  return ticks() - last_look_ >= channel::look_interval;
}

template <typename Steps>
bool BasicChannelSender<Steps>::receiver_is_dead() noexcept {
  if (!look_is_due()) return receiver_dead_;
  last_look_ = ticks();
  pollfd entry{parts_.receiver.get(), POLLIN, 0};
  if (::poll(&entry, 1, 0) > 0) receiver_dead_ = true;
  return receiver_dead_;
}

template <typename Steps>
void BasicChannelSender<Steps>::watch(net::Descriptor pidfd) noexcept {
  parts_.receiver = std::move(pidfd);
  receiver_dead_ = false;
  last_look_ = 0;
}

template <typename Steps>
void BasicChannelSender<Steps>::close() noexcept {
  channel::close(parts_.shared);
}

template <typename Steps>
std::uint64_t BasicChannelSender<Steps>::undelivered() const noexcept {
  return ring_.undelivered();
}

template <typename Steps>
std::vector<int> BasicChannelSender<Steps>::descriptors() const {
  return {parts_.shared.memory->descriptor(), parts_.shared.doorbell.get(),
          parts_.shared.hang_up.get(), parts_.space.get(), parts_.receiver.get()};
}

template <typename Steps>
void BasicChannelSender<Steps>::check_size(std::string_view message) const {
  if (message.size() > head_.message_bytes) throw std::length_error("message above the limit");
}

}  // namespace trivium::multiprocess
