// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the fault tests of the process channel share: processes that are killed, messages that tell
// where they come from, and the book that is kept of them outside of all those processes.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "multiprocess/channel.hpp"
#include "multiprocess/channel_verbs.hpp"
#include "multiprocess/child_process.hpp"

namespace trivium::contract {

using app::ChannelStatus;
using multiprocess::Channel;
using multiprocess::ChannelReceiver;
using multiprocess::ChannelSender;
using multiprocess::SharedMemory;
using multiprocess::channel::Step;
using Clock = std::chrono::steady_clock;

/// Long enough that no machine is too slow for it; what takes so long hangs.
inline constexpr std::chrono::seconds long_enough{30};

/// Whether a descriptor is readable within that time.
[[nodiscard]] inline bool readable(int descriptor, std::chrono::nanoseconds timeout) {
  return net::wait_readable(descriptor, -1, timeout).first;
}

/// A child of this process, killed at last if it has not ended.
class Process {
 public:
  explicit Process(pid_t child) : pid_(child), pidfd_(multiprocess::open_pidfd(pid_)) {}
  /// A forked one that runs a body, which throws where a promise is broken.
  template <std::invocable Body>
  explicit Process(Body body) : Process(multiprocess::fork_worker(std::move(body))) {}
  Process(Process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
  Process& operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(pidfd_, other.pidfd_);
    return *this;
  }
  ~Process() {
    if (pid_ < 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  [[nodiscard]] net::Descriptor known_by() const {
    return multiprocess::channel::copy(pidfd_.get());
  }
  void kill() const { ::kill(pid_, SIGKILL); }

  /// Waits for its end: the signal that killed it, or its exit code, negated. A process that does
  /// not end hangs, and is killed: it returns `hung`.
  static constexpr int hung = -1000;
  [[nodiscard]] int end() {
    const bool ended = readable(pidfd_.get(), long_enough);
    if (!ended) kill();
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    pidfd_.close();
    if (!ended) return hung;
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
  net::Descriptor pidfd_;
};

/// Where a message comes from: the lane, which of its senders, one after the other, and which of
/// that one's messages.
struct Origin {
  std::uint32_t lane;
  std::uint32_t sender;
  std::uint32_t number;
};

inline constexpr std::size_t message_bytes = 200;

/// A message that tells its origin, of a size and with bytes that follow from it, so that one whose
/// bytes are not all of it is known.
class Message {
 public:
  explicit Message(Origin origin) {
    std::uint32_t mix = (origin.lane * 7919 + origin.sender) * 104729 + origin.number;
    const auto next = [&mix] { return (mix = mix * 1664525 + 1013904223) >> 16; };
    size_ = sizeof origin + next() % (message_bytes - sizeof origin + 1);
    std::memcpy(bytes_.data(), &origin, sizeof origin);
    for (std::size_t i = sizeof origin; i < size_; ++i) bytes_[i] = static_cast<char>(next());
  }

  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

  /// The origin of what was received; nothing where it is torn.
  [[nodiscard]] static std::optional<Origin> origin(std::string_view bytes) {
    Origin origin{};
    if (bytes.size() < sizeof origin) return std::nullopt;
    std::memcpy(&origin, bytes.data(), sizeof origin);
    if (Message(origin).bytes() != bytes) return std::nullopt;
    return origin;
  }

 private:
  std::array<char, message_bytes> bytes_;
  std::size_t size_;
};

/// What was sent and received, in memory that outlives whoever writes it, and the judge of both.
///
/// A sender notes what it sent once `send` has returned, so when it is killed at most that many
/// messages more were sent as it had in hand. A receiver notes what it received, and a message that
/// it had taken may be missing if it was killed, but none other may, and none may come again.
class Book {
 public:
  explicit Book(std::uint32_t most_in_hand) : memory_(sizeof(Pages)) {
    pages().most_in_hand = most_in_hand;
  }
  /// The book that another program began.
  explicit Book(net::Descriptor inherited) : memory_(std::move(inherited)) {}
  [[nodiscard]] int descriptor() const { return memory_.descriptor(); }

  static constexpr std::size_t lanes = 16;
  static constexpr std::size_t senders = 10'240;  // one after the other, on a lane

  void sent(std::uint32_t lane, std::uint32_t sender, std::uint32_t messages) {
    pages().lane.at(lane).sent.at(sender).fetch_add(messages);
  }
  [[nodiscard]] std::uint32_t sent(std::uint32_t lane, std::uint32_t sender) const {
    return pages().lane.at(lane).sent.at(sender);
  }

  /// Notes a message that was received; throws std::runtime_error where that must not be.
  void received(std::string_view bytes) {
    const auto origin = Message::origin(bytes);
    if (!origin) throw std::runtime_error("a message is torn");
    auto& lane = pages().lane.at(origin->lane);
    const auto [sender, number] = lane.next();
    if (origin->sender < sender || (origin->sender == sender && origin->number < number)) {
      fail(*origin, "came again, or late");
    }
    const std::uint32_t missing =
        origin->sender == sender ? origin->number - number : lane.rest() + lane.missing(*origin);
    judge(*origin, missing);
    // In this order: a receiver that is killed before it has settled what is missing leaves the
    // next one more leave to miss some, and not a gap for which the leave is used up.
    lane.next_message = std::uint64_t{origin->sender} << 32 | (origin->number + 1);
    settle(*origin, missing);
    ++pages().received;
  }

  /// Notes that a receiver was killed, which may have had as many messages in hand.
  void receiver_died(std::uint32_t in_hand) {
    pages().may_be_lost += in_hand;
    for (auto& lane : pages().lane) lane.may_be_lost += in_hand;
  }

  /// Judges the end: all that was sent was received. `sender` is the last one of the lane.
  void end(std::uint32_t lane, std::uint32_t sender) {
    auto& page = pages().lane.at(lane);
    std::uint32_t missing = page.rest();
    for (auto next = page.next().first + 1; next <= sender; ++next) missing += page.sent.at(next);
    const Origin last{.lane = lane, .sender = sender, .number = page.sent.at(sender)};
    judge(last, missing);
    settle(last, missing);
  }

  [[nodiscard]] std::uint64_t received() const { return pages().received; }
  /// The message that is due on a lane; it changes with every one that is received.
  [[nodiscard]] std::uint64_t received(std::uint32_t lane) const {
    return pages().lane.at(lane).next_message;
  }
  [[nodiscard]] std::uint32_t lost() const { return pages().lost; }

  /// Tells senders to come to an end.
  void stop(bool whether = true) { pages().stop = whether; }
  [[nodiscard]] bool stopped() const { return pages().stop; }

 private:
  struct Lane {
    std::atomic<std::uint64_t> next_message;  // whose is due: the sender in the upper half
    std::atomic<std::uint32_t> may_be_lost;   // before it
    std::array<std::atomic<std::uint32_t>, senders> sent;

    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> next() const {
      const std::uint64_t both = next_message;
      return {static_cast<std::uint32_t>(both >> 32), static_cast<std::uint32_t>(both)};
    }
    // What is missing of the messages of the sender that is due.
    [[nodiscard]] std::uint32_t rest() const {
      const auto [sender, number] = next();
      return std::max(sent.at(sender).load(), number) - number;
    }
    // What is missing of its successors' if this is the next that comes.
    [[nodiscard]] std::uint32_t missing(Origin origin) const {
      std::uint32_t count = origin.number;
      for (auto sender = next().first + 1; sender < origin.sender; ++sender) {
        count += sent.at(sender);
      }
      return count;
    }
  };
  struct Pages {
    std::uint32_t most_in_hand;  // of a sender
    std::atomic<std::uint64_t> received;
    std::atomic<std::uint32_t> lost;
    std::atomic<std::uint32_t> may_be_lost;
    std::atomic<bool> stop;
    std::array<Lane, lanes> lane;
  };

  [[nodiscard]] Pages& pages() const { return *static_cast<Pages*>(memory_.data()); }

  // Before that message as many are missing; and its predecessor may not have sent more than it
  // knew, but for what it had in hand.
  void judge(Origin origin, std::uint32_t missing) const {
    const auto& lane = pages().lane.at(origin.lane);
    const auto [sender, number] = lane.next();
    if (origin.sender > sender && number > lane.sent.at(sender) + pages().most_in_hand) {
      fail(origin, "comes after more than was sent");
    }
    if (missing > lane.may_be_lost) {
      fail(origin, std::to_string(missing) + " are missing before it");
    }
  }
  void settle(Origin origin, std::uint32_t missing) {
    pages().lane.at(origin.lane).may_be_lost = 0;
    if ((pages().lost += missing) > pages().may_be_lost) fail(origin, "more was lost than may be");
  }

  [[noreturn]] static void fail(Origin origin, const std::string& what) {
    throw std::runtime_error("message " + std::to_string(origin.number) + " of sender " +
                             std::to_string(origin.sender) + " on lane " +
                             std::to_string(origin.lane) + ": " + what);
  }

  SharedMemory memory_;
};

/// Who was killed, and when, in memory that outlives them.
class Kills {
 public:
  Kills() : memory_(sizeof(Page)) {}

  void note() noexcept {
    page().last = Clock::now().time_since_epoch().count();
    ++page().count;
  }
  [[nodiscard]] int count() const { return page().count; }
  [[nodiscard]] Clock::time_point last() const {
    return Clock::time_point(Clock::duration(page().last));
  }

 private:
  struct Page {
    std::atomic<int> count;
    std::atomic<Clock::rep> last;
  };
  [[nodiscard]] Page& page() const { return *static_cast<Page*>(memory_.data()); }

  SharedMemory memory_;
};

/// Steps of a channel of which one kills the process that passes it so many times.
struct KillAt {
  static void arm(Kills& kills, Step step, int passes) {
    kills_ = &kills;
    step_ = step;
    passes_left_ = passes;
  }

  static void at(Step passed) noexcept {
    if (passed != step_ || passes_left_ == 0 || --passes_left_ != 0) return;
    kills_->note();
    ::kill(::getpid(), SIGKILL);
  }

 private:
  static inline Kills* kills_ = nullptr;
  static inline Step step_{};
  static inline int passes_left_ = 0;
};

/// Steps that are noted in memory which outlives the process: the last one that it passed.
struct NoteStep {
  static void note_in(std::atomic<int>& word) { word_ = &word; }

  static void at(Step passed) noexcept {
    if (word_ != nullptr) word_->store(static_cast<int>(passed), std::memory_order_relaxed);
  }

 private:
  static inline std::atomic<int>* word_ = nullptr;
};

/// How a process sends or receives.
enum class SendBy { send, send_until, try_send, batch };
enum class ReceiveBy { receive, receive_until, batch, poll };

inline constexpr std::uint32_t batch = 3;

/// Sends messages of one sender, as many as that, until the channel is closed or the book says
/// stop; before each runs `pause`.
template <typename Steps, typename Pause>
void send_messages(multiprocess::BasicChannelSender<Steps>& sender, SendBy how, Origin next,
                   std::uint32_t count, Book& book, Pause pause) {
  const auto in_little_time = [] { return Clock::now() + std::chrono::microseconds(500); };
  const std::uint32_t end = next.number + count;
  while (next.number < end && !book.stopped()) {
    pause();
    const Message message(next);
    const Message second({next.lane, next.sender, next.number + 1});
    const Message third({next.lane, next.sender, next.number + 2});
    const std::array<std::string_view, batch> all{message.bytes(), second.bytes(), third.bytes()};
    std::span<const std::string_view> left(all);
    ChannelStatus status{};
    switch (how) {
      case SendBy::send:
        status = sender.send(message.bytes());
        break;
      case SendBy::send_until:
        status = sender.send_until(in_little_time(), message.bytes());
        break;
      case SendBy::try_send:
        status = sender.try_send(message.bytes());
        break;
      case SendBy::batch:
        status = sender.send_batch(left);
        break;
    }
    // What a batch that was refused has left was not sent, and the rest was.
    const std::uint32_t sent = how == SendBy::batch
                                   ? batch - static_cast<std::uint32_t>(left.size())
                                   : (status == ChannelStatus::ok ? 1 : 0);
    book.sent(next.lane, next.sender, sent);
    next.number += sent;
    if (status == ChannelStatus::closed) return;
  }
}

/// Receives one message, or one batch, and notes it; `timed_out` where none came in a little time.
/// `or_else` ends a poll.
template <typename Steps>
ChannelStatus receive_some(multiprocess::BasicChannelReceiver<Steps>& receiver, ReceiveBy how,
                           Book& book, int or_else = -1) {
  std::string message;
  ChannelStatus status{};
  switch (how) {
    case ReceiveBy::receive:
      status = receiver.receive(message);
      break;
    case ReceiveBy::receive_until:
      status = receiver.receive_until(Clock::now() + std::chrono::microseconds(500), message);
      break;
    case ReceiveBy::batch:
      return receiver.receive_batch(batch, [&](std::string_view bytes) { book.received(bytes); });
    case ReceiveBy::poll:
      // That all senders are dead is told by a receive, once; a wait after that is for another.
      status = receiver.try_receive(message);
      if (status != ChannelStatus::would_block) break;
      if (receiver.arm()) {
        const auto event = net::wait_readable(receiver.descriptor(), or_else, long_enough);
        if (!event.first && !event.second) throw std::runtime_error("nobody rings");
      }
      status = receiver.try_receive(message);
      if (status == ChannelStatus::would_block) return ChannelStatus::timed_out;
      break;
  }
  if (status == ChannelStatus::ok) book.received(message);
  return status;
}

/// Counts what a process has: nothing may stay behind.
[[nodiscard]] inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}
[[nodiscard]] inline bool has_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0;
}

}  // namespace trivium::contract
