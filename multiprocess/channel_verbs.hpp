// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The verbs of a process channel. Apart from its declaration, since only the programs' own flavour
// and the tests' one, which ends processes between steps, are made of it.
#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <utility>

#include "channel.hpp"
#include "processor.hpp"

namespace trivium::multiprocess {

using namespace std::chrono_literals;

namespace channel {

// A receiver that took this many messages without a pause has its senders do without barriers.
inline constexpr std::uint64_t stream = 64;

// Messages of one lane before another has its turn.
inline constexpr std::uint64_t longest_turn = 32;

// How often a sender that never blocks looks whether its receiver lives, in ticks of the
// processor's clock, since a look at any other would double the cost of a send: 13 to 67 ms at 5 to
// 1 GHz.
inline constexpr std::uint64_t look_interval = 1 << 26;

// Of the processor, between two looks: 0.1 us at first, at last some 2 us.
inline constexpr int least_pauses = 4;
inline constexpr int most_pauses = 128;

// How long an end looks that had a stream, before it sleeps: about as long as falling asleep takes.
inline constexpr std::chrono::nanoseconds stream_pause = 5us;

/// Has every process of channels run a full barrier, and runs one. Requires: `Head::barriers`.
void run_barriers() noexcept;

/// Lets this process be reached by `run_barriers`; false where the system has no such thing.
[[nodiscard]] bool register_for_barriers() noexcept;

/// Polls until the deadline, or until an event; false at the deadline. Signals do not end it.
[[nodiscard]] bool poll_until(std::span<pollfd> entries,
                              std::chrono::steady_clock::time_point deadline);

/// Adds a descriptor to an epoll.
void add_to_epoll(int epoll, int descriptor, std::uint64_t data);

/// Adopts what an end in this program inherited. Throws std::system_error where that is no
/// channel's, or has no such lane.
[[nodiscard]] SenderParts adopt_sender(int first, std::size_t lane);
[[nodiscard]] ReceiverParts adopt_receiver(int first);

/// A second owner of a descriptor; closed on exec.
[[nodiscard]] net::Descriptor copy(int descriptor);

/// Ends a channel for everyone.
void close(const Shared& shared) noexcept;

inline void full_barrier() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

/// Looks again and again until `done()` or for that long. Between two looks the other side goes on
/// alone, for longer each time: who looks at a slot while it is being written slows the writer
/// down.
template <typename Done>
bool look_for(std::chrono::nanoseconds budget, Done done) {
  if (budget <= budget.zero()) return false;
  const auto end = std::chrono::steady_clock::now() + budget;
  int pauses = least_pauses;
  do {
    if (done()) return true;
    for (int i = 0; i < pauses; ++i) pause();
    pauses = std::min(pauses * 2, most_pauses);
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

/// Rings a bell for one who sleeps, unless somebody has. Requires: a barrier between the event and
/// this.
template <typename Steps>
void ring_if_asleep(Word& rest, int bell, Step rung, Step marked) noexcept {
  std::uint64_t seen = rest.load(std::memory_order_relaxed);
  if (rest_of(seen) != Rest::asleep) return;
  net::ring(bell);
  Steps::at(rung);
  rest.compare_exchange_strong(seen, with_rest(seen, Rest::rung), std::memory_order_relaxed);
  Steps::at(marked);
}

/// The word for the next sleep.
[[nodiscard]] inline std::uint64_t next_sleep(std::uint64_t rest) noexcept {
  return with_rest(rest + one_sleep, Rest::asleep);
}

}  // namespace channel

// Sender.

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
    (void)channel::look_for(channel::stream_pause,
                            [&] { return is_closed() || room(published) >= half; });
    last_wait_ = published;
    if (go_on()) return true;
  }
  if (channel::look_for(1ns * head_.spin, go_on)) return true;
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

// Receiver.

template <typename Steps>
BasicChannelReceiver<Steps>::BasicChannelReceiver(channel::ReceiverParts parts)
    : shared_(std::move(parts.shared)),
      layout_(shared_.memory->data()),
      head_(layout_.head()),
      living_(head_.senders),
      processes_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      events_(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  for (const int event : {shared_.doorbell.get(), shared_.hang_up.get(), processes_.get()}) {
    channel::add_to_epoll(events_.get(), event, 0);
  }
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
  const ChannelStatus status = look();
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
  for (;;) {
    const ChannelStatus status = try_receive(message);
    if (status != ChannelStatus::would_block) return status;
    if (!wait_for_message(deadline)) return ChannelStatus::timed_out;
  }
}

template <typename Steps>
ChannelStatus BasicChannelReceiver<Steps>::receive_batch(
    std::size_t most, const std::function<void(std::string_view)>& visit) {
  for (;;) {
    const ChannelStatus status = look();
    told_dead_ = status == ChannelStatus::closed;
    if (status == ChannelStatus::ok) break;
    if (status == ChannelStatus::closed) return status;
    (void)wait_for_message(Deadline::max());
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
ChannelStatus BasicChannelReceiver<Steps>::look() {
  if (asleep_) wake(true);
  if (find()) return ChannelStatus::ok;
  if (is_closed()) {
    if (!sealed_) {
      // From here on, who begins to send sees that it is closed, and who had begun is seen.
      head_.barriers != 0 ? channel::run_barriers() : channel::full_barrier();
      sealed_ = true;
    }
    // What a send that is under way has published, but not told, is seen once it is over.
    for (std::size_t lane = 0; lane < senders_.size(); ++lane) attend(lane);
    learn_of_deaths();
    const bool sending = any_sending();
    if (find()) return ChannelStatus::ok;
    return sending ? ChannelStatus::would_block : ChannelStatus::closed;
  }
  learn_of_deaths();
  if (find()) return ChannelStatus::ok;
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

template <typename Steps>
bool BasicChannelReceiver<Steps>::wait_for_message(Deadline deadline) {
  const auto stream_pause = busy_ ? channel::stream_pause : 0ns;
  const auto budget = std::max<std::chrono::nanoseconds>(stream_pause, 1ns * head_.spin);
  if (channel::look_for(budget, [this] { return find() || (is_closed() && !sealed_); })) {
    return true;
  }
  if (!fall_asleep()) return true;
  std::array<pollfd, 3> entries{pollfd{shared_.doorbell.get(), POLLIN, 0},
                                pollfd{processes_.get(), POLLIN, 0},
                                pollfd{sealed_ ? -1 : shared_.hang_up.get(), POLLIN, 0}};
  const bool in_time = channel::poll_until(entries, deadline);
  Steps::at(channel::Step::woken);
  wake(entries[0].revents != 0);
  return in_time;
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
    wake(false);
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
void BasicChannelReceiver<Steps>::wake(bool rung) noexcept {
  set_rest(channel::Rest::calm);
  asleep_ = false;
  if (rung) net::silence(shared_.doorbell.get());
  Steps::at(channel::Step::awake);
}

template <typename Steps>
bool BasicChannelReceiver<Steps>::arm() {
  const ChannelStatus status = look();
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

// What makes them.

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
