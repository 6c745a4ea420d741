// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// split: one thread reads and owns the session, another only writes; a channel brings it the
// output, and one brings its word back.
//
// Costs: a wake-up across threads and a copy for each piece of output; two threads a connection.
// Risks: none of its own: a crash takes the whole server in any case.

#include "split_connection.hpp"

#include <string>
#include <utility>

#include "channel.hpp"
#include "shared/net/split_connection.hpp"

namespace trivium::multithread {
namespace {

// Some output of the connection; none asks for a word back.
struct Message {
  int socket = -1;
  std::string bytes;
};

struct Word {};

}  // namespace

// Everything that the two threads share; also what the reading one sees of the other.
struct Service::Pair {
  using Deadline = Channel<Message>::Deadline;

  void begin(int connection) { socket = connection; }

  bool send_until(Deadline deadline, std::string_view bytes) {
    return output.send_until(deadline, {socket, std::string(bytes)}) == ChannelStatus::ok;
  }

  bool receive_word_until(Deadline deadline) {
    Word word;
    return words.receive_until(deadline, word) == ChannelStatus::ok;
  }

  int socket = -1;
  Channel<Message> output{net::split_messages};
  Channel<Word> words{1};
  net::SplitState state;
};

Service::Service(Units& units, const net::ServeOptions& options) : options_(options) {
  if (!options.split) return;
  pair_ = std::make_shared<Pair>();
  units.start([pair = pair_, &options](net::CounterSlot& counters) {
    net::SplitWriter writer(pair->state, options, counters);
    Message message;
    while (pair->output.receive(message) == ChannelStatus::ok) {
      if (message.bytes.empty()) {
        (void)pair->words.send({});
      } else {
        writer.write(message.socket, message.bytes);
      }
    }
  });
}

Service::~Service() {
  if (pair_) pair_->output.close();
}

void Service::serve(net::Descriptor connection, net::CounterSlot& counters) noexcept {
  if (!pair_) return net::serve(std::move(connection), options_, counters);
  net::SplitOutput output(connection.get(), *pair_, pair_->state, options_);
  net::serve_through(output, std::move(connection), options_, counters);
}

}  // namespace trivium::multithread
