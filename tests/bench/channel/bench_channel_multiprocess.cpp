// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The process channel beside its rivals: a round trip, and messages a second.
#include <optional>

#include "multiprocess/channel.hpp"
#include "process_rivals.hpp"

namespace trivium::bench {
namespace {

using multiprocess::ChannelReceiver;
using multiprocess::ChannelSender;
using multiprocess::ChannelStatus;

// Ours has one receiver: more of them have a channel each, and senders go from one to the next.
class ProcessChannel {
 public:
  explicit ProcessChannel(const Setup& setup) : bytes_(setup.bytes) {
    for (std::size_t i = 0; i < setup.receivers; ++i) {
      channels_.emplace_back(multiprocess::ChannelLimits{.messages = setup.capacity,
                                                         .message_bytes = setup.bytes,
                                                         .senders = setup.senders,
                                                         .spin = setup.spin});
    }
  }

  struct Sender {
    std::vector<ChannelSender> senders;
    std::size_t bytes;
    std::size_t turn = 0;

    ChannelSender& next() { return senders[turn++ % senders.size()]; }
    void send(const char* message) {
      check(next().send({message, bytes}) == ChannelStatus::ok, "send");
    }
    void send_batch(const std::vector<std::string_view>& messages) {
      std::span<const std::string_view> left(messages);
      check(next().send_batch(left) == ChannelStatus::ok, "send");
    }
  };
  struct Receiver {
    ChannelReceiver receiver;
    std::string message{};

    void receive(char* content) {
      check(receiver.receive(message) == ChannelStatus::ok, "receive");
      std::memcpy(content, message.data(), message.size());
    }
    void watch(std::size_t sender, pid_t pid) {
      receiver.watch(sender, multiprocess::open_pidfd(pid));
    }
    std::size_t receive_batch(std::size_t most, Check& look) {
      std::size_t count = 0;
      const auto status = receiver.receive_batch(most, [&](std::string_view content) {
        look(content.data());
        ++count;
      });
      check(status == ChannelStatus::ok, "receive");
      return count;
    }
  };

  [[nodiscard]] Sender sender(std::size_t number) {
    Sender all{.senders = {}, .bytes = bytes_};
    for (const auto& channel : channels_) all.senders.push_back(channel.sender(number));
    all.turn = number;
    return all;
  }
  [[nodiscard]] Receiver receiver(std::size_t number) { return {channels_[number].receiver()}; }

 private:
  std::vector<multiprocess::Channel> channels_;
  std::size_t bytes_;
};

template <typename Body>
void add(const std::string& name, Body body) {
  benchmark::RegisterBenchmark(name.c_str(), body)
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

std::string name_of(const char* op, const Setup& setup, const std::string& of) {
  return name(op, setup.bytes, {setup.senders, setup.receivers}, "", setup.spin,
              "multiprocess." + of);
}

template <typename Queue>
void add_throughput(const Setup& setup, const char* of) {
  add(name_of("throughput", setup, of),
      [setup](benchmark::State& state) { throughput_one_by_one<Queue>(state, setup); });
}

template <typename Queue>
void add_batches(const Setup& setup, const char* of) {
  add(name_of("throughput-batch", setup, of), [setup](benchmark::State& state) {
    if constexpr (requires(Queue queue, std::vector<std::string_view> all) {
                    queue.sender(0).send_batch(all);
                  }) {
      throughput_in_batches<Queue>(state, setup);
    } else {
      throughput_one_by_one<Queue>(state, setup);  // it has no better way
    }
  });
}

template <typename Queue>
void add_round_trip(Setup setup, const char* of) {
  setup.messages = 5'000;
  add(name_of("round-trip", setup, of),
      [setup](benchmark::State& state) { round_trip<Queue>(state, setup); });
}

template <std::size_t bytes>
void add_all() {
  const Setup one{.bytes = bytes};
  const Setup spinning{.bytes = bytes, .spin = some_spin};
  add_round_trip<ProcessChannel>(one, "channel");
  add_round_trip<ProcessChannel>(spinning, "channel");
  add_round_trip<MessageQueue>(one, "message-queue");
  add_round_trip<Pipe>(one, "pipe");
  add_round_trip<Seqpacket>(one, "seqpacket");
  add_round_trip<MutexCondition>(one, "mutex-condition");
  add_round_trip<LockfreeYield<bytes>>(one, "lockfree-yield");
  add_round_trip<BareEventfd>(one, "bare-eventfd");
  add_round_trip<BareFutex>(one, "bare-futex");
  for (const auto& [senders, receivers] : shapes) {
    Setup setup{.bytes = bytes, .senders = senders, .receivers = receivers};
    setup.messages = bytes > 1024 ? 400'000 : 8'000'000;
    Setup spins = setup;
    spins.spin = some_spin;
    for (const Setup& each : {setup, spins}) {
      add_throughput<ProcessChannel>(each, "channel");
      add_batches<ProcessChannel>(each, "channel");
    }
    if (senders == 1) {
      add_throughput<BareRing>(setup, "bare-ring");
      add_batches<BareRing>(setup, "bare-ring");
    }
    setup.messages /= 16;  // they take longer for each
    add_throughput<MessageQueue>(setup, "message-queue");
    add_batches<MessageQueue>(setup, "message-queue");
    add_throughput<Pipe>(setup, "pipe");
    add_throughput<Seqpacket>(setup, "seqpacket");
    add_throughput<MutexCondition>(setup, "mutex-condition");
    add_throughput<LockfreeYield<bytes>>(setup, "lockfree-yield");
  }
}

}  // namespace
}  // namespace trivium::bench

// `--placement=apart|one|free` says where the processes run (common.hpp); all else is Google
// Benchmark's.
int main(int argc, char** argv) {
  trivium::bench::take_placement(argc, argv);
  trivium::bench::add_all<64>();
  trivium::bench::add_all<4096>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
