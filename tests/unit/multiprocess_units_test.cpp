// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/units.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

#include "multiprocess/acceptor.hpp"
#include "multiprocess/child_process.hpp"
#include "multiprocess/descriptor_passing.hpp"
#include "shared/net/accept.hpp"
#include "shared/net/listener.hpp"

namespace trivium::multiprocess {
namespace {

using std::chrono::milliseconds;

std::vector<Units::Ended> reap(Units& units, std::size_t count) {
  std::vector<Units::Ended> all;
  const auto deadline = Units::Clock::now() + std::chrono::seconds(60);
  while (all.size() < count && Units::Clock::now() < deadline) {
    const auto some = units.reap();
    all.insert(all.end(), some.begin(), some.end());
    std::this_thread::sleep_for(milliseconds(1));
  }
  return all;
}

// Blocks until the other end of the socket is closed, or something is sent.
void wait_for(int socket) {
  char byte = 0;
  while (::recv(socket, &byte, 1, 0) < 0 && errno == EINTR) {
  }
}

TEST(Units, FoldsWhatAUnitCountedAndUsesItsSlotAgain) {
  Units units(2);
  for (int round = 0; round < 5; ++round) {
    const auto unit =
        units.start([](net::CounterSlot& counters) { net::CounterSlot::add(counters.lines, 3); });
    EXPECT_EQ(unit, 0U);
    const auto ended = reap(units, 1);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].unit, unit);
    EXPECT_FALSE(ended[0].died);
  }
  EXPECT_EQ(units.running(), 0U);
  EXPECT_EQ(units.totals().lines, 15U);
  EXPECT_EQ(units.totals().units_started, 5U);
  EXPECT_EQ(units.totals().units_died, 0U);
}

TEST(Units, SeesTheCountsOfRunningUnitsAndKeepsThoseOfTheKilled) {
  Units units(4);
  const auto [ours, theirs] = make_message_sockets();
  const auto unit = units.start([&](net::CounterSlot& counters) {
    net::CounterSlot::add(counters.accepted, 2);
    counters.close(protocol::CloseReason::end);
    (void)::send(theirs.get(), "x", 1, 0);
    for (;;) ::pause();
  });
  wait_for(ours.get());
  EXPECT_EQ(units.totals().accepted, 2U);
  EXPECT_EQ(units.totals().active(), 1U);
  units.kill(unit);
  const auto ended = reap(units, 1);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].died);
  EXPECT_EQ(ended[0].accepted, 2U);
  EXPECT_EQ(ended[0].closed, 1U);
  units.crashed(1);
  EXPECT_EQ(units.totals().active(), 0U);
  EXPECT_EQ(units.totals().units_died, 1U);
}

TEST(Units, ABodyThatThrowsIsADeathWithALine) {
  Units units(1);
  units.start([](net::CounterSlot&) { throw std::runtime_error("on purpose"); });
  const auto ended = reap(units, 1);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].died);
}

TEST(Units, KickEndsASystemCallAndNothingElse) {
  Units units(1);
  const auto [ours, theirs] = make_message_sockets();
  units.start([&](net::CounterSlot& counters) {
    (void)::send(theirs.get(), "x", 1, 0);
    while (!units.board().expired()) ::pause();
    net::CounterSlot::add(counters.lines, 1);
  });
  wait_for(ours.get());
  for (int i = 0; i < 5; ++i) units.kick();
  EXPECT_TRUE(units.reap().empty());
  units.board().expired() = true;
  std::vector<Units::Ended> ended;
  while (ended.empty()) {
    units.kick();
    ended = units.reap();
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_FALSE(ended[0].died);
  EXPECT_EQ(units.totals().lines, 1U);
}

TEST(Units, KillsAndReapsAllAtTheEnd) {
  auto [ours, theirs] = make_message_sockets();
  {
    Units units(3);
    for (int i = 0; i < 3; ++i) {
      units.start([](net::CounterSlot&) {
        for (;;) ::pause();
      });
    }
    theirs.close();
  }
  wait_for(ours.get());  // returns at the end of stream: nobody has the other end any more
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

// What becomes of a worker whose parent is killed: the test's child is that parent.
TEST(ChildProcess, AWorkerDiesWithItsParent) {
  auto [ours, theirs] = make_message_sockets();
  const pid_t parent = fork_worker([&] {
    (void)fork_worker([&] {
      (void)::send(theirs.get(), "x", 1, 0);
      for (;;) ::pause();
    });
    theirs.close();
    for (;;) ::pause();
  });
  theirs.close();
  wait_for(ours.get());
  ::kill(parent, SIGKILL);
  wait_for(ours.get());  // the worker's end is closed
  EXPECT_EQ(::waitpid(parent, nullptr, 0), parent);
}

TEST(ChildProcess, ClosesAllButWhatIsKept) {
  const auto [first, second] = make_message_sockets();
  const auto [third, fourth] = make_message_sockets();
  const pid_t pid = fork_worker([&] {
    close_all_but({fourth.get(), first.get()});
    const auto is_open = [](const net::Descriptor& d) { return ::fcntl(d.get(), F_GETFD) >= 0; };
    const bool standard = ::fcntl(0, F_GETFD) >= 0 && ::fcntl(2, F_GETFD) >= 0;
    if (!standard || !is_open(first) || !is_open(fourth) || is_open(second) || is_open(third)) {
      ::_exit(1);
    }
  });
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(ChildProcess, AProgramInheritsWhatItIsGivenInOrder) {
  const auto [first_ours, first_theirs] = make_message_sockets();
  const auto [second_ours, second_theirs] = make_message_sockets();
  const pid_t pid = start_program("/bin/sh", {"-c", "echo one >&3; echo two >&4"},
                                  {first_theirs.get(), second_theirs.get()});
  std::array<char, 8> text{};
  EXPECT_EQ(::recv(first_ours.get(), text.data(), text.size(), 0), 4);
  EXPECT_EQ(std::string(text.data(), 4), "one\n");
  EXPECT_EQ(::recv(second_ours.get(), text.data(), text.size(), 0), 4);
  EXPECT_EQ(std::string(text.data(), 4), "two\n");
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(ChildProcess, AProgramThatIsNotThereIsAnErrorThatNamesIt) {
  try {
    start_program("/nowhere/echo_worker", {}, {});
    FAIL() << "it started";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_NE(std::string(error.what()).find("/nowhere/echo_worker"), std::string::npos);
  }
}

class AcceptorTest : public ::testing::Test {
 protected:
  net::Descriptor connect() {
    const net::Address address = net::local_address(listener.get());
    net::Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    net::checked(::connect(client.get(), address.get(), address.size), "connect");
    return client;
  }

  net::Descriptor listener = net::listen_on(net::resolve_first({"127.0.0.1", "0"}), 16);
  net::CounterSlot counters;
  net::Admission everyone{{}};
  Acceptor acceptor{listener, everyone, counters};
};

TEST_F(AcceptorTest, TakesWhoWaitsAndDoesNotBlock) {
  EXPECT_FALSE(acceptor.accept());
  EXPECT_EQ(acceptor.wait().descriptor, listener.get());
  const auto client = connect();
  EXPECT_TRUE(acceptor.accept());
  EXPECT_FALSE(acceptor.accept());
  EXPECT_EQ(counters.accepted, 1U);
  EXPECT_EQ(counters.accept_errors, 0U);
}

TEST_F(AcceptorTest, WithoutADescriptorLeftItBacksOffAndLosesNobody) {
  const auto client = connect();
  std::vector<net::Descriptor> all;
  while (auto one = net::Descriptor(::dup(0))) all.push_back(std::move(one));
  EXPECT_FALSE(acceptor.accept());
  EXPECT_EQ(counters.accept_errors, 1U);
  const auto wait = acceptor.wait();
  EXPECT_EQ(wait.descriptor, -1);
  EXPECT_LE(wait.until, Acceptor::Clock::now() + milliseconds(net::accept_backoff_ms));
  all.clear();
  std::this_thread::sleep_until(wait.until);
  EXPECT_EQ(acceptor.wait().descriptor, listener.get());
  EXPECT_TRUE(acceptor.accept());
  EXPECT_EQ(counters.accepted, 1U);
}

TEST_F(AcceptorTest, AShutOrClosedListenerBringsNothing) {
  const auto client = connect();
  net::shut_listener(listener.get());
  EXPECT_FALSE(acceptor.accept());
  listener.close();
  EXPECT_FALSE(acceptor.accept());
  EXPECT_EQ(acceptor.wait().descriptor, -1);
  EXPECT_EQ(counters.accept_errors, 0U);
}

}  // namespace
}  // namespace trivium::multiprocess
