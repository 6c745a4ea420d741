// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A bounded channel of byte messages between processes, in shared memory: many senders, one
// receiver. The verbs are those of the other models' channels.
//
// What is promised
// - A message is received whole or not at all, and once or not at all. If its send returned ok, it
//   is received, unless a receiver died or stopped first: what a receiver had taken when it died is
//   lost, and the rest is there for the next one.
// - First in, first out for each sender; no order between senders.
// - Any process may be killed between any two instructions. Nobody hangs, nothing is torn, the
//   others go on; and since the memory is a memfd, nothing stays behind.
// - After `close` senders are refused, and the receiver still gets what is queued. A send that is
//   under way then has either happened before it, and is received, or is refused.
// - A send that fails leaves the message with its sender.
// - Whoever waits sleeps in poll: a channel without messages costs no time of any processor. With a
//   spin budget an end looks for that long before it sleeps.
//
// Who is there is learnt from pidfds, by which a process cannot be mistaken for another. A sender
// watches the process that answers for the receiving side: at first the one that made the channel
// (which may start another receiver when one dies), or the one that `watch` names. A receiver
// watches the senders that `watch` names; name whoever may be killed, since once the channel is
// closed it waits for the end of sends that had begun.
//
// An end is for one thread of one process at a time. Two senders need two lanes; a lane whose
// sender is gone serves the next, and a receiver that is gone is followed by one that attaches
// anew. Signals interrupt nothing. channel_memory.hpp tells why the algorithm keeps all this.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channel_memory.hpp"
#include "shared/app/channel_status.hpp"
#include "shared/net/descriptor.hpp"
#include "shared_memory.hpp"

namespace trivium::multiprocess {

using app::ChannelStatus;

/// The bounds of a channel, fixed when it is made.
struct ChannelLimits {
  std::size_t messages;       ///< queued for each sender, at least: rounded up to a power of two
  std::size_t message_bytes;  ///< that one message may have
  std::size_t senders = 1;    ///< lanes
  /// How long an end looks before it sleeps: saves a wake-up (15 us for both sides) where the other
  /// side runs on a processor of its own, and costs this processor as long where it does not.
  std::chrono::nanoseconds spin{};
};

namespace channel {

/// Where a send or a receive stands; for tests that end a process there.
enum class Step {
  send_begun,
  room_found,
  content_written,
  published,
  send_ended,
  lane_flagged,
  doorbell_rung,
  doorbell_marked,
  wait_announced,
  wait_over,
  taken,
  freed,
  space_rung,
  space_marked,
  lanes_left,
  sleep_announced,
  sleep_checked,
  woken,
  awake,
  flags_taken,
};

/// What programs use: steps that are nothing.
struct NoSteps {
  static void at(Step) noexcept {}
};

/// What both ends have of a channel.
struct Shared {
  std::shared_ptr<const SharedMemory> memory;
  net::Descriptor doorbell;  // wakes the receiver
  net::Descriptor hang_up;   // readable for ever once the channel is closed
};

/// What an end is made of; inherited in this order.
struct SenderParts {
  Shared shared;
  net::Descriptor space;     // wakes this sender
  net::Descriptor receiver;  // a pidfd
};
struct ReceiverParts {
  Shared shared;
  std::vector<net::Descriptor> spaces;  // by lane
};

}  // namespace channel

/// The end that messages go in at: one lane of the channel.
template <typename Steps>
class BasicChannelSender {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Attaches in a program that inherited `Channel::sender_descriptors` as `first` and the numbers
  /// after it. Throws std::system_error for what is no channel, or has no such lane.
  BasicChannelSender(int first, std::size_t lane);

  /// Each throws std::length_error for a message above the limit. `try_send` does not block; `send`
  /// and `send_until` do while the lane is full.
  [[nodiscard]] ChannelStatus try_send(std::string_view message);
  [[nodiscard]] ChannelStatus send(std::string_view message);
  [[nodiscard, gnu::noinline]] ChannelStatus send_until(Deadline deadline,
                                                        std::string_view message);

  /// Sends all, and pays for the other side's attention once for as many as fit. Blocks while the
  /// lane is full. Leaves in `messages` what was not sent.
  [[nodiscard]] ChannelStatus send_batch(std::span<const std::string_view>& messages);

  /// Ends the channel for everyone; a second call does nothing.
  void close() noexcept;

  /// Takes note who answers for the receiving side from now on. Once that process is dead, sends
  /// are refused: a blocked one at once, others within 70 ms.
  void watch(net::Descriptor pidfd) noexcept;

  /// Messages of this lane that no receiver has taken.
  [[nodiscard]] std::uint64_t undelivered() const noexcept;

  /// What a process that only sends keeps open.
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  friend class Channel;
  BasicChannelSender(channel::SenderParts parts, std::size_t lane);

  std::uint64_t put(const std::string_view* messages, std::uint64_t count, ChannelStatus& status);
  [[nodiscard, gnu::always_inline]] inline bool put_in_stream(std::string_view message) noexcept;
  [[nodiscard, gnu::always_inline]] inline bool receiver_streams() const noexcept;
  [[nodiscard, gnu::always_inline]] inline bool look_is_due() const noexcept;
  [[gnu::noinline]] void tell_receiver() noexcept;
  [[nodiscard]] bool wait_for_room(Deadline deadline);
  [[nodiscard]] std::uint64_t room(std::uint64_t published) noexcept;
  [[nodiscard]] bool is_closed() const noexcept;
  [[nodiscard]] bool receiver_is_dead() noexcept;
  void check_size(std::string_view message) const;

  channel::SenderParts parts_;
  channel::Layout layout_;
  channel::Head& head_;
  std::size_t number_;
  channel::Ring ring_;
  channel::Lane& lane_;
  std::uint64_t known_freed_ = 0;  // the lane's `freed`, as it was when last looked at
  std::uint64_t last_look_ = 0;    // whether the receiver lives, in ticks
  bool receiver_dead_ = false;
  std::uint64_t last_wait_ = 0;  // what was published by then
};

/// The end that messages come out at.
template <typename Steps>
class BasicChannelReceiver {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Attaches in a program that inherited `Channel::receiver_descriptors` as `first` and the
  /// numbers after it. Throws std::system_error for what is no channel.
  explicit BasicChannelReceiver(int first);

  /// Each leaves the message as it was unless the status is ok. `try_receive` does not block;
  /// `receive` and `receive_until` do while nothing is queued, and once the channel is closed,
  /// while a send that had begun is under way: for ever if its process was killed, and never named.
  [[nodiscard]] ChannelStatus try_receive(std::string& message);
  [[nodiscard]] ChannelStatus receive(std::string& message);
  [[nodiscard]] ChannelStatus receive_until(Deadline deadline, std::string& message);

  /// Calls `visit` for each of one sender's messages that are there, up to `most`,
  /// where they lie; the view is good for that call. Blocks while nothing is queued. They are taken
  /// when the first is visited: whatever ends the visits, none is received again.
  [[nodiscard]] ChannelStatus receive_batch(std::size_t most,
                                            const std::function<void(std::string_view)>& visit);

  /// Ends the channel for everyone; a second call does nothing.
  void close() noexcept;

  /// Takes note which process sends on a lane. When every lane was named, each of those processes
  /// is dead and all that they had sent was received, the status is closed, until a lane is named
  /// anew. Who follows a dead one is named before the next receive: of a closed channel it would
  /// end while the successor's send is under way, which no look at the lane tells from one that its
  /// predecessor died in.
  void watch(std::size_t lane, net::Descriptor pidfd);

  /// Before a wait in somebody else's poll: false where there is something to receive already, or
  /// `closed` to be told. Else `descriptor` becomes readable when there may be something, when the
  /// channel is closed, or when a sender dies; then receive.
  [[nodiscard]] bool arm();
  [[nodiscard]] int descriptor() const noexcept { return events_.get(); }

  /// What a process that only receives keeps open.
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  friend class Channel;
  struct Sender {
    Sender(channel::Ring its_ring, net::Descriptor bell) : ring(its_ring), space(std::move(bell)) {}

    channel::Ring ring;
    net::Descriptor space;    // wakes it
    net::Descriptor process;  // a pidfd, while it lives and was named
    bool dead = false;        // it was named, and has not been followed by another
    bool attended = false;    // in `attended_`
  };

  explicit BasicChannelReceiver(channel::ReceiverParts parts);

  /// Whether to ask the system who died before it is said that nothing is there; who goes to sleep
  /// otherwise is told then.
  enum class Deaths { ask, told_asleep };

  [[nodiscard]] ChannelStatus receive_at_once(std::string& message, Deaths deaths);
  [[nodiscard]] ChannelStatus look(Deaths deaths);
  [[nodiscard]] bool find();
  void next_turn();
  void attend_flagged();
  void attend(std::size_t lane);
  [[nodiscard]] Sender& at_turn() noexcept { return senders_[attended_[turn_]]; }
  void took(Sender& sender, std::uint64_t messages) noexcept;
  void tell_sender(Sender& sender) noexcept;
  void set_rest(channel::Rest rest) noexcept;
  [[nodiscard]] bool wait_for_message(Deadline deadline, Deaths& deaths);
  [[nodiscard]] bool fall_asleep();
  [[nodiscard]] bool anything_to_do() const noexcept;
  void wake() noexcept;
  void forget(Sender& sender) noexcept;
  void learn_of_deaths();
  [[nodiscard]] bool is_closed() const noexcept;
  [[nodiscard]] bool any_sending() const noexcept;

  channel::Shared shared_;
  channel::Layout layout_;
  channel::Head& head_;
  std::vector<Sender> senders_;        // by lane
  std::vector<std::size_t> attended_;  // lanes that are looked at by turns
  std::size_t turn_ = 0;               // in `attended_`
  std::uint64_t in_turn_ = 0;          // messages taken in this turn
  std::uint64_t streamed_ = 0;         // messages taken since the last sleep
  std::size_t living_;                 // senders that are not known to be dead
  std::size_t watched_ = 0;            // senders that were named, and are not known to be dead
  bool busy_ = false;                  // senders run no barrier, and neither does this end
  bool asleep_ = false;
  bool told_dead_ = false;     // that all senders are, by the last receive
  bool sealed_ = false;        // the channel is closed, and no send begins that does not know it
  net::Descriptor processes_;  // an epoll of the senders' pidfds
  net::Descriptor events_;     // an epoll of all that ends a wait
};

using ChannelSender = BasicChannelSender<channel::NoSteps>;
using ChannelReceiver = BasicChannelReceiver<channel::NoSteps>;

/// A channel, in the process that makes it, before those that use it are started; makes their ends.
class Channel {
 public:
  /// Throws std::system_error where the system refuses.
  explicit Channel(ChannelLimits limits);

  /// An end for this process, or for one that is forked from it. Requires: lane is below
  /// `limits.senders`.
  template <typename Steps = channel::NoSteps>
  [[nodiscard]] BasicChannelSender<Steps> sender(std::size_t lane = 0) const;
  template <typename Steps = channel::NoSteps>
  [[nodiscard]] BasicChannelReceiver<Steps> receiver() const;

  /// What another program inherits, in this order, to attach.
  [[nodiscard]] std::vector<int> sender_descriptors(std::size_t lane) const;
  [[nodiscard]] std::vector<int> receiver_descriptors() const;

  /// Ends the channel for everyone; a second call does nothing.
  void close() const noexcept;

  /// Messages that no receiver has taken.
  [[nodiscard]] std::uint64_t undelivered() const noexcept;

 private:
  channel::Shared share() const;

  channel::Shared shared_;
  std::vector<net::Descriptor> spaces_;  // by lane
  net::Descriptor maker_;                // a pidfd of this process
};

/// How many descriptors another program inherits for an end.
inline constexpr int sender_descriptors = 5;
[[nodiscard]] constexpr int receiver_descriptors(std::size_t senders) noexcept {
  return 3 + static_cast<int>(senders);
}

/// A descriptor by which a process is known: `pid` is of a child of the caller's that was not
/// waited for, or its own, and so cannot be another's. Closed on exec. Throws std::system_error.
[[nodiscard]] net::Descriptor open_pidfd(pid_t pid);

extern template class BasicChannelSender<channel::NoSteps>;
extern template class BasicChannelReceiver<channel::NoSteps>;

}  // namespace trivium::multiprocess
