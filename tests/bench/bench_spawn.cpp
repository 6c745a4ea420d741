// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What does it take to start a unit that does nothing, and to wait for its end?
//
//   spawn/alive:1    one after the other
//   spawn/alive:100  a hundred are started before the first may end: the blocking ones wait at a
//                    gate, the tasks queue up behind each other once
//
// README.md says what each entry is.

#include <benchmark/benchmark.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>
#include <boost/process/posix.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "async/asio.hpp"
#include "async/channel.hpp"
#include "cost.hpp"
#include "multiprocess/child_process.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::bench {
namespace {

namespace asio = async::asio;
namespace process = boost::process;

constexpr std::size_t mebibyte = 1024 * 1024;

// The same as in multithread/units.cpp. Sanitizers need room of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t small_stack = 2 * mebibyte;
#else
constexpr std::size_t small_stack = 256 * 1024;
#endif

// Measures rounds of which each starts `alive` units and waits for their end. The first is not
// measured: it fills caches, those of stacks and frames among them.
void measure(benchmark::State& state, std::size_t alive, const std::function<void()>& round) {
  round();
  Cost used = cost_of_process();
  for (auto _ : state) round();
  const Cost before = std::exchange(used, cost_of_process());
  used -= before;
  report(state, used, state.iterations() * static_cast<std::int64_t>(alive));
}

// Where blocking units wait until all have been started: each takes one byte before it ends.
class Gate {
 public:
  Gate() {
    int ends[2];
    net::checked(::pipe2(ends, O_CLOEXEC), "pipe");
    exit_ = net::Descriptor(ends[0]);
    entry_ = net::Descriptor(ends[1]);
  }

  void open(std::size_t units) const {
    const std::string bytes(units, '.');
    if (::write(entry_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw std::system_error(errno, std::generic_category(), "the gate");
    }
  }

  void pass() const noexcept {
    char byte = 0;
    while (::read(exit_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
  }

  [[nodiscard]] int descriptor() const noexcept { return exit_.get(); }

 private:
  net::Descriptor exit_;
  net::Descriptor entry_;
};

// Child processes that are waited for, and killed first where something went wrong.
class Children {
 public:
  ~Children() {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    while (!pids_.empty()) (void)reap();
  }

  void add(pid_t pid) { pids_.push_back(pid); }

  void wait() {
    while (!pids_.empty()) {
      if (reap() != 0) throw std::runtime_error("a unit failed");
    }
  }

 private:
  int reap() {
    int status = 0;
    ::waitpid(pids_.back(), &status, 0);
    pids_.pop_back();
    return status;
  }

  std::vector<pid_t> pids_;
};

// Starts a process that ends at once, or, where there is a gate, after it has passed that.
using Start = std::function<pid_t(const Gate* gate)>;

void processes(benchmark::State& state, std::size_t alive, const Start& start) {
  const Gate gate;
  measure(state, alive, [&] {
    Children children;
    for (std::size_t i = 0; i < alive; ++i) children.add(start(alive > 1 ? &gate : nullptr));
    if (alive > 1) gate.open(alive);
    children.wait();
  });
}

pid_t start_by_fork(const Gate* gate) {
  const pid_t pid = net::checked(::fork(), "fork");
  if (pid != 0) return pid;
  if (gate != nullptr) gate->pass();
  ::_exit(0);
}

pid_t start_by_posix_spawn(const std::string& program, const Gate* gate) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (gate != nullptr) {
    ::posix_spawn_file_actions_adddup2(&actions, gate->descriptor(), STDIN_FILENO);
  }
  std::string name = "spawn_unit";
  std::string wait = "wait";
  char* const arguments[] = {name.data(), gate == nullptr ? nullptr : wait.data(), nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
  return pid;
}

pid_t start_by_boost_process(const std::string& program, const Gate* gate) {
  const auto start = [&] {
    if (gate == nullptr) return process::child(process::exe = program);
    return process::child(process::exe = program, process::args = {"wait"},
                          process::posix::fd.bind(STDIN_FILENO, gate->descriptor()));
  };
  process::child child = start();
  const pid_t pid = child.id();
  child.detach();
  return pid;
}

// Memory of the process's own, every page of it in use: what fork has to copy the tables of.
class Resident {
 public:
  explicit Resident(std::size_t bytes) : bytes_(bytes) {
    data_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    // Small pages, whatever the machine's setting is.
    ::madvise(data_, bytes, MADV_NOHUGEPAGE);
    std::memset(data_, 1, bytes);
  }
  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;
  ~Resident() { ::munmap(data_, bytes_); }

 private:
  std::size_t bytes_;
  void* data_;
};

// The stack of threads that are started while it lives; 0 leaves it as it is.
class StackSize {
 public:
  explicit StackSize(std::size_t bytes) {
    ::pthread_getattr_default_np(&before_);
    if (bytes == 0) return;
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, bytes);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
  }
  StackSize(const StackSize&) = delete;
  StackSize& operator=(const StackSize&) = delete;
  ~StackSize() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_{};
};

void threads(benchmark::State& state, std::size_t alive, std::size_t stack_bytes) {
  const StackSize size(stack_bytes);
  const Gate gate;
  measure(state, alive, [&] {
    std::vector<std::jthread> units;
    units.reserve(alive);
    try {
      for (std::size_t i = 0; i < alive; ++i) {
        units.emplace_back([&gate, alive] {
          if (alive > 1) gate.pass();
        });
      }
    } catch (...) {
      if (alive > 1) gate.open(units.size());
      throw;
    }
    if (alive > 1) gate.open(alive);
  });
}

async::Task<> unit(bool others_first) {
  if (!others_first) co_return;
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::deferred);
}

// How a round learns that its last unit has ended. Outlives the loop's run: that unit may still be
// at it, in another thread, when the round goes on.
struct Ending {
  std::atomic<std::size_t> left = 0;
  async::Channel<int> channel{1};
};

// Starts units and waits for all of them, from within their loop.
async::Task<> round_of_tasks(std::size_t alive, Ending& ending) {
  const auto executor = co_await asio::this_coro::executor;
  if (alive == 1) {
    co_await asio::co_spawn(executor, unit(false), asio::deferred);
    co_return;
  }
  ending.left = alive;
  const auto ended = [&ending](const std::exception_ptr&) {
    if (--ending.left == 0) (void)ending.channel.try_send(0);
  };
  for (std::size_t i = 0; i < alive; ++i) asio::co_spawn(executor, unit(true), ended);
  int nothing = 0;
  (void)co_await ending.channel.receive(nothing);
}

// The twin of `measure`; the coroutine may go on in any thread of the pool.
async::Task<> measure_tasks(benchmark::State& state, std::size_t alive, Ending& ending) {
  co_await round_of_tasks(alive, ending);
  Cost used = cost_of_process();
  for (auto _ : state) co_await round_of_tasks(alive, ending);
  const Cost before = std::exchange(used, cost_of_process());
  used -= before;
  report(state, used, state.iterations() * static_cast<std::int64_t>(alive));
}

void tasks(benchmark::State& state, std::size_t alive, int pool) {
  // One thread spares the loop most of its locking, as in async/loop.cpp.
  asio::io_context loop(pool == 1 ? BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO : pool);
  Ending ending;
  std::exception_ptr failure;
  asio::co_spawn(loop, measure_tasks(state, alive, ending),
                 [&failure](std::exception_ptr error) { failure = std::move(error); });
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < pool; ++i) others.emplace_back([&loop] { loop.run(); });
    loop.run();
  }
  if (failure) std::rethrow_exception(failure);
}

using Benchmark = std::function<void(benchmark::State&, std::size_t alive)>;

void add(const std::string& entry, std::initializer_list<std::size_t> alive,
         const Benchmark& benchmark) {
  for (const std::size_t count : alive) {
    const std::string name = "spawn/alive:" + std::to_string(count) + "/of:" + entry;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [benchmark, count](benchmark::State& state) {
                                   guarded(state, [&] { benchmark(state, count); });
                                 })
        ->UseRealTime()
        ->MeasureProcessCPUTime();
  }
}

void add_processes(const std::string& entry, const Start& start) {
  add("multiprocess." + entry, {1, 100},
      [start](auto& state, std::size_t alive) { processes(state, alive, start); });
}

void add_large_process(const std::string& entry, const Start& start) {
  add("multiprocess." + entry, {1}, [start](auto& state, std::size_t alive) {
    const Resident memory(256 * mebibyte);
    processes(state, alive, start);
  });
}

void add_threads(const std::string& entry, std::initializer_list<std::size_t> alive,
                 std::size_t stack_bytes) {
  add("multithread." + entry, alive,
      [stack_bytes](auto& state, std::size_t count) { threads(state, count, stack_bytes); });
}

void add_tasks(const std::string& entry, int pool) {
  add("async." + entry, {1, 100},
      [pool](auto& state, std::size_t alive) { tasks(state, alive, pool); });
}

// Processes come first, since fork wants no thread to have been there.
void add_all() {
  const std::string program = multiprocess::program_beside("spawn_unit");
  const std::string linked = multiprocess::program_beside("spawn_unit_dynamic");
  const auto by_posix_spawn = [program](auto* gate) { return start_by_posix_spawn(program, gate); };
  add_processes("fork", start_by_fork);
  add_large_process("fork-256mib", start_by_fork);
  add_processes("posix-spawn", by_posix_spawn);
  add_large_process("posix-spawn-256mib", by_posix_spawn);
  add_processes("posix-spawn-dynamic",
                [linked](auto* gate) { return start_by_posix_spawn(linked, gate); });
  add_processes("boost-process",
                [program](auto* gate) { return start_by_boost_process(program, gate); });
  add_threads("thread", {1, 100}, 0);
  add_threads("thread-256kib", {1, 100}, small_stack);
  add_threads("thread-fresh-stack", {1}, 64 * mebibyte);
  add_tasks("task", 1);
  add_tasks("task-pool-2", 2);
}

}  // namespace
}  // namespace trivium::bench

int main(int argc, char** argv) {
  trivium::bench::add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
