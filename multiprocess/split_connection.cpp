// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// split: one process reads and owns the session, another only writes; a channel brings it the
// output, another one brings its word back, and the socket itself goes over a Unix socket.
//
// Costs: a wake-up across processes and two copies for each piece of output, a socket passed for
// each connection, a fork for each pair. Risks: either of two processes may die under a connection,
// which ends that one; the pair is replaced.

#include "split_connection.hpp"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "channel.hpp"
#include "child_process.hpp"
#include "descriptor_passing.hpp"
#include "shared/net/accept.hpp"
#include "shared/net/split_connection.hpp"
#include "shared_memory.hpp"

namespace trivium::multiprocess {
namespace {

// Some output of the connection; none asks for a word back.
constexpr ChannelLimits output_limits{.messages = net::split_messages,
                                      .message_bytes = net::split_message_bytes};
constexpr std::string_view word = "w";
constexpr ChannelLimits word_limits{.messages = 1, .message_bytes = word.size()};

// What a reading unit does that has lost its writing one: its connection is counted as crashed.
[[noreturn]] void die() {
  ::_exit(1);
}

// The reading unit may block where nothing but a signal would tell it that the writing one is gone,
// and what comes between a look and a blocking call would be missed. So the signal itself ends the
// process, which is all that is left to do.
void die_with_child() {
  struct sigaction action {};
  action.sa_handler = [](int) { die(); };
  action.sa_flags = SA_NOCLDSTOP;
  sigemptyset(&action.sa_mask);
  net::checked(::sigaction(SIGCHLD, &action, nullptr), "sigaction");
}

void write(int sockets, ChannelReceiver& output, ChannelSender& words, net::SplitWriter writer) {
  std::string message;
  while (net::Descriptor socket = receive_descriptor(sockets)) {
    while (output.receive(message) == ChannelStatus::ok && !message.empty()) {
      writer.write(socket.get(), message);
    }
    socket.close();  // before the other unit goes on, which may be to close its own
    (void)words.send(word);
  }
}

// Nothing else that the worker has is the writing unit's to keep open.
void close_all_but_ends(int sockets, const ChannelReceiver& output, const ChannelSender& words) {
  std::vector<int> kept = output.descriptors();
  for (const int descriptor : words.descriptors()) kept.push_back(descriptor);
  kept.push_back(sockets);
  close_all_but(std::move(kept));
}

// A pair of which one could die unseen is none: the supervisor is to start another.
void watch(pid_t writer, ChannelSender& output, ChannelReceiver& words) {
  try {
    output.watch(open_pidfd(writer));
    words.watch(0, open_pidfd(writer));
  } catch (const std::system_error&) {
    die();
  }
}

}  // namespace

// What the reading unit has of the writing one.
struct Service::Pair {
  using Deadline = ChannelSender::Deadline;

  void begin(int connection) const {
    if (!send_descriptor(sockets.get(), connection)) die();
  }

  bool send_until(Deadline deadline, std::string_view bytes) {
    const ChannelStatus status = output.send_until(deadline, bytes);
    if (status == ChannelStatus::closed) die();
    return status == ChannelStatus::ok;
  }

  bool receive_word_until(Deadline deadline) {
    std::string received;
    const ChannelStatus status = words.receive_until(deadline, received);
    if (status == ChannelStatus::closed) die();
    return status == ChannelStatus::ok;
  }

  SharedMemory memory;
  net::SplitState& state;
  ChannelSender output;
  ChannelReceiver words;
  net::Descriptor sockets;  // brings the writing unit a copy of each connection
  pid_t writer;
};

Service::Service(const net::ServeOptions& options, net::CounterSlot& counters)
    : options_(options), counters_(counters) {
  while (options.split && !pair_ && !options.expired) {
    try {
      SharedMemory memory(sizeof(net::SplitState));
      auto& state = *static_cast<net::SplitState*>(memory.data());  // all zero is a valid one
      const Channel output(output_limits);
      const Channel words(word_limits);
      ChannelSender sent = output.sender();
      ChannelReceiver answered = words.receiver();
      auto [ours, theirs] = make_message_sockets();
      ::setpgid(0, 0);  // the pair is a process group, so that one signal reaches both
      die_with_child();
      const pid_t writer = fork_worker([&] {
        ChannelReceiver received = output.receiver();
        ChannelSender answers = words.sender();  // it watches the process that made the channel
        close_all_but_ends(theirs.get(), received, answers);
        write(theirs.get(), received, answers, {state, options, counters});
      });
      watch(writer, sent, answered);
      pair_.reset(new Pair{std::move(memory), state, std::move(sent), std::move(answered),
                           std::move(ours), writer});
    } catch (const std::system_error&) {
      net::CounterSlot::add(counters.accept_errors, 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(net::accept_backoff_ms));
    }
  }
}

Service::~Service() {
  if (!pair_) return;
  std::signal(SIGCHLD, SIG_DFL);
  pair_->output.close();
  pair_->sockets.close();  // with nothing more to come, the writing unit ends
  while (::waitpid(pair_->writer, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Service::serve(net::Descriptor connection) noexcept {
  if (!options_.split) return net::serve(std::move(connection), options_, counters_);
  if (!pair_) {
    connection.close();
    return counters_.close(protocol::CloseReason::drain);
  }
  net::SplitOutput output(connection.get(), *pair_, pair_->state, options_);
  net::serve_through(output, std::move(connection), options_, counters_);
}

}  // namespace trivium::multiprocess
