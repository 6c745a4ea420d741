// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What is done to every channel between tasks, ours and its rivals, so that they are compared by
// the same tasks on the same loops.
//
// A flavour is a channel of `Message` with these members:
//
//   Message                       the type of what the tasks hold, send and receive
//   Flavour(Executor, capacity)
//   auto send(Message&)           to be awaited
//   auto receive(Message&)        to be awaited
//   static std::uint64_t number(const RESULT&, const Message&)    of what was received, RESULT
//                                 being what the await yielded
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "async/asio.hpp"
#include "common.hpp"

namespace trivium::bench {

namespace asio = async::asio;

/// As many bytes, the first of which say which one it is.
template <std::size_t bytes>
struct Numbered {
  std::uint64_t number;
  std::array<std::byte, bytes - sizeof(std::uint64_t)> rest;
};

/// What so many messages, or round trips, took: on the clock, and of all CPUs.
struct Taken {
  std::chrono::duration<double> time;
  double cpu_ns;
};

inline constexpr std::size_t operations = 20'000;  ///< of one batch; all shapes divide it

/// A loop with its threads, set up as those of the servers are.
class Arena {
 public:
  explicit Arena(std::size_t threads)
      : context_(threads == 1 ? BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO : static_cast<int>(threads)) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { context_.run(); });
    }
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { work_.reset(); }

  [[nodiscard]] asio::io_context& context() noexcept { return context_; }

 private:
  asio::io_context context_;
  async::Timer timer_{context_};  // with which comes the reactor, which idle threads wait in
  asio::executor_work_guard<async::Executor> work_{context_.get_executor()};
  std::vector<std::jthread> threads_;
};

/// One batch over channels of a flavour. References in its tasks are to what `run` holds.
template <typename Flavour>
class Batch {
 public:
  /// Passes `operations` messages from the senders to the receivers.
  [[nodiscard]] static Taken throughput(Arena& arena, const Shape& shape) {
    Batch batch(arena.context(), shape);
    for (std::size_t i = 0; i < shape.receivers; ++i) batch.tasks_.push_back(batch.receive_all());
    for (std::size_t i = 0; i < shape.senders; ++i) batch.tasks_.push_back(batch.send_all());
    const Taken taken = batch.run();
    const std::size_t each = operations / shape.senders;
    if (batch.sum_ != shape.senders * (each * (each - 1) / 2)) {
      throw std::runtime_error("what arrived is not what was sent");
    }
    return taken;
  }

  /// Asks and waits for the answer, `operations` times over all clients. Clients share the channel
  /// of requests, and each has one for its answers.
  [[nodiscard]] static Taken round_trips(Arena& arena, const Shape& shape) {
    Batch batch(arena.context(), shape);
    for (std::size_t i = 0; i < shape.receivers; ++i) batch.tasks_.push_back(batch.answer());
    for (std::size_t i = 0; i < shape.senders; ++i) batch.tasks_.push_back(batch.ask(i));
    return batch.run();
  }

 private:
  using Message = typename Flavour::Message;
  static constexpr std::uint64_t stop = UINT64_MAX;

  Batch(asio::io_context& context, const Shape& shape)
      : context_(context), shape_(shape), channel_(context.get_executor(), queued_at_most) {
    for (std::size_t i = 0; i < shape.senders; ++i) {
      answers_.emplace_back(context.get_executor(), queued_at_most);
    }
  }

  async::Task<> send_all() {
    Message message{};
    for (std::uint64_t i = 0; i < operations / shape_.senders; ++i) {
      message.number = i;
      co_await channel_.send(message);
    }
    co_await stop_receivers();
  }

  async::Task<> receive_all() {
    Message message{};
    std::uint64_t sum = 0;
    for (;;) {
      const auto result = co_await channel_.receive(message);
      const std::uint64_t number = Flavour::number(result, message);
      if (number == stop) break;
      sum += number;
    }
    sum_ += sum;
  }

  async::Task<> ask(std::size_t client) {
    Message message{};
    for (std::uint64_t i = 0; i < operations / shape_.senders; ++i) {
      message.number = client;
      co_await channel_.send(message);
      const auto result = co_await answers_[client].receive(message);
      if (Flavour::number(result, message) != client) throw std::runtime_error("a wrong answer");
    }
    co_await stop_receivers();
  }

  async::Task<> answer() {
    Message message{};
    for (;;) {
      const auto result = co_await channel_.receive(message);
      const std::uint64_t client = Flavour::number(result, message);
      if (client == stop) co_return;
      message.number = client;
      co_await answers_[client].send(message);
    }
  }

  async::Task<> stop_receivers() {
    if (--senders_left_ > 0) co_return;
    Message message{};
    for (std::size_t i = 0; i < shape_.receivers; ++i) {
      message.number = stop;
      co_await channel_.send(message);
    }
  }

  // From the first step of the first task to the last step of the last one.
  Taken run() {
    std::atomic<std::size_t> left = tasks_.size();
    const auto taken = std::make_shared<std::promise<Taken>>();
    auto result = taken->get_future();
    asio::post(context_, [&, taken] {
      const auto began = async::Clock::now();
      const double cpu_began = cpu_ns();
      for (auto& task : tasks_) {
        asio::co_spawn(context_, std::move(task),
                       [&, taken, began, cpu_began](std::exception_ptr error) {
                         if (error) error_ = error;
                         if (--left > 0) return;
                         const auto time = async::Clock::now() - began;
                         taken->set_value(Taken{time, cpu_ns() - cpu_began});
                       });
      }
    });
    const Taken all = result.get();
    if (error_) std::rethrow_exception(error_);
    return all;
  }

  static double cpu_ns() {
    std::timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
  }

  asio::io_context& context_;
  const Shape shape_;
  Flavour channel_;
  std::deque<Flavour> answers_;
  std::vector<async::Task<>> tasks_;
  std::atomic<std::size_t> senders_left_ = shape_.senders;
  std::atomic<std::uint64_t> sum_ = 0;
  std::exception_ptr error_;
};

}  // namespace trivium::bench
