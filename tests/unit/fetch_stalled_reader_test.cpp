// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// ^C ends a run whose output nobody takes: the pipe is full, finished results wait behind it, and
// units wait to send more of them. Runs the programs themselves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"
#include "shared/net/listener.hpp"

namespace trivium {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(30);

bool poll_until(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Answers every request with the same large body, one after the other.
class Origin {
 public:
  Origin()
      : listener_(net::listen_on(net::resolve_first({"127.0.0.1", "0"}), 128)),
        over_(net::make_event()),
        thread_([this] { serve(); }) {}
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;
  ~Origin() {
    net::ring(over_.get());
    thread_.join();
  }

  [[nodiscard]] std::string url() const {
    return "http://" + net::to_string(net::local_address(listener_.get())) + "/";
  }
  [[nodiscard]] int served() const { return served_; }

 private:
  void serve() {
    while (!net::wait_readable(listener_.get(), over_.get(), net::forever).second) {
      const net::Descriptor connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      net::set_idle_timeout(connection.get(), patience);
      char byte = 0;
      std::string head;
      while (!head.ends_with("\r\n\r\n") && ::recv(connection.get(), &byte, 1, 0) == 1) {
        head += byte;
      }
      std::string answer = "HTTP/1.0 200 OK\r\n\r\n" + std::string(400'000, 'x');
      for (std::size_t sent = 0; sent < answer.size();) {
        const auto count =
            ::send(connection.get(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (count < 0) break;
        sent += static_cast<std::size_t>(count);
      }
      ++served_;
    }
  }

  net::Descriptor listener_;
  net::Descriptor over_;
  std::atomic<int> served_ = 0;
  std::thread thread_;
};

struct Contender {
  const char* name;
  const char* program;
  const char* strategy;
  int served;  // how many answers are taken before everything waits
};

std::ostream& operator<<(std::ostream& out, const Contender& contender) {
  return out << contender.name;
}

class FetchStalledReader : public testing::TestWithParam<Contender> {};

TEST_P(FetchStalledReader, IsNoReasonToStay) {
  const auto& [name, program, strategy, served] = GetParam();
  Origin origin;
  std::vector<std::string> words{"fetch", "--strategy", strategy, "--jobs", "8"};
  words.insert(words.end(), 40, origin.url());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const net::Descriptor reader(ends[0]);
  net::Descriptor writer(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  pid_t fetch = 0;
  ASSERT_EQ(::posix_spawn(&fetch, program, &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  writer.close();

  const int capacity = ::fcntl(reader.get(), F_GETPIPE_SZ);
  EXPECT_TRUE(poll_until([&] {
    int waiting = 0;
    ::ioctl(reader.get(), FIONREAD, &waiting);
    return waiting > capacity - 4096 && origin.served() >= served;
  })) << origin.served()
      << " answers were taken";
  EXPECT_EQ(::kill(fetch, SIGINT), 0);
  int status = 0;
  const bool ended = poll_until([&] { return ::waitpid(fetch, &status, WNOHANG) == fetch; });
  EXPECT_TRUE(ended);
  if (!ended) {
    ::kill(fetch, SIGKILL);
    ::waitpid(fetch, &status, 0);
  }
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
}

// Threads and tasks: the one that is printed, 8 in the channel, 8 that wait to be sent. Processes:
// the channel holds less than one result.
INSTANTIATE_TEST_SUITE_P(
    Strategies, FetchStalledReader,
    testing::Values(Contender{"MultiprocessPerUrl", MULTIPROCESS_FETCH, "per-url", 8},
                    Contender{"MultiprocessHandoff", MULTIPROCESS_FETCH, "handoff", 8},
                    Contender{"MultiprocessSharedQueue", MULTIPROCESS_FETCH, "shared-queue", 8},
                    Contender{"MultithreadPerUrl", MULTITHREAD_FETCH, "per-url", 17},
                    Contender{"MultithreadHandoff", MULTITHREAD_FETCH, "handoff", 9},
                    Contender{"MultithreadSharedQueue", MULTITHREAD_FETCH, "shared-queue", 17},
                    Contender{"AsyncPerUrl", ASYNC_FETCH, "per-url", 17},
                    Contender{"AsyncHandoff", ASYNC_FETCH, "handoff", 17},
                    Contender{"AsyncSharedQueue", ASYNC_FETCH, "shared-queue", 17}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace trivium
