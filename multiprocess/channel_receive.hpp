// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The verbs of a process channel's receiver.
#pragma once

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "channel_waiting.hpp"

namespace trivium::multiprocess {

template <typename Steps>
BasicChannelReceiver<Steps>::BasicChannelReceiver(channel::ReceiverParts parts)
    : shared_(std::move(parts.shared)),
      layout_(shared_.memory->data()),
      head_(layout_.head()),
      living_(head_.senders),
      processes_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      events_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  // Each ring is told once, so the bell is never read: that saves a system call for each wake-up.
  channel::add_to_epoll(events_.get(), shared_.doorbell.get(), 0, EPOLLET);
  channel::add_to_epoll(events_.get(), shared_.hang_up.get(), 0);
  channel::add_to_epoll(events_.get(), processes_.get(), channel::a_death);
  // A predecessor may have died anywhere: what it had taken is lost, all else is looked at anew.
  // The number of its sleep is over.
  set_rest(channel::Rest::asleep);
  set_rest(channel::Rest::calm);
  // A sender that has seen the predecessor's stream relies on a barrier before the next sleep.
  if (head_.barriers != 0) channel::run_barriers();
  for (auto& space : parts.spaces) {
    const std::size_t lane = senders_.size();
    Sender& sender = senders_.emplace_back(layout_.ring(lane), std::move(space));
    auto& words = sender.ring.lane();
    words.freed.store(words.taken.load(std::memory_order_relaxed), std::memory_order_release);
    attend(lane);
    channel::full_barrier();
    tell_sender(sender);
  }
}

template <typename Steps>
BasicChannelReceiver<Steps>::BasicChannelReceiver(int first)
    : BasicChannelReceiver(channel::adopt_receiver(first)) {}

template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::try_receive(std::string& message) {
  return receive_at_once(message, Deaths::ask);
}

template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::receive_at_once(std::string& message, Deaths deaths) {
  const ChannelStatus status = look(deaths);
  told_dead_ = status == ChannelStatus::closed;
  if (status != ChannelStatus::ok) return status;
  Sender& sender = at_turn();
  auto& lane = sender.ring.lane();
  const std::uint64_t taken = lane.taken.load(std::memory_order_relaxed);
  message.assign(sender.ring.message(taken));
  lane.taken.store(taken + 1, std::memory_order_relaxed);
  Steps::at(channel::Step::taken);
  lane.freed.store(taken + 1, std::memory_order_release);
  took(sender, 1);
  return ChannelStatus::ok;
}

template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::receive(std::string& message) {
  return receive_until(Deadline::max(), message);
}

template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::receive_until(Deadline deadline, std::string& message) {
  Deaths deaths = Deaths::told_asleep;
  for (;;) {
    const ChannelStatus status = receive_at_once(message, deaths);
    if (status != ChannelStatus::would_block) return status;
    if (!wait_for_message(deadline, deaths)) return ChannelStatus::timed_out;
  }
}

template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::receive_batch(
    std::size_t most, const std::function<void(std::string_view)>& visit) {
  Deaths deaths = Deaths::told_asleep;
  for (;;) {
    const ChannelStatus status = look(deaths);
    told_dead_ = status == ChannelStatus::closed;
    if (status == ChannelStatus::ok) break;
    if (status == ChannelStatus::closed) return status;
    (void)wait_for_message(Deadline::max(), deaths);
  }
  Sender& sender = at_turn();
  auto& lane = sender.ring.lane();
  const std::uint64_t from = lane.taken.load(std::memory_order_relaxed);
  std::uint64_t to = from + 1;
  while (to - from < most && sender.ring.has(to)) ++to;
  lane.taken.store(to, std::memory_order_relaxed);
  Steps::at(channel::Step::taken);
  struct FreeAtLast {
    BasicChannelReceiver& receiver;
    Sender& sender;
    std::uint64_t from;
    std::uint64_t to;
    ~FreeAtLast() {
      sender.ring.lane().freed.store(to, std::memory_order_release);
      receiver.took(sender, to - from);
    }
  } free_at_last{*this, sender, from, to};
  for (std::uint64_t i = from; i < to; ++i) visit(sender.ring.message(i));
  return ChannelStatus::ok;
}

// Whether there is a message; then it is the next of the lane whose turn it is.
template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::look(Deaths deaths) {
  if (asleep_) {
    wake();
    channel::forget_rings(events_.get());
  }
  if (find()) return ChannelStatus::ok;
  if (is_closed()) {
    if (!sealed_) {
      // From here on, who begins to send sees that it is closed, and who had begun is seen.
      head_.barriers != 0 ? channel::run_barriers() : channel::full_barrier();
      sealed_ = true;
      // It stays readable: whoever waits for the end of a send in a poll of its own would spin.
      ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, shared_.hang_up.get(), nullptr);
    }
    // What a send that is under way has published, but not told, is seen once it is over.
    for (std::size_t lane = 0; lane < senders_.size(); ++lane) attend(lane);
    learn_of_deaths();
    const bool sending = any_sending();
    if (find()) return ChannelStatus::ok;
    return sending ? ChannelStatus::would_block : ChannelStatus::closed;
  }
  if (deaths == Deaths::ask) {
    learn_of_deaths();
    if (find()) return ChannelStatus::ok;
  }
  return living_ == 0 ? ChannelStatus::closed : ChannelStatus::would_block;
}

template <typename Steps>
bool BasicChannelReceiver<Steps>::find() {
  // One more than there are lanes: one that is alone has the next turn as well.
  for (std::size_t looked = 0; looked <= attended_.size(); ++looked) {
    if (turn_ < attended_.size() && in_turn_ < channel::longest_turn) {
      const auto& ring = at_turn().ring;
      if (ring.has(ring.lane().taken.load(std::memory_order_relaxed))) return true;
    }
    next_turn();
  }
  return false;
}

template <typename Steps>
void BasicChannelReceiver<Steps>::next_turn() {
  in_turn_ = 0;
  if (++turn_ < attended_.size()) return;
  turn_ = 0;
  attend_flagged();
}

template <typename Steps>
void BasicChannelReceiver<Steps>::attend_flagged() {
  for (std::size_t word = 0; word < layout_.flag_words(); ++word) {
    if (layout_.flags(word).load(std::memory_order_relaxed) == 0) continue;
    std::uint64_t flags = layout_.flags(word).exchange(0);
    Steps::at(channel::Step::flags_taken);
    for (; flags != 0; flags &= flags - 1) {
      attend(word * 64 + static_cast<std::size_t>(std::countr_zero(flags)));
    }
    channel::full_barrier();  // a sender that saw its flag set does no more; see what it published
  }
}

template <typename Steps>
void BasicChannelReceiver<Steps>::attend(std::size_t lane) {
  if (lane >= senders_.size()) return;
  Sender& sender = senders_[lane];
  sender.ring.lane().attended.store(1, std::memory_order_relaxed);
  if (!std::exchange(sender.attended, true)) attended_.push_back(lane);
}

template <typename Steps>
void BasicChannelReceiver<Steps>::took(Sender& sender, std::uint64_t messages) noexcept {
  Steps::at(channel::Step::freed);
  in_turn_ += messages;
  streamed_ += messages;
  if (busy_) {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // a sender that sleeps runs the barrier
  } else {
    if (streamed_ >= channel::stream && head_.barriers != 0) set_rest(channel::Rest::busy);
    channel::full_barrier();
  }
  tell_sender(sender);
}

// Requires: a barrier between what was freed and this.
template <typename Steps>
void BasicChannelReceiver<Steps>::tell_sender(Sender& sender) noexcept {
  channel::ring_if_asleep<Steps>(sender.ring.lane().waiting, sender.space.get(),
                                 channel::Step::space_rung, channel::Step::space_marked);
}

template <typename Steps>
void BasicChannelReceiver<Steps>::set_rest(channel::Rest rest) noexcept {
  const auto word = head_.receiver_state.load(std::memory_order_relaxed);
  const auto sleep = rest == channel::Rest::asleep ? channel::one_sleep : 0;
  head_.receiver_state.store(channel::with_rest(word + sleep, rest), std::memory_order_relaxed);
  busy_ = rest == channel::Rest::busy;
}

// False at the deadline; says in `deaths` whether to ask for deaths then.
template <typename Steps>
bool BasicChannelReceiver<Steps>::wait_for_message(Deadline deadline, Deaths& deaths) {
  deaths = Deaths::told_asleep;
  const auto stream_pause = busy_ ? channel::stream_pause : 0ns;
  const auto budget = std::max<std::chrono::nanoseconds>(stream_pause, 1ns * head_.spin);
  const auto go_on = [this] { return find() || (is_closed() && !sealed_); };
  if (channel::look_for(budget, deadline, go_on)) return true;
  if (!fall_asleep()) return true;
  const channel::Events events = channel::next_events(events_.get(), deadline);
  Steps::at(channel::Step::woken);
  wake();
  if (events.death) deaths = Deaths::ask;
  return events.any;
}

// False where there is something to do instead.
template <typename Steps>
bool BasicChannelReceiver<Steps>::fall_asleep() {
  for (const auto lane : attended_) {
    senders_[lane].ring.lane().attended.store(0, std::memory_order_relaxed);
  }
  Steps::at(channel::Step::lanes_left);
  const bool was_busy = busy_;
  set_rest(channel::Rest::asleep);
  was_busy ? channel::run_barriers() : channel::full_barrier();
  streamed_ = 0;
  asleep_ = true;
  Steps::at(channel::Step::sleep_announced);
  if (anything_to_do()) {
    for (const auto lane : attended_) attend(lane);
    wake();
    return false;
  }
  for (const auto lane : attended_) senders_[lane].attended = false;
  attended_.clear();
  turn_ = 0;
  Steps::at(channel::Step::sleep_checked);
  return true;
}

template <typename Steps>
bool BasicChannelReceiver<Steps>::anything_to_do() const noexcept {
  if (sealed_ ? !any_sending() : is_closed()) return true;
  for (std::size_t word = 0; word < layout_.flag_words(); ++word) {
    if (layout_.flags(word).load(std::memory_order_acquire) != 0) return true;
  }
  return std::any_of(attended_.begin(), attended_.end(), [this](std::size_t lane) {
    const auto& ring = senders_[lane].ring;
    return ring.has(ring.lane().taken.load(std::memory_order_relaxed));
  });
}

template <typename Steps>
void BasicChannelReceiver<Steps>::wake() noexcept {
  set_rest(channel::Rest::calm);
  asleep_ = false;
  Steps::at(channel::Step::awake);
}

template <typename Steps>
bool BasicChannelReceiver<Steps>::arm() {
  const ChannelStatus status = look(Deaths::ask);
  // That all senders are dead was told, and whoever goes on waits until another is named.
  const bool waits_for_another = status == ChannelStatus::closed && told_dead_ && !is_closed();
  return (status == ChannelStatus::would_block || waits_for_another) && fall_asleep();
}

template <typename Steps>
void BasicChannelReceiver<Steps>::watch(std::size_t lane, net::Descriptor pidfd) {
  Sender& sender = senders_.at(lane);
  forget(sender);
  channel::add_to_epoll(processes_.get(), pidfd.get(), lane);
  sender.process = std::move(pidfd);
  ++watched_;
  told_dead_ = false;
  if (std::exchange(sender.dead, false)) ++living_;
}

template <typename Steps>
void BasicChannelReceiver<Steps>::forget(Sender& sender) noexcept {
  if (!sender.process) return;
  // A copy that a forked process has would keep it in the epoll.
  ::epoll_ctl(processes_.get(), EPOLL_CTL_DEL, sender.process.get(), nullptr);
  sender.process.close();
  --watched_;
}

template <typename Steps>
void BasicChannelReceiver<Steps>::learn_of_deaths() {
  while (watched_ > 0) {
    std::array<epoll_event, 16> events;
    const int count = ::epoll_wait(processes_.get(), events.data(), events.size(), 0);
    for (int i = 0; i < count; ++i) {
      const std::size_t lane = events[static_cast<std::size_t>(i)].data.u64;
      forget(senders_[lane]);
      senders_[lane].dead = true;
      --living_;
      attend(lane);
    }
    if (count < static_cast<int>(events.size())) return;
  }
}

template <typename Steps>
bool BasicChannelReceiver<Steps>::is_closed() const noexcept {
  return head_.closed.load(std::memory_order_acquire) != 0;
}

// The dead end no send.
template <typename Steps>
bool BasicChannelReceiver<Steps>::any_sending() const noexcept {
  return std::any_of(senders_.begin(), senders_.end(), [](const Sender& sender) {
    const auto published = sender.ring.lane().published.load(std::memory_order_acquire);
    return !sender.dead && (published & channel::sending) != 0;
  });
}

template <typename Steps>
void BasicChannelReceiver<Steps>::close() noexcept {
  channel::close(shared_);
}

template <typename Steps>
std::vector<int> BasicChannelReceiver<Steps>::descriptors() const {
  std::vector<int> all{shared_.memory->descriptor(), shared_.doorbell.get(), shared_.hang_up.get(),
                       processes_.get(), events_.get()};
  for (const auto& sender : senders_) {
    all.push_back(sender.space.get());
    if (sender.process) all.push_back(sender.process.get());
  }
  return all;
}

}  // namespace trivium::multiprocess
