// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/split_connection.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "multiprocess/child_process.hpp"
#include "multiprocess/units.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium::multiprocess {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using protocol::CloseReason;

const std::string head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";

std::vector<pid_t> children_of(pid_t parent) {
  const auto number = std::to_string(parent);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> children;
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

// As proc(5) spells it: S sleeps, T is stopped, Z is a zombie; none where there is no such process.
char state_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.empty() ? '\0' : text[text.rfind(')') + 2];
}

bool is_alive(pid_t process) {
  return state_of(process) != '\0' && state_of(process) != 'Z';
}

// One connection, served by a pair of processes.
class Served {
 public:
  explicit Served(std::chrono::nanoseconds idle_timeout = 60s) {
    const auto listener = test::listen_on_loopback();
    net::set_idle_timeout(listener.get(), idle_timeout);
    const int size = 16 * 1024;
    for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
      net::checked(::setsockopt(listener.get(), SOL_SOCKET, option, &size, sizeof size), "buffer");
    }
    client = test::connect_to(listener.get(), size);
    auto connection = net::accept_one(listener.get(), units.counters());
    const net::ServeOptions options{.limits = {},
                                    .idle_timeout = idle_timeout,
                                    .expired = units.board().expired(),
                                    .split = true};
    units.start([&](net::CounterSlot& counters) {
      close_all_but({connection->get()});
      Service service(options, counters);
      service.serve(std::move(*connection));
    });
  }

  // Waits until both processes have ended; says how.
  Units::Ended join() {
    std::vector<Units::Ended> ended;
    EXPECT_TRUE(test::eventually([&] {
      if (kicked) units.kick();
      const auto more = units.reap();  // the half that was adopted is reaped here too
      ended.insert(ended.end(), more.begin(), more.end());
      return !ended.empty() && children_of(::getpid()).empty();
    }));
    return ended.empty() ? Units::Ended{} : ended.front();
  }

  [[nodiscard]] std::uint64_t closed(CloseReason reason) const {
    return units.totals().closed[static_cast<std::size_t>(reason)];
  }

  [[nodiscard]] static pid_t reader() { return children_of(::getpid()).at(0); }
  [[nodiscard]] static pid_t writer() { return children_of(reader()).at(0); }

  Units units{1, 2};
  net::Descriptor client;
  bool kicked = false;
};

// Lines for which the socket's buffers have no room, but the channel has.
const std::string outstanding = [] {
  std::string lines;
  while (lines.size() < 96 * 1024) lines += std::string(1023, 'o') + "\n";
  return lines;
}();

void leave_outstanding(const Served& served) {
  test::send_all(served.client.get(), outstanding);
  EXPECT_TRUE(
      test::eventually([&] { return served.units.totals().bytes_in == outstanding.size(); }));
}

TEST(SplitProcesses, EchoAndCount) {
  Served served;
  test::send_all(served.client.get(), "a\r\nbc\nd");
  ::shutdown(served.client.get(), SHUT_WR);
  EXPECT_EQ(test::receive(served.client.get()), head + "a\nbc\nd\n");
  EXPECT_FALSE(served.join().died);
  const auto totals = served.units.totals();
  EXPECT_EQ(served.closed(CloseReason::eof), 1U);
  EXPECT_EQ(totals.lines, 3U);
  EXPECT_EQ(totals.bytes_in, 7U);
  EXPECT_EQ(totals.bytes_out, head.size() + 7);
  EXPECT_EQ(totals.units_started, 2U);
  EXPECT_EQ(totals.units_died, 0U);
}

TEST(SplitProcesses, OutputThatIsTakenKeepsTheConnectionFromBeingIdle) {
  test::judge_a_quick_attempt([] {
    Served served(1s);
    const auto begin = Clock::now();
    leave_outstanding(served);
    // The kernel takes a third of its buffer at a time: about every 600 ms.
    auto [answer, pause] =
        test::read_slowly(served.client.get(), 40.0 * 1024, Clock::now(), begin + 2s);
    if (pause > 300ms) return false;
    EXPECT_EQ(served.units.totals().active(), 1U);
    answer += test::receive(served.client.get(), head.size() + outstanding.size() - answer.size());
    EXPECT_TRUE(answer == head + outstanding);
    EXPECT_EQ(test::receive(served.client.get()), "");
    served.client.close();
    EXPECT_FALSE(served.join().died);
    EXPECT_EQ(served.closed(CloseReason::idle), 1U);
    return true;
  });
}

TEST(SplitProcesses, OutputThatNobodyTakesIsIdle) {
  Served served(500ms);
  leave_outstanding(served);
  EXPECT_FALSE(served.join().died);
  EXPECT_EQ(served.closed(CloseReason::idle), 1U);
}

TEST(SplitProcesses, AResetWithOutputOutstandingIsCountedOnce) {
  for (int i = 0; i < 10; ++i) {
    Served served;
    leave_outstanding(served);
    test::reset(served.client);
    EXPECT_FALSE(served.join().died);
    EXPECT_EQ(served.closed(CloseReason::reset), 1U);
    EXPECT_EQ(served.units.totals().active(), 0U);
  }
}

// The reading unit waits for room in the channel then, where signals interrupt nothing.
TEST(SplitProcesses, AKickReachesBoth) {
  Served served;
  const std::string line = std::string(1023, 'x') + "\n";
  for (auto last = Clock::now(); Clock::now() - last < 200ms;) {
    const auto count =
        ::send(served.client.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) last = Clock::now();
  }
  for (int i = 0; i < 5; ++i) served.units.kick();
  EXPECT_TRUE(served.units.reap().empty());  // a kick alone ends nothing
  served.units.board().expired() = true;
  served.kicked = true;
  EXPECT_FALSE(served.join().died);
  EXPECT_EQ(served.closed(CloseReason::drain), 1U);
}

// ---- Death.

void expect_end_of_both(Served& served, pid_t killed) {
  const pid_t reader = Served::reader();
  const pid_t writer = Served::writer();
  ::kill(killed, SIGKILL);
  EXPECT_TRUE(served.join().died);
  EXPECT_FALSE(is_alive(reader));
  EXPECT_FALSE(is_alive(writer));
  EXPECT_EQ(served.units.totals().active(), 1U) << "it is for the strategy to count it as crashed";
  EXPECT_EQ(served.units.totals().units_died, 2U);
}

TEST(SplitProcesses, TheWriterTakesTheReaderAlongFromItsRecv) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  expect_end_of_both(served, Served::writer());
  EXPECT_EQ(test::receive(served.client.get()), "");
}

TEST(SplitProcesses, TheWriterTakesTheReaderAlongFromTheFullChannel) {
  Served served;
  test::send_all(served.client.get(), outstanding + outstanding);
  EXPECT_TRUE(test::eventually([&] {
    return served.units.totals().bytes_in > 64 * 1024 && state_of(Served::reader()) == 'S' &&
           state_of(Served::writer()) == 'S';
  }));
  expect_end_of_both(served, Served::writer());
}

TEST(SplitProcesses, TheReaderTakesTheWriterAlong) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  expect_end_of_both(served, Served::reader());
  EXPECT_EQ(test::receive(served.client.get()), "");
}

TEST(SplitProcesses, AWriterThatIsStoppedIsNotDead) {
  Served served;
  EXPECT_EQ(test::receive(served.client.get(), head.size()), head);
  const pid_t writer = Served::writer();
  ::kill(writer, SIGSTOP);
  EXPECT_TRUE(test::eventually([&] { return state_of(writer) == 'T'; }));
  test::send_all(served.client.get(), "a\n\n");
  ::kill(writer, SIGCONT);
  EXPECT_EQ(test::receive(served.client.get()), "a\n");
  served.client.close();
  EXPECT_FALSE(served.join().died);
  EXPECT_EQ(served.closed(CloseReason::end), 1U);
}

// ---- Want.

TEST(SplitProcesses, WithoutMeansToStartTheWriterTheConnectionWaitsUntilItExpires) {
  Units units(1, 2);
  const auto listener = test::listen_on_loopback();
  const auto client = test::connect_to(listener.get());
  const auto theirs = net::accept_one(listener.get(), units.counters()).value();
  const net::ServeOptions options{
      .limits = {}, .idle_timeout = 60s, .expired = units.board().expired(), .split = true};
  units.start([&](net::CounterSlot& counters) {
    close_all_but({theirs.get()});
    if (::geteuid() == 0) net::checked(::setuid(65534), "setuid");  // root has no such limit
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    net::checked(::setrlimit(RLIMIT_NPROC, &none), "setrlimit");
    Service service(options, counters);
    service.serve(net::Descriptor(theirs.get()));
  });
  EXPECT_TRUE(test::eventually([&] { return units.totals().accept_errors >= 3; }));
  units.board().expired() = true;
  std::vector<Units::Ended> ended;
  EXPECT_TRUE(test::eventually([&] {
    ended = units.reap();
    return !ended.empty();
  }));
  EXPECT_FALSE(ended.at(0).died);
  EXPECT_EQ(units.totals().closed[static_cast<std::size_t>(CloseReason::drain)], 1U);
}

}  // namespace
}  // namespace trivium::multiprocess
