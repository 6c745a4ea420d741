// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/echo_server.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/harness.hpp"
#include "tests/conformance/processes.hpp"

namespace trivium::conformance {
namespace {

constexpr std::string_view ready_words = "listening on ";

// Removes `--flag value` and `--flag=value`.
void remove_flag(std::vector<std::string>& words, const std::string& flag) {
  for (auto word = words.begin(); word != words.end();) {
    if (*word == flag) {
      word = words.erase(word);
      if (word != words.end()) word = words.erase(word);
    } else if (word->starts_with(flag + "=")) {
      word = words.erase(word);
    } else {
      ++word;
    }
  }
}

std::string describe(Child& child) {
  const auto status = child.wait(Deadline{milliseconds{0}});
  std::string text = status ? "it ended with " + std::to_string(status->shell_code()) : "it runs";
  return text + "; standard output: " + escaped(child.out()) +
         "; standard error: " + escaped(child.err(), 4000);
}

bool accepts(const Endpoint& at) {
  try {
    (void)Stream::connect(at, Deadline{milliseconds{1000}});
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

std::vector<std::string> echo_command(const std::vector<std::string>& flags, std::uint16_t port) {
  auto words = split_command(config().spawn_command);
  std::vector<std::string> additions;
  if (config().capacity_is_workers && std::ranges::find(flags, "--workers") == flags.end()) {
    additions = {"--workers", std::to_string(own_workers)};
  }
  additions.insert(additions.end(), flags.begin(), flags.end());
  for (const auto& word : additions) {
    if (word.starts_with("--")) remove_flag(words, word.substr(0, word.find('=')));
  }
  words.insert(words.end(), additions.begin(), additions.end());
  return substitute(std::move(words), "{port}", std::to_string(port));
}

std::string value_of(const std::string& flag) {
  const auto words = echo_command();
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == flag && word + 1 != words.end()) return *(word + 1);
    if (word->starts_with(flag + "=")) return word->substr(flag.size() + 1);
  }
  return {};
}

EchoServer::EchoServer(const std::vector<std::string>& flags) {
  const std::uint16_t port = config().contract ? 0 : free_port();
  child_.emplace(echo_command(flags, port));
  if (config().contract) {
    const auto line = child_->out_line(0, Deadline{startup_patience});
    if (!line || !line->starts_with(ready_words)) {
      throw std::runtime_error("no ready line; " + describe(*child_));
    }
    at_ = parse_endpoint(std::string_view{*line}.substr(ready_words.size()));
    return;
  }
  at_ = {"127.0.0.1", port};
  const bool ready = poll_until(
      [this] {
        return !child_->running() || child_->out().find(ready_words) != std::string::npos ||
               accepts(at_);
      },
      Deadline{startup_patience});
  if (!ready || !child_->running()) {
    throw std::runtime_error("the server did not become ready; " + describe(*child_));
  }
}

// Whatever it left is killed: a case that is about leftovers has looked before.
EchoServer::~EchoServer() {
  if (!child_) return;
  const auto workers = descendants(child_->pid());
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
  throw std::runtime_error("SIGUSR1 was not answered by a line of JSON; " + describe(process));
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
  child().signal(signal);
  return child().wait(deadline);
}

std::unique_ptr<EchoServer> EchoTest::common_;

void EchoTest::SetUp() {
  if (common_ && !common_->gone()) return;
  common_.reset();
  std::vector<std::string> common;
  if (config().capacity_is_workers) common = {"--workers", std::to_string(pool_workers)};
  common_ = config().mode == Mode::target ? std::make_unique<EchoServer>(config().target)
                                          : std::make_unique<EchoServer>(common);
}

void EchoTest::TearDown() {
  if (IsSkipped()) return;
  if (probe_) {
    EXPECT_FALSE(server().gone()) << "the server ended during the case; "
                                  << describe(server().child());
    if (!server().gone()) expect_answer(server(), "h\n\n", "h\n");
  }
  own_.reset();
}

void require_echo_server() {
  if (config().mode == Mode::target) {
    (void)Stream::connect(config().target, Deadline{milliseconds{5000}});
  } else {
    EchoServer probe;
  }
}

}  // namespace trivium::conformance
