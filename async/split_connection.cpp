// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// split: one task reads and owns the session, another only writes; a channel brings it the output,
// and one brings its word back.
//
// Costs: a turn of the loop, or a wake-up across threads, and a copy for each piece of output; two
// frames and two channels a connection. Risks: none of its own: a crash takes the whole server in
// any case.

#include "split_connection.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "channel.hpp"
#include "session_driver.hpp"
#include "shared/net/split_connection.hpp"

namespace trivium::async {
namespace {

using protocol::CloseReason;

struct Word {};

// Everything that the two tasks share. The writing one uses what the other's frame holds, but never
// after its last word.
struct Pair {
  explicit Pair(const Serving& reading) : serving(reading) {}

  const Serving& serving;
  Channel<std::string> output{net::split_messages};  // a message of no bytes asks for a word back
  Channel<Word> words{1};
  net::SplitState state;  // the watch keeps the time
};

// What the connection cannot take is dropped, as is what comes after it.
void give_up_writing(Pair& pair, CloseReason reason) {
  if (pair.state.dropped) return;
  pair.state.failure = reason;
  if (reason == CloseReason::reset) ::shutdown(pair.serving.socket, SHUT_RD);  // wakes the reader
}

Task<> write(std::shared_ptr<Pair> pair) {
  std::string message;
  for (;;) {
    const ChannelStatus status = co_await pair->output.receive(message);
    if (status != ChannelStatus::ok) co_return;
    std::span<const char> rest(message);
    while (!rest.empty() && !pair->state.failure.load() && !pair->state.dropped) {
      if (const auto reason = pair->serving.watch.over()) {
        give_up_writing(*pair, *reason);
        break;
      }
      const auto count = pair->serving.send(rest);
      if (!count) {
        give_up_writing(*pair, CloseReason::reset);
        break;
      }
      rest = rest.subspan(*count);
      if (count == 0U) co_await pair->serving.watch.ready(Socket::wait_write);
    }
    if (message.empty()) {
      Word word;
      (void)pair->words.try_send(std::move(word));
    }
  }
}

// A session's output on its way to the writing task; for the reading task.
class SplitOutput {
 public:
  static constexpr bool is_sent = true;

  SplitOutput(const Serving& serving, Loop& loop)
      : session_(serving.session), pair_(std::make_shared<Pair>(serving)) {
    loop.start_unit(async::write(pair_));
  }

  bool write(std::span<const char> bytes) {
    if (const auto failure = pair_->state.failure.load()) {
      session_.abort(*failure);
      return true;
    }
    const std::size_t size = std::min(bytes.size(), net::split_message_bytes);
    message_.assign(bytes.data(), size);
    begun_ = true;
    if (pair_->output.try_send(std::move(message_)) != ChannelStatus::ok) return false;
    session_.written(size);
    return true;
  }

  Task<> room() {
    const std::size_t size = message_.size();
    const ChannelStatus status = co_await pair_->output.send(std::move(message_));
    if (status == ChannelStatus::ok) session_.written(size);
  }

  // Waits until the kernel has all that was sent; false where it will not have it, which the
  // session is told.
  Task<bool> flush() {
    if (!std::exchange(begun_, false)) co_return true;
    const bool wanted = !pair_->state.dropped;  // who dropped the output has a reason already
    std::string nothing;
    Word word;
    (void)co_await pair_->output.send(std::move(nothing));
    (void)co_await pair_->words.receive(word);
    const auto failure = pair_->state.failure.load();
    if (failure && wanted) session_.lost(*failure);
    co_return !failure || !wanted;
  }

  void drop() {
    pair_->state.dropped = true;
    ::shutdown(pair_->serving.socket, SHUT_WR);  // which ends a wait for room
  }

  std::optional<CloseReason> failure() const {
    if (const auto failure = pair_->state.failure.load()) return failure;
    if (net::is_hung_up(pair_->serving.socket)) return CloseReason::reset;
    return std::nullopt;
  }

  void end() { pair_->output.close(); }

 private:
  protocol::EchoSession& session_;
  const std::shared_ptr<Pair> pair_;
  std::string message_;
  bool begun_ = false;
};

}  // namespace

void Service::start(Connection&& connection, Loop& loop) const {
  if (split_) {
    loop.start_unit(drive<SplitOutput>(std::move(connection), loop, options_, loop.next_slot()));
  } else {
    loop.start_unit(serve(std::move(connection), loop, options_, loop.next_slot()));
  }
}

}  // namespace trivium::async
