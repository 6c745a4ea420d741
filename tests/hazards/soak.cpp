// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Random hazards against one supervised pool for a time, beside healthy clients; then everything
// must be as it was: service, memory, descriptors, processes, threads, and counters that balance.
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/conformance/echo_client.hpp"
#include "tests/conformance/echo_server.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/hazards/contender.hpp"
#include "tests/hazards/hazard_test.hpp"
#include "tests/hazards/storm.hpp"

namespace trivium::hazards {
namespace {

constexpr std::size_t clients = 4;
constexpr std::size_t mib = std::size_t{1024} * 1024;

struct Options {
  std::string contender = "multiprocess/handoff";
  double minutes = 0.25;
  unsigned seed = std::random_device{}();
};

// What must not grow.
struct Usage {
  std::size_t memory = 0;  // resident, of all processes
  std::size_t descriptors = 0;
  std::size_t processes = 0;
  std::size_t threads = 0;
};

std::ostream& operator<<(std::ostream& out, const Usage& usage) {
  return out << usage.memory / mib << " MiB, " << usage.descriptors << " descriptors, "
             << usage.processes << " processes, " << usage.threads << " threads";
}

Usage usage_of(pid_t root) {
  std::vector<pid_t> pids{root};
  for (const auto& process : conformance::descendants(root)) {
    if (process.state != 'Z') pids.push_back(process.pid);
  }
  Usage usage{.memory = memory_of_all(root), .processes = pids.size()};
  for (const pid_t pid : pids) {
    usage.descriptors += conformance::open_descriptors(pid);
    std::error_code gone;
    std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", gone);
    if (!gone) usage.threads += static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
  }
  return usage;
}

class Soak {
 public:
  Soak(const Contender& contender, const Options& options)
      : random_(options.seed), duration_(options.minutes * 60'000.0) {
    judge_command(contender.command());
    server_.emplace(std::vector<std::string>{"--hazards", "--workers", "8", "--idle-timeout", "1s",
                                             "--line-timeout", "500ms", "--drain-timeout", "1s",
                                             "--max-requests", "40", "--max-memory", "128MiB"});
  }

  // Throws std::runtime_error that says what is not as it must be.
  void run() {
    warm_up();
    const Usage before = settled_usage();
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(duration_);
    Tally tally;
    {
      Healthy healthy(server_->at(), clients);
      for (; Clock::now() < end; ++hazards_) {
        const auto answered = healthy.answered();
        hazard();
        require(poll_until([&] { return healthy.answered() > answered; }), "service stood still");
      }
      tally = healthy.stop();
    }
    require(tally.wrong == 0 && tally.stuck == 0, "healthy clients: " + tally.text());
    expect_usage_to_return_to(before);
    expect_counters_to_balance();
    const auto status = server_->stop();
    require(status && status->shell_code() == 0, "the drain did not end with 0");
    std::cout << hazards_ << " hazards; healthy clients: " << tally.text() << "; " << before
              << " before and " << after_ << " after" << std::endl;
  }

 private:
  static void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
  }

  std::size_t below(std::size_t end) { return random_() % end; }

  Stream open() { return conformance::open(*server_); }

  // On a connection of its own; whatever comes of it.
  void say(const std::string& bytes, milliseconds patience) {
    auto stream = server_->connect();
    stream.send(bytes);
    (void)stream.receive_to_end(Deadline{patience});
  }

  void kill_a_process() {
    const auto units = conformance::descendants(server_->child().pid());
    if (!units.empty()) ::kill(units[below(units.size())].pid, SIGKILL);
  }

  // Nobody but a person, or whoever plays one, knows that a handler will never end. It is asked to
  // hang once it is known whom to kill: else it would hang for good.
  void hang_and_be_killed() {
    auto stream = server_->connect();
    stream.send("@pid\n");
    std::string answer;
    while (answer.find('\n', conformance::head.size()) == answer.npos) {
      const auto more = stream.receive(1);
      if (more.data.empty()) return;  // its worker was killed
      answer += more.data;
    }
    const auto at = answer.find("pid=", conformance::head.size());
    require(at != answer.npos, "@pid was answered by " + answer);
    stream.send("a\n@hang\n");
    (void)stream.receive(2);  // what was owed before it hangs
    ::kill(static_cast<pid_t>(std::stol(answer.substr(at + 4))), SIGKILL);
    (void)stream.receive_to_end();
  }

  void read_slowly() {
    auto stream = server_->connect();
    const std::string block(16 * 1024, 'x');
    for (int i = 0; i < 64 && stream.send_some(block + "\n") > 0; ++i) {
    }
    kept_.push_back(std::move(stream));
  }

  void hazard() {
    if (kept_.size() > 3) kept_.erase(kept_.begin());
    switch (below(11)) {
      case 0:
        return say("a\n@crash\n", milliseconds{2000});
      case 1:
        return say("a\n@abort\n", milliseconds{2000});
      case 2:
      case 3:
        return kill_a_process();
      case 4:
        return hang_and_be_killed();
      case 5:
        return say("@block 50ms\n@work 5ms\n@sleep 20ms\n\n", milliseconds{2000});
      case 6:
        return say("@leak 2MiB\n\n", milliseconds{2000});
      case 7:
        return say("@leak 512MiB\n", milliseconds{2000});  // more than it may have
      case 8:
        return say("a line that does not en", milliseconds{2000});
      case 9:
        return read_slowly();
      default: {
        auto stream = server_->connect();
        stream.send("a\nb");
        return stream.abort();
      }
    }
  }

  // What is allocated once and kept is there after this.
  void warm_up() {
    Tally tally;
    for (int i = 0; i < 400; ++i) exchange(server_->at(), "warm", tally);
    require(tally.answered == 400, "before any hazard: " + tally.text());
  }

  Usage settled_usage() {
    kept_.clear();
    (void)server_->settled_counters();
    Usage usage;
    (void)poll_until([&] {
      usage = usage_of(server_->child().pid());
      return usage.processes == usage_of(server_->child().pid()).processes;
    });
    return usage;
  }

  // Memory that a worker lost goes when it is recycled, for which it must be used.
  void expect_usage_to_return_to(const Usage& before) {
    kept_.clear();
    const auto returned = [&] {
      Tally tally;
      for (int i = 0; i < 40; ++i) exchange(server_->at(), "calm", tally);
      after_ = usage_of(server_->child().pid());
      return after_.memory <= before.memory + 8 * mib && after_.descriptors == before.descriptors &&
             after_.processes == before.processes && after_.threads == before.threads;
    };
    if (poll_until(returned)) return;
    std::ostringstream text;
    text << before << " before, and " << after_ << " after";
    throw std::runtime_error(text.str());
  }

  void expect_counters_to_balance() {
    const auto counters = server_->settled_counters();
    require(counters.at("active") == 0 && counters.balanced(), "the counters do not balance");
    require(counters.at("units_died") > 0, "no unit died");
  }

  std::mt19937 random_;
  const std::chrono::duration<double, std::milli> duration_;
  std::optional<conformance::EchoServer> server_;
  std::vector<Stream> kept_;  // slow readers
  std::size_t hazards_ = 0;
  Usage after_;
};

int soak(const Options& options) {
  for (const auto& contender : contenders_with(&Contender::supervised)) {
    if (contender.name() != options.contender) continue;
    std::cout << "soak: " << options.contender << ", " << options.minutes << " minutes, seed "
              << options.seed << std::endl;
    try {
      Soak(contender, options).run();
      return 0;
    } catch (const std::exception& failure) {
      std::cerr << "soak: " << failure.what() << '\n';
      return 1;
    }
  }
  std::cerr << "soak: --contender: '" << options.contender << "' is not one of";
  for (const auto& contender : contenders_with(&Contender::supervised)) {
    std::cerr << ' ' << contender.name();
  }
  std::cerr << '\n';
  return 2;
}

}  // namespace
}  // namespace trivium::hazards

int main(int argc, char** argv) {
  using namespace trivium::hazards;
  CLI::App app("Random hazards against a supervised pool; then all must be as it was before.");
  Options options;
  app.add_option("--contender", options.contender,
                 "multiprocess/handoff, .../shared-accept, +split")
      ->capture_default_str();
  app.add_option("--minutes", options.minutes, "How long hazards come")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the choice of hazards; at random where not given");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return soak(options);
}
