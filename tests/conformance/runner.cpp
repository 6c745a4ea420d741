// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/runner.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "tests/conformance/catalogue.hpp"
#include "tests/conformance/child.hpp"
#include "tests/conformance/escape.hpp"
#include "tests/conformance/judge.hpp"
#include "tests/conformance/processes.hpp"
#include "tests/conformance/wire.hpp"

namespace trivium::conformance {
namespace {

// A judge ends by itself: a case that hangs ends it. This is for one that does not even do that.
constexpr std::chrono::seconds judge_grace{60};

const char* kind_of(Mode mode) {
  return mode == Mode::target ? "target" : mode == Mode::spawn ? "spawn" : "fetch";
}

// The judges that run. Every other process below this one was left behind by a judge that has
// ended, whatever it died of, and is ended too.
class Judges {
 public:
  // Spares what was below this program before, as where a shell ran `server & exec conformance`.
  Judges() {
    for (const auto& process : descendants(::getpid())) spared_.insert(process.pid);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what a judge leaves behind becomes our child
  }

  // Runs a judge, hands it to `follow`, and waits until it and all that it started are gone.
  template <typename Follow>
  void run(const std::vector<std::string>& command, Follow follow) {
    std::optional<Child> judge;
    {
      const std::lock_guard lock(mutex_);
      judge.emplace(command, ChildOptions{.capture_stderr = false});
      spared_.insert(judge->pid());
    }
    const pid_t pid = judge->pid();
    follow(*judge);
    judge.reset();
    const std::lock_guard lock(mutex_);
    spared_.erase(pid);
    end_descendants(spared_);
  }

 private:
  std::mutex mutex_;
  std::set<pid_t> spared_;
};

Judges& judges() {
  static Judges all;
  return all;
}

class TargetRun {
 public:
  TargetRun(const TargetOptions& target, const Options& options, const Progress& progress)
      : target_(target), options_(options), progress_(progress) {}

  // Runs the cases one after another; a judge that dies costs the case that it was at.
  void run(const std::vector<CaseInfo>& cases) {
    std::map<std::string, CaseInfo> left;
    for (const auto& info : cases) left.emplace(info.full_name(), info);
    while (!left.empty()) run_judge_once(cases, left);
  }

  void block(const CaseInfo& info, const std::string& why) {
    CaseResult result;
    result.message = why;
    note(info, std::move(result));
  }

  [[nodiscard]] std::optional<CaseResult> result_of(const CaseInfo& info) const {
    const auto found = results_.find(info.id);
    return found == results_.end() ? std::nullopt : std::optional{found->second};
  }

  Reached reached;

 private:
  void run_judge_once(const std::vector<CaseInfo>& cases, std::map<std::string, CaseInfo>& left) {
    std::vector<std::string> names;
    for (const auto& info : cases) {
      if (left.contains(info.full_name())) names.push_back(info.full_name());
    }
    judges().run(judge_command(target_, names, reached),
                 [&](Child& judge) { follow(judge, left); });
  }

  // Notes what a judge tells, until it ends.
  void follow(Child& judge, std::map<std::string, CaseInfo>& left) {
    std::string running;
    for (std::size_t at = 0;;) {
      const auto limit = case_limit(target_.config, reached.round_trip_us) + judge_grace;
      const auto line = judge.out_line(at, Deadline{limit});
      if (!line) break;
      at += line->size() + 1;
      if (const auto begun = decode_begun(*line)) running = begun->full_name;
      if (const auto found = decode_reached(*line)) reached = *found;
      if (auto ended = decode_ended(*line)) {
        const auto info = left.extract(ended->full_name);
        if (!info.empty()) note(info.mapped(), std::move(ended->result));
        running.clear();
      }
    }
    const auto status = judge.wait(Deadline{milliseconds{0}});
    if (status && status->code == 0 && left.empty()) return;
    // Whoever is to blame, a judge that goes on without end must not.
    const auto culprit =
        left.extract(running.empty() && !left.empty() ? left.begin()->first : running);
    if (culprit.empty()) return;
    CaseResult result{.verdict = Verdict::error};
    result.message = !status || status->code == judge_hung
                         ? "the case did not end within its limit"
                         : "the judge ended with " + std::to_string(status->shell_code());
    note(culprit.mapped(), std::move(result));
  }

  void note(const CaseInfo& info, CaseResult result) {
    result.info = info;
    const auto names_it = [&](const std::string& glob) { return matches(glob, info); };
    // Not to be reached is exit 3, known or not.
    result.known = !is_reach(info) && std::ranges::any_of(options_.known_failures, names_it);
    const std::lock_guard lock(mutex_);
    progress_(target_, result);
    results_.insert_or_assign(info.id, std::move(result));
  }

  const TargetOptions& target_;
  const Options& options_;
  const Progress& progress_;
  std::mutex mutex_;
  std::map<std::string, CaseResult> results_;
};

int jobs_for(const TargetOptions& target, const Options& options) {
  const auto& config = target.config;
  // Judges that share one server must not take its places from each other.
  if (config.mode == Mode::target && config.capacity > 0) return 1;
  if (options.jobs > 0) return options.jobs;
  // Where much fails, most of the time is spent waiting for deadlines; ours pass, and their pools
  // want processors.
  return config.contract ? 2 : 8;
}

// Deals the cases out like cards, so that those that wait alike are not all in one hand, and has
// that many judges take one hand after the other, so that a long one holds nobody up.
void run_in_parallel(TargetRun& run, const std::vector<CaseInfo>& cases, int jobs) {
  constexpr int hands_each = 3;
  std::vector<std::vector<CaseInfo>> hands(
      std::min(cases.size(), static_cast<std::size_t>(jobs == 1 ? 1 : jobs * hands_each)));
  for (std::size_t i = 0; i < cases.size(); ++i) hands[i % hands.size()].push_back(cases[i]);
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<void>> judges;
  for (int judge = 0; judge < jobs; ++judge) {
    judges.push_back(std::async(std::launch::async, [&] {
      for (std::size_t hand = next++; hand < hands.size(); hand = next++) run.run(hands[hand]);
    }));
  }
  for (auto& judge : judges) judge.get();  // throws what the harness could not do
}

}  // namespace

std::vector<CaseInfo> chosen(const TargetOptions& target, const std::vector<CaseInfo>& catalogue,
                             const Selection& selection) {
  std::vector<CaseInfo> cases;
  for (const auto& info : catalogue) {
    if (fits(info, target.config) && selection.takes(info)) cases.push_back(info);
  }
  return cases;
}

ToJudge to_judge(const TargetOptions& target, const std::vector<CaseInfo>& catalogue,
                 const Selection& selection) {
  ToJudge all{.reach = {}, .others = chosen(target, catalogue, selection)};
  std::erase_if(all.others, is_reach);
  for (const auto& info : catalogue) {
    if (is_reach(info) && fits(info, target.config)) all.reach.push_back(info);
  }
  return all;
}

TargetResult run_target(const TargetOptions& target, const std::vector<CaseInfo>& catalogue,
                        const Options& options, const Progress& progress) {
  const auto start = Clock::now();
  const auto& config = target.config;
  TargetResult result{.name = target.name,
                      .kind = kind_of(config.mode),
                      .what = printable(what_of(config)),
                      .contract = config.contract,
                      .capacity = target.capacity};
  TargetRun run{target, options, progress};
  auto [reach, cases] = to_judge(target, catalogue, options.selection);
  run.run(reach);
  result.reachable = std::ranges::all_of(
      reach, [&](const CaseInfo& info) { return run.result_of(info)->verdict == Verdict::pass; });
  if (result.reachable) {
    // What only informs may take all the places there are, so it comes when no other case does.
    const auto informing = std::ranges::stable_partition(
        cases, [](const CaseInfo& info) { return info.level != Level::info; });
    const std::vector<CaseInfo> last(informing.begin(), informing.end());
    cases.erase(informing.begin(), informing.end());
    run_in_parallel(run, cases, jobs_for(target, options));
    run.run(last);
  } else {
    for (const auto& info : cases) run.block(info, "the target can't be reached");
  }
  for (const auto& info : catalogue) {
    if (auto found = run.result_of(info)) result.cases.push_back(std::move(*found));
  }
  result.round_trip_us = run.reached.round_trip_us;
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace trivium::conformance
