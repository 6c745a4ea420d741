// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/engine.hpp"

#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "shared/load/worker.hpp"

namespace trivium::load {
namespace {

constexpr std::int64_t progress_step = 250'000'000;

/// What the threads have counted so far, for whoever shows it.
class Board {
 public:
  explicit Board(std::size_t threads) : parts_(threads) {}

  void publish(std::size_t thread, const Results& found) {
    const std::lock_guard lock(mutex_);
    Results& part = parts_[thread];
    part.measured = found.measured;
    part.outside = found.outside;
    part.latency = found.latency;
    part.established = found.established;
  }

  [[nodiscard]] Results sum() {
    const std::lock_guard lock(mutex_);
    Results all;
    for (const Results& part : parts_) all.merge(part);
    return all;
  }

 private:
  std::mutex mutex_;
  std::vector<Results> parts_;
};

class Engine {
 public:
  Engine(const Options& options, const net::Address& target, const Listener& listener)
      : options_(options),
        listener_(listener),
        agreement_{.establishing = options.threads},
        board_(options.threads),
        errors_(options.threads) {
    for (std::size_t i = 0; i < options.threads; ++i) {
      workers_.push_back(
          std::make_unique<Worker>(options, target, reference_, agreement_, moments_of(i), i));
    }
  }

  Results run() {
    const std::int64_t begun = monotonic_now();
    std::vector<std::thread> threads;
    try {
      for (std::size_t i = 1; i < workers_.size(); ++i) {
        threads.emplace_back([this, i] { run_worker(i); });
      }
      run_worker(0);
    } catch (...) {
      errors_.front() = std::current_exception();
      agreement_.stop = true;
    }
    for (auto& thread : threads) thread.join();
    for (const auto& error : errors_) {
      if (error) std::rethrow_exception(error);
    }
    for (const auto& worker : workers_) results_.merge(worker->results());
    results_.threads = workers_.size();
    if (agreement_.stop) return std::move(results_);
    results_.establish_ns = agreement_.start_at - begun;
    results_.start_ns = workers_.front()->measure_at();
    results_.end_ns = workers_.front()->end_at();
    return std::move(results_);
  }

 private:
  void run_worker(std::size_t index) {
    try {
      workers_[index]->run();
    } catch (...) {
      errors_[index] = std::current_exception();
      agreement_.stop = true;
    }
  }

  /// The first thread, which is the caller's, tells for all.
  Moments moments_of(std::size_t index) {
    Moments moments;
    if (index == 0) {
      moments.measuring = [this] { begin_measuring(); };
      moments.measured = [this] { end_measuring(); };
    }
    if (listener_.progress) {
      moments.looked = [this, index](std::int64_t now) { look(index, now); };
    }
    return moments;
  }

  void begin_measuring() {
    const bool tried = workers_.front()->results().outside.sum() > 0;
    if (options_.warmup.count() > 0 && tried && !agreement_.connected) {
      agreement_.stop = true;
      return;
    }
    results_.time_wait_at_start = time_wait_sockets();
    usage_at_start_ = usage_now();
    listener_.measuring();
  }

  void end_measuring() {
    listener_.measured();
    results_.usage = usage_now() - usage_at_start_;
    results_.time_wait_at_end = time_wait_sockets();
  }

  void look(std::size_t index, std::int64_t now) {
    board_.publish(index, workers_[index]->results());
    if (index != 0 || now < progress_at_) return;
    progress_at_ = now + progress_step;
    const std::int64_t from = workers_.front()->measure_at();
    const bool measuring = from != 0 && now >= from;
    listener_.progress(measuring ? static_cast<double>(now - from) / 1e9 : -1, board_.sum());
  }

  const Options& options_;
  const Listener& listener_;
  HttpReference reference_;
  Agreement agreement_;
  Board board_;
  std::vector<std::exception_ptr> errors_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Results results_;
  Usage usage_at_start_;
  std::int64_t progress_at_ = 0;
};

}  // namespace

Results run(const Options& options, const net::Address& target, const Listener& listener) {
  return Engine(options, target, listener).run();
}

}  // namespace trivium::load
