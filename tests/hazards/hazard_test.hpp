// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What every test of hazards builds on: a server of the contender, and clients that know which unit
// serves them. Servers are judged from outside, by the tools of tests/conformance.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/counters.hpp"
#include "tests/conformance/deadline.hpp"
#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/echo_server.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/socket.hpp"
#include "tests/hazards/contender.hpp"

namespace trivium::hazards {

using conformance::Clock;
using conformance::Counters;
using conformance::Deadline;
using conformance::EchoServer;
using conformance::End;
using conformance::expect_bytes;
using conformance::expect_echo;
using conformance::expect_end;
using conformance::milliseconds;
using conformance::poll_until;
using conformance::Stream;

/// The process and the thread that serve a connection.
struct Unit {
  pid_t pid = 0;
  pid_t tid = 0;
};

/// Has servers be started by this command, with `{port}` in it, from now on.
void judge_command(const std::string& command);

/// Starts servers of one contender with `--hazards`.
class HazardTest : public testing::TestWithParam<Contender> {
 protected:
  [[nodiscard]] static const Contender& contender() { return GetParam(); }

  /// Starts the server. `descriptors`: how many its processes may have each; 0: as many as we.
  void serve(std::vector<std::string> flags, int descriptors = 0);

  [[nodiscard]] EchoServer& server() { return server_.value(); }
  [[nodiscard]] pid_t main_process() { return server().child().pid(); }

  /// A connection that has its head.
  [[nodiscard]] Stream open() { return conformance::open(server()); }
  /// A connection of which nothing is expected.
  [[nodiscard]] Stream connect() { return server().connect(); }

  /// Asks which unit serves the connection.
  [[nodiscard]] static Unit ask(Stream& stream);

  /// A whole exchange on a connection of its own is answered.
  void expect_service();

  /// Nobody listens any more.
  void expect_refused();

  /// The client gets its head only once `end_it` was called.
  template <typename EndIt>
  void expect_to_wait_until(Stream& stream, EndIt end_it) {
    EXPECT_FALSE(stream.readable(conformance::glance)) << "it was served, or refused";
    end_it();
    expect_bytes(stream, conformance::head);
  }

  /// What the server left in its `--stats` file, which `serve` asks for.
  [[nodiscard]] Counters stats() const;

  /// The processes below the server's, less those that are only still to be reaped.
  [[nodiscard]] std::size_t processes();

 private:
  std::string stats_path_;
  std::optional<EchoServer> server_;
};

/// Resident memory of a process, and of all processes below it, in bytes.
[[nodiscard]] std::size_t memory_of_all(pid_t root);

/// Names a test by its contender, in the characters that gtest takes.
[[nodiscard]] std::string test_name(const testing::TestParamInfo<Contender>& info);

}  // namespace trivium::hazards
