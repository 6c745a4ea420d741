// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Capacity: how many are served at once, and what becomes of the rest.
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/processes.hpp"

namespace trivium::conformance {
namespace {

// Many clients at once, each of which waits for its head, exchanges a line, and ends. It ends only
// once `hold` of them are served at the same time; after that each ends as soon as it can.
class Crowd {
 public:
  Crowd(const EchoServer& server, int count, int hold) : hold_(hold) {
    for (int i = 0; i < count; ++i) {
      clients_.push_back({server.connect(), "client " + std::to_string(i) + "\n", {}, false});
    }
  }

  // Runs until all are done or the deadline passes.
  void run(Deadline deadline) {
    while (done_ < static_cast<int>(clients_.size()) && !deadline.expired() && lost_ == 0) {
      if (!held_ && in_service_ == hold_) {
        glance_at_the_rest();
        held_ = true;
        for (auto& client : clients_) end_if_served(client);
      }
      step(deadline);
    }
  }

  [[nodiscard]] int done() const { return done_; }
  [[nodiscard]] int lost() const { return lost_; }
  [[nodiscard]] int most_in_service() const { return most_; }

 private:
  struct Client {
    Stream stream;
    std::string line;
    std::string received;
    bool ending = false;
  };

  void step(Deadline deadline) {
    std::vector<pollfd> polled;
    std::vector<Client*> waiting;
    for (auto& client : clients_) {
      if (!client.stream) continue;
      polled.push_back({client.stream.fd(), POLLIN, 0});
      waiting.push_back(&client);
    }
    ::poll(polled.data(), polled.size(), std::min(deadline.remaining_ms(), 100));
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) advance(*waiting[i]);
    }
  }

  void advance(Client& client) {
    const bool had_head = client.received.size() >= head.size();
    const auto got = client.stream.receive(4096, Deadline{milliseconds{0}});
    client.received += got.data;
    if (!had_head && client.received.size() >= head.size()) {
      most_ = std::max(most_, ++in_service_);
      client.stream.send(client.line);
    }
    if (held_) end_if_served(client);
    if (got.end == End::timeout) return;
    const bool right = got.end == End::fin && client.received == std::string{head} + client.line;
    ++(right ? done_ : lost_);
    client.stream.close();
  }

  // From the client's last byte on it no longer counts as being served: the server may have begun
  // the next before we learn that it has ended this one.
  void end_if_served(Client& client) {
    if (client.ending || client.received.size() != head.size() + client.line.size()) return;
    client.ending = true;
    --in_service_;
    client.stream.send("\n");
  }

  // Time for a server that serves more than it may to show it.
  void glance_at_the_rest() {
    for (const Deadline until{2 * glance}; !until.expired();) step(until);
  }

  std::vector<Client> clients_;
  int hold_;
  bool held_ = false;
  int in_service_ = 0;
  int most_ = 0;
  int done_ = 0;
  int lost_ = 0;
};

class EchoContractCapacity : public EchoTest {};

TEST_F(EchoContractCapacity, AThousandAtOnce) {
  const Requirement requirement{"echo.capacity.thousand", "E10.1", Level::must,
                                "A blocking pool of N workers serves N connections at a time, "
                                "`sequential` one, the others all; the kernel queues the rest, and "
                                "none is lost."};
  const int count = config().quick ? 200 : 1000;
  int at_a_time = config().capacity == 0 ? count : config().capacity;
  if (config().capacity_is_workers) {
    at_a_time = 8;
    use({"--workers", std::to_string(at_a_time), "--idle-timeout", "10m"});
  } else {
    use({"--idle-timeout", "10m"});
  }
  at_a_time = std::min(at_a_time, count);
  Crowd crowd{server(), count, at_a_time};
  crowd.run(Deadline{8 * patience});  // a sanitizer needs minutes for two thousand units
  EXPECT_EQ(crowd.lost(), 0);
  EXPECT_EQ(crowd.done(), count);
  EXPECT_EQ(crowd.most_in_service(), at_a_time);
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.at("accepted"), count);
  EXPECT_EQ(counters.closed("end"), count);
}

TEST_F(EchoContractCapacity, MaxConnections) {
  const Requirement requirement{"echo.capacity.max-connections", "E10.2", Level::must,
                                "At --max-connections nobody accepts, and the kernel queues; when "
                                "one is closed, the next is accepted."};
  if (const auto why = unmet({.capacity = 2}); !why.empty()) GTEST_SKIP() << why;
  use({"--max-connections", "2"});
  auto first = open(server());
  auto second = open(server());
  auto third = server().connect();
  auto fourth = server().connect();
  expect_silence(third);
  EXPECT_EQ(server().counters().at("accepted"), 2);
  expect_echo(second, "still served");
  first.send("\n");
  expect_end(first);
  first.close();
  // Where there are several listeners, either may be the next.
  ASSERT_TRUE(poll_until([&] { return third.readable({}) || fourth.readable({}); }));
  if (!third.readable({})) std::swap(third, fourth);
  expect_bytes(third, head);
  expect_silence(fourth);
  second.abort();
  expect_bytes(fourth, head);
  expect_echo(third, "served in its turn");
}

TEST_F(EchoContractCapacity, LingeringCountsAsActive) {
  const Requirement requirement{"echo.capacity.lingering", "E10.2", Level::must,
                                "A lingering connection counts as active: it holds its place "
                                "under --max-connections, and in the counters."};
  judge_a_quick_attempt([&] {
    use({"--max-connections", "1"});
    auto first = open(server());
    const auto start = Clock::now();
    first.send("\n");
    expect_end(first);
    auto second = server().connect();
    const auto counters = server().counters();
    const bool silent = !second.readable(glance);
    // Lingering ends after 2 s, which begin after `start`.
    if (since(start) >= milliseconds{2000}) return false;
    EXPECT_EQ(counters.at("active"), 1);
    EXPECT_EQ(counters.closed_in_all(), 0);
    EXPECT_TRUE(silent) << "the second was begun while the first lingers";
    first.close();
    expect_bytes(second, head);
    return true;
  });
}

TEST_F(EchoContractCapacity, OverManyTurnsTheLimitHolds) {
  const Requirement requirement{"echo.capacity.limit-holds", "E10.2", Level::must,
                                "The limit does not wear out: after many connections, ended, "
                                "reset and rejected, as many are served as before."};
  use({"--max-connections", "1"});
  for (int i = 0; i < 60 && !HasFailure(); ++i) {
    if (i % 3 == 0) expect_answer(server(), "a\n\n", "a\n");
    if (i % 3 == 1) expect_answer(server(), "a\n\xff\n", "a\n");
    if (i % 3 == 2) open(server()).abort();
  }
  auto stream = open(server());
  auto queued = server().connect();
  expect_silence(queued);
}

TEST_F(EchoContractCapacity, SmallestBacklog) {
  const Requirement requirement{"echo.capacity.backlog", "E10.1", Level::must,
                                "--backlog is the length of the kernel's queue; with one of 1 "
                                "connections are served one after another."};
  use({"--backlog", "1"});
  for (int i = 0; i < 20 && !HasFailure(); ++i) expect_answer(server(), "a\n\n", "a\n");
}

// Holds every process of a server still, so that nobody accepts, while this lives.
class HeldStill {
 public:
  explicit HeldStill(pid_t root) {
    // One that has just begun another process may do so until it is stopped.
    EXPECT_TRUE(poll_until([&] {
      pids_ = family(root);
      for (const pid_t pid : pids_) ::kill(pid, SIGSTOP);
      return std::ranges::all_of(pids_, is_stopped);
    })) << "a process of the server does not stop";
  }
  ~HeldStill() {
    for (const pid_t pid : pids_) ::kill(pid, SIGCONT);
  }
  HeldStill(const HeldStill&) = delete;
  HeldStill& operator=(const HeldStill&) = delete;

 private:
  std::vector<pid_t> pids_;
};

TEST_F(EchoContractCapacity, BacklogIsTheQueuesLength) {
  const Requirement requirement{"echo.capacity.backlog-length", "E10.1", Level::must,
                                "While nobody accepts, the kernel queues as many connections as "
                                "--backlog says, at most as many again, and none is lost."};
  for (const int backlog : {4, 30}) {
    SCOPED_TRACE(backlog);
    // Loops that accept each for itself have a queue each.
    use({"--workers", "1", "--backlog", std::to_string(backlog)});
    std::vector<Stream> streams;
    {
      const HeldStill nobody_accepts{server().child().pid()};
      for (const Deadline deadline; std::ssize(streams) <= 2 * backlog && !deadline.expired();) {
        try {
          streams.push_back(server().connect(Deadline{4 * glance}));
        } catch (const std::system_error&) {  // the queue is full
          if (std::ssize(streams) >= backlog) break;
        }
      }
    }
    EXPECT_GE(std::ssize(streams), backlog);
    EXPECT_LE(std::ssize(streams), 2 * backlog);
    for (auto& stream : streams) {
      stream.send("a\n\n");
      stream.finish();
    }
    for (auto& stream : streams) expect_end(stream, std::string{head} + "a\n");
  }
}

TEST_F(EchoContractCapacity, OneWorker) {
  const Requirement requirement{"echo.capacity.one-worker", "E10.1", Level::must,
                                "--workers 1 is legal, and serves."};
  use({"--workers", "1"});
  for (int i = 0; i < 20 && !HasFailure(); ++i) expect_answer(server(), "a\n\n", "a\n");
}

}  // namespace
}  // namespace trivium::conformance
