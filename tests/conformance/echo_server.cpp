// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/echo_server.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "tests/conformance/catalogue.hpp"
#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/judge.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/transcript.hpp"

namespace trivium::conformance {
namespace {

constexpr std::string_view ready_words = "listening on ";

Deadline until_ready() {
  return Deadline{config().timeout.count() > 0 ? 4 * patience : startup_patience};
}

}  // namespace

std::vector<std::string> echo_command(const std::vector<std::string>& flags, std::uint16_t port) {
  auto words = split_command(config().spawn_command);
  std::vector<std::string> additions;
  if (config().capacity_is_workers && std::ranges::find(flags, "--workers") == flags.end()) {
    additions = {"--workers", std::to_string(own_workers)};
  }
  additions.insert(additions.end(), flags.begin(), flags.end());
  return substitute(with_flags(std::move(words), additions), "{port}", std::to_string(port));
}

std::string value_of(const std::string& flag) {
  return flag_value(echo_command(), flag);
}

EchoServer::EchoServer(const std::vector<std::string>& flags) {
  const auto deadline = until_ready();
  if (config().contract) {
    child_.emplace(echo_command(flags));
    const auto line = child_->out_line(0, deadline);
    if (!line || !line->starts_with(ready_words)) {
      throw std::runtime_error("no ready line; " + describe());
    }
    at_ = parse_endpoint(std::string_view{*line}.substr(ready_words.size()));
    return;
  }
  // The port that was free a moment ago may be taken by now.
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    if (starts_at(free_port(), flags, deadline)) return;
    if (attempt == attempts || deadline.expired()) {
      throw std::runtime_error("the server did not become ready; " + describe());
    }
  }
}

EchoServer::EchoServer(std::uint16_t port) {
  if (!starts_at(port, {}, until_ready())) {
    throw std::runtime_error("the server did not become ready; " + describe());
  }
}

// Ready means that a connection succeeds: who says more of itself may say it too early.
bool EchoServer::starts_at(std::uint16_t port, const std::vector<std::string>& flags,
                           Deadline deadline) {
  at_.port = port;
  child_.emplace(echo_command(flags, port));
  out_ = std::make_unique<PipeReader>(child_->release_stdout());
  err_ = std::make_unique<PipeReader>(child_->release_stderr());
  const transcript::Pause while_it_starts;
  const bool ready = poll_until([this] { return !child_->running() || accepts(); }, deadline);
  return ready && child_->running();
}

bool EchoServer::accepts() {
  for (const char* host : {"127.0.0.1", "::1"}) {
    at_.host = host;
    try {
      auto stream = connect(Deadline{milliseconds{1000}});
      // Ends it well: to close with a head that was not read would be a reset.
      (void)stream.exchange({}, true, Deadline{4 * glance});
      return true;
    } catch (const std::system_error&) {
      continue;
    }
  }
  return false;
}

std::string EchoServer::describe() {
  const auto status = child().wait(Deadline{milliseconds{0}});
  std::string text = status ? "it ended with " + std::to_string(status->shell_code()) : "it runs";
  return text + "; standard output: " +
         escaped(out_ ? out_->text() : child().out(), PipeReader::most_text) +
         "; standard error: " + escaped(err_ ? err_->text() : child().err(), PipeReader::most_text);
}

// Whatever it left is killed: a case that is about leftovers has looked before.
EchoServer::~EchoServer() {
  if (!child_) return;
#ifdef TRIVIUM_COVERAGE
  // Who is killed does not tell what it reached.
  for (int asked = 0; asked < 2 && child_->running(); ++asked) {
    child_->signal(SIGTERM);
    (void)child_->wait(Deadline{milliseconds{300}});
  }
#endif
  auto workers = descendants(child_->pid());
  workers.insert(workers.end(), workers_.begin(), workers_.end());
  child_.reset();
  for (const auto& worker : workers) {
    if (any_alive({worker})) ::kill(worker.pid, SIGKILL);
  }
  (void)poll_until([&] { return !any_alive(workers); });
  reap_orphans(workers);
}

Counters EchoServer::counters() {
  auto& process = child();
  const std::size_t from = process.err().size();
  process.signal(SIGUSR1);
  std::size_t at = from;
  for (Deadline deadline; !deadline.expired();) {
    const auto line = process.err_line(at, deadline);
    if (!line) break;
    if (line->starts_with("{")) return parse_counters(*line);
    at += line->size() + 1;
  }
  throw std::runtime_error("SIGUSR1 was not answered by a line of JSON; " + describe());
}

Counters EchoServer::counters_when(const std::function<bool(const Counters&)>& enough,
                                   Deadline deadline) {
  Counters last;
  (void)poll_until(
      [&] {
        last = counters();
        return enough(last);
      },
      deadline);
  return last;
}

std::optional<ExitStatus> EchoServer::stop(int signal, Deadline deadline) {
  workers_ = descendants(child().pid());
  child().signal(signal);
  return child().wait(deadline);
}

std::unique_ptr<EchoServer> make_common_server() {
  if (config().mode == Mode::target) return std::make_unique<EchoServer>(config().target);
  std::vector<std::string> flags;
  if (config().capacity_is_workers) flags = {"--workers", std::to_string(pool_workers)};
  return std::make_unique<EchoServer>(flags);
}

std::string what_ails(const EchoServer& server) {
  try {
    auto stream = server.connect();
    if (!known_of_target().healthy) return {};
    const auto got = exchange_to_end(stream, "h\n");
    const std::string due = std::string{head} + "h\n";
    if (got.data == due && got.end == End::fin) return {};
    return "h\\n and an end were answered by " + escaped(got.data) + ", then " + to_string(got.end);
  } catch (const std::system_error& error) {
    return error.what();
  }
}

std::unique_ptr<EchoServer> EchoTest::common_;
bool EchoTest::common_is_well_ = false;

void EchoTest::SetUp() {
  if (listing()) return;
  if (common_ && common_is_well_ && !common_->gone()) return;
  const bool is_ours = config().mode == Mode::spawn;
  std::string ailment;
  try {
    if (!common_ || is_ours) {
      common_.reset();
      common_ = make_common_server();
    }
    if (!is_ours) ailment = what_ails(*common_);
  } catch (const HarnessError&) {
    throw;
  } catch (const std::runtime_error& error) {
    ailment = error.what();
  }
  common_is_well_ = ailment.empty();
  if (!common_is_well_) GTEST_SKIP() << blocked_prefix << ailment;
}

void EchoTest::use(const std::vector<std::string>& flags) {
  if (!listing()) own_.emplace(flags);
}

void EchoTest::TearDown() {
  const bool has_server = own_ || common_;
  if (listing() || IsSkipped() || !has_server) return;
  if (probe_) {
    std::string ailment;
    if (server().gone()) {
      ailment = "the server ended during the case; " + server().describe();
    } else {
      transcript::note(0, "the exchange after the case:");
      ailment = what_ails(server());
    }
    if (!own_) common_is_well_ = ailment.empty();
    if (!ailment.empty()) ADD_FAILURE() << "after the case the server is not well: " << ailment;
  }
  own_.reset();
}

}  // namespace trivium::conformance
