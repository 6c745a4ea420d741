// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The channel between tasks beside Asio's own: `concurrent-channel` is what threads may share,
// `experimental-channel` is its kind for one thread. Their messages are copied several times on
// their way; `concurrent-channel-boxed` sends them in a box, allocated for each.
#include <benchmark/benchmark.h>

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <memory>
#include <string>
#include <tuple>

#include "async/channel.hpp"
#include "task_harness.hpp"

namespace trivium::bench {
namespace {

using async::as_result;
using async::Executor;
using Error = boost::system::error_code;

template <std::size_t bytes>
class Ours {
 public:
  using Message = Numbered<bytes>;

  Ours(const Executor&, std::size_t capacity) : channel_(capacity) {}
  auto send(Message& message) { return channel_.send(std::move(message)); }
  auto receive(Message& message) { return channel_.receive(message); }
  static std::uint64_t number(async::ChannelStatus, const Message& message) {
    return message.number;
  }

 private:
  async::Channel<Message> channel_;
};

template <typename Queue, std::size_t bytes>
class Asios {
 public:
  using Message = Numbered<bytes>;

  Asios(const Executor& executor, std::size_t capacity) : channel_(executor, capacity) {}
  auto send(Message& message) { return channel_.async_send(Error(), message, as_result); }
  auto receive(Message&) { return channel_.async_receive(as_result); }
  static std::uint64_t number(const std::tuple<Error, Message>& result, const Message&) {
    return std::get<1>(result).number;
  }

 private:
  Queue channel_;
};

template <std::size_t bytes>
using Concurrent =
    Asios<asio::experimental::concurrent_channel<Executor, void(Error, Numbered<bytes>)>, bytes>;

template <std::size_t bytes>
using Experimental =
    Asios<asio::experimental::channel<Executor, void(Error, Numbered<bytes>)>, bytes>;

template <std::size_t bytes>
class Boxed {
 public:
  using Message = Numbered<bytes>;
  using Box = std::unique_ptr<Message>;

  Boxed(const Executor& executor, std::size_t capacity) : channel_(executor, capacity) {}
  auto send(Message& message) {
    return channel_.async_send(Error(), std::make_unique<Message>(message), as_result);
  }
  auto receive(Message&) { return channel_.async_receive(as_result); }
  static std::uint64_t number(const std::tuple<Error, Box>& result, const Message&) {
    return std::get<1>(result)->number;
  }

 private:
  asio::experimental::concurrent_channel<Executor, void(Error, Box)> channel_;
};

using Work = Taken (*)(Arena&, const Shape&);

void measure(benchmark::State& state, Work work, const Shape& shape, std::size_t threads) {
  Arena arena(threads);
  double cpu_ns = 0;
  try {
    (void)work(arena, shape);  // warm
    for (auto _ : state) {
      const Taken taken = work(arena, shape);
      state.SetIterationTime(taken.time.count());
      cpu_ns += taken.cpu_ns;
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
  const auto done = state.iterations() * static_cast<std::int64_t>(operations);
  state.SetItemsProcessed(done);
  if (done > 0) state.counters["cpu_ns"] = cpu_ns / static_cast<double>(done);
}

template <template <std::size_t> typename Flavour, std::size_t bytes>
void add(const std::string& of, std::size_t most_threads) {
  const std::pair<const char*, Work> works[] = {
      {"round-trip", &Batch<Flavour<bytes>>::round_trips},
      {"throughput", &Batch<Flavour<bytes>>::throughput},
  };
  for (const auto& [op, work] : works) {
    for (const Shape shape : shapes) {
      for (std::size_t threads = 1; threads <= most_threads; ++threads) {
        const std::string more = "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(name(op, bytes, shape, more, no_spin, "async." + of).c_str(),
                                     [work, shape, threads](benchmark::State& state) {
                                       measure(state, work, shape, threads);
                                     })
            ->UseManualTime();
      }
    }
  }
}

template <std::size_t bytes>
void add_all() {
  add<Ours, bytes>("channel", 2);
  add<Concurrent, bytes>("concurrent-channel", 2);
  add<Boxed, bytes>("concurrent-channel-boxed", 2);
  add<Experimental, bytes>("experimental-channel", 1);
}

}  // namespace
}  // namespace trivium::bench

int main(int argc, char** argv) {
  trivium::bench::add_all<64>();
  trivium::bench::add_all<4096>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
