// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/child.hpp"
#include "tests/conformance/counters.hpp"
#include "tests/conformance/pipe_reader.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// The command of --spawn with `flags` appended; a flag that the command has already is replaced, so
// that no flag comes twice. {port} becomes `port`. In `--capacity workers` it asks for --workers.
[[nodiscard]] std::vector<std::string> echo_command(const std::vector<std::string>& flags = {},
                                                    std::uint16_t port = 0);

// The value that the command of --spawn gives a flag, empty where it gives none.
[[nodiscard]] std::string value_of(const std::string& flag);

// Whether the server under test knows how to split a connection: every strategy but one does.
[[nodiscard]] inline bool can_split() {
  return value_of("--strategy") != "sequential";
}

// A server under test: one that runs elsewhere (--target), or a child of ours.
class EchoServer {
 public:
  // Starts the command of --spawn and waits until it is ready. Throws std::runtime_error, with what
  // the server said, where it does not become ready.
  explicit EchoServer(const std::vector<std::string>& flags = {});
  // The same at this port, without --contract.
  explicit EchoServer(std::uint16_t port);
  // The server of --target.
  explicit EchoServer(Endpoint elsewhere) : at_(std::move(elsewhere)) {}
  ~EchoServer();
  EchoServer(EchoServer&&) = default;
  EchoServer& operator=(EchoServer&&) = delete;

  [[nodiscard]] const Endpoint& at() const { return at_; }
  [[nodiscard]] Child& child() { return child_.value(); }
  [[nodiscard]] bool gone() { return child_ && !child_->running(); }

  // What became of the process of --spawn, and what it said.
  [[nodiscard]] std::string describe();

  // Connects; throws where it is refused.
  [[nodiscard]] Stream connect(Deadline deadline = Deadline{}, int receive_buffer = 0) const {
    return Stream::connect(at_, deadline, receive_buffer);
  }

  // Asks for the counters by SIGUSR1 (--contract only). Throws where no answer comes.
  [[nodiscard]] Counters counters();
  // Asks again until `enough` holds or the deadline passes; returns the last answer.
  [[nodiscard]] Counters counters_when(const std::function<bool(const Counters&)>& enough,
                                       Deadline deadline = Deadline{});
  // The counters once no connection is active.
  [[nodiscard]] Counters settled_counters() {
    return counters_when([](const Counters& now) { return now.at("active") == 0; });
  }

  // Sends the signal and waits for the end; nothing where the deadline passed.
  [[nodiscard]] std::optional<ExitStatus> stop(int signal = SIGTERM,
                                               Deadline deadline = Deadline{});

 private:
  [[nodiscard]] bool starts_at(std::uint16_t port, const std::vector<std::string>& flags,
                               Deadline deadline);
  [[nodiscard]] bool accepts();

  Endpoint at_;
  std::optional<Child> child_;
  std::vector<Process> workers_{};  // those below it when it was told to stop
  // What a server says that is not ours: it may say more than a pipe holds.
  std::unique_ptr<PipeReader> out_;
  std::unique_ptr<PipeReader> err_;
};

// The fixture of all cases about a server. Cases use one server in common, started by the first;
// one that needs other flags starts its own with use(). After each case a healthy exchange must
// still work; a server that is not well is replaced where it is ours, and else blocks the cases
// that follow until it is.
class EchoTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] EchoServer& server() { return own_ ? *own_ : *common_; }
  void use(const std::vector<std::string>& flags);
  // The case has ended its server on purpose.
  void expect_gone() { probe_ = false; }

 private:
  static std::unique_ptr<EchoServer> common_;
  static bool common_is_well_;
  std::optional<EchoServer> own_;
  bool probe_ = true;
};

// Starts the server in common, or names the one that runs already.
[[nodiscard]] std::unique_ptr<EchoServer> make_common_server();

// What is wrong with the answer to a plain exchange; empty where nothing is. Where the target never
// answered as it must, it is enough that it accepts a connection.
[[nodiscard]] std::string what_ails(const EchoServer& server);

}  // namespace trivium::conformance
