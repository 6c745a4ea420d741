// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Runs that end before their time: ^C, a reader that goes away, a kill. Nothing stays behind.
#include <unistd.h>

#include <csignal>

#include "tests/conformance/fetch_runner.hpp"

namespace trivium::conformance {
namespace {

// With two jobs /1 and /5 stall, and /2 to /4 are done when /5 begins: /2 and /3 are finished
// results then, whatever the client does with its last one.
Call stalled_call(Origin& origin) {
  Call call;
  call.flags = {"--jobs", "2"};
  for (const char* target : {"/1", "/2", "/3", "/4", "/5", "/6"}) {
    call.urls.push_back(origin.url(target));
    origin.on(target, response(std::string("page ") + target + "\n"));
  }
  origin.on("/1", Script().stall());
  origin.on("/5", Script().stall());
  return call;
}

std::string page(const Origin& origin, const std::string& target) {
  return "==> " + origin.url(target) + " <==\npage " + target + "\n";
}

// What SIGINT must lead to, whether the client alone gets it or its whole process group, as from a
// terminal.
void expect_interrupted(bool whole_group) {
  Origin origin;
  Child child = start(stalled_call(origin));
  ASSERT_TRUE(origin.wait_for([&] { return !origin.visits("/5").empty(); }))
      << escaped(child.err());
  const auto processes = family(child.pid());
  ::kill(whole_group ? -child.pid() : child.pid(), SIGINT);
  const auto status = child.wait();
  ASSERT_TRUE(status) << "it goes on after SIGINT";
  EXPECT_EQ(status->shell_code(), 130);
  EXPECT_EQ(status->signal, 0) << "it ends by exit code 130, not by the signal";
  const std::string finished = page(origin, "/2") + page(origin, "/3");
  EXPECT_TRUE(child.out().starts_with(finished))
      << "what was finished must be printed; standard output: " << escaped(child.out());
  EXPECT_FALSE(holds(child.out(), "page /5")) << escaped(child.out());
  EXPECT_FALSE(holds(child.out(), "page /6")) << escaped(child.out());
  EXPECT_TRUE(origin.visits("/6").empty()) << "no URL begins after SIGINT";
  expect_gone(processes);
}

TEST(FetchContractStop, interrupt) {
  const Requirement requirement{"fetch.stop.interrupt", "G5.1", Level::must,
                                "SIGINT prints what was finished, in order, and ends with 130."};
  expect_interrupted(false);
}

TEST(FetchContractStop, interrupt_group) {
  const Requirement requirement{"fetch.stop.interrupt-group", "G5.1", Level::must,
                                "^C on a terminal, which every process of the client gets, prints "
                                "what was finished, and ends with 130."};
  expect_interrupted(true);
}

TEST(FetchContractStop, interrupt_at_once) {
  const Requirement requirement{"fetch.stop.interrupt-at-once", "G5.1", Level::must,
                                "SIGINT before anything was finished prints nothing and ends with "
                                "130."};
  Origin origin;
  Call call;
  for (int i = 0; i < 40; ++i) call.urls.push_back(origin.url("/stall"));
  origin.on("/stall", Script().stall());
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return origin.in_flight() >= 16; })) << escaped(child.err());
  const auto processes = family(child.pid());
  child.signal(SIGINT);
  const auto status = child.wait();
  ASSERT_TRUE(status) << "it goes on after SIGINT";
  EXPECT_EQ(status->shell_code(), 130);
  EXPECT_EQ(child.out(), "");
  EXPECT_EQ(origin.accepted(), 16) << "no URL begins after SIGINT";
  expect_gone(processes);
}

TEST(FetchContractStop, interrupt_json) {
  const Requirement requirement{"fetch.stop.interrupt-json", "G5.1", Level::must,
                                "After SIGINT every line of --format json is whole."};
  Origin origin;
  Call call = stalled_call(origin);
  call.flags.insert(call.flags.end(), {"--format", "json"});
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return !origin.visits("/5").empty(); }))
      << escaped(child.err());
  child.signal(SIGINT);
  const auto status = child.wait();
  ASSERT_TRUE(status) << "it goes on after SIGINT";
  EXPECT_EQ(status->shell_code(), 130);
  const std::string out = child.out();
  EXPECT_TRUE(out.empty() || out.back() == '\n') << escaped(out);
  double last = 0;
  int finished = 0;
  for (const auto& line : json_lines(out)) {
    EXPECT_GT(line.at("index").number, last) << "out of order";
    last = line.at("index").number;
    finished += line.at("error").is_null() ? 1 : 0;
  }
  EXPECT_GE(finished, 2) << "pages 2 and 3 were finished; standard output: " << escaped(out);
}

TEST(FetchContractStop, reader_gone) {
  const Requirement requirement{"fetch.stop.reader-gone", "G5.2", Level::must,
                                "A reader that goes away ends the run, quietly."};
  Origin origin;
  const auto gate = std::make_shared<Gate>();
  origin.on("/1", response("page /1\n"));
  origin.on("/2", Script().await(gate).send(response(std::string(1 << 20, 'x'))));
  origin.on("/3", Script().stall());
  Child child = start({.urls = {origin.url("/1"), origin.url("/2"), origin.url("/3")}});
  ASSERT_TRUE(wait_for_output(child, page(origin, "/1").size())) << escaped(child.err());
  const auto processes = family(child.pid());
  child.close_stdout();
  gate->open();
  const auto status = child.wait();
  ASSERT_TRUE(status) << "it goes on although nobody reads";
  EXPECT_TRUE(status->signal == 0 || status->signal == SIGPIPE) << status->signal;
  for (const char* noise : {"pipe", "terminate", "exception", "Sanitizer", "error"}) {
    EXPECT_FALSE(holds(child.err(), noise)) << escaped(child.err());
  }
  expect_gone(processes);
}

TEST(FetchContractStop, killed) {
  const Requirement requirement{"fetch.stop.killed", "G5.4", Level::must,
                                "A client that is killed leaves no process behind."};
  Origin origin;
  Child child = start(stalled_call(origin));
  ASSERT_TRUE(origin.wait_for([&] { return !origin.visits("/5").empty(); }))
      << escaped(child.err());
  const auto processes = family(child.pid());
  child.kill();
  expect_gone(processes);
}

// With two URLs in flight kills `count` of the client's other processes, or all of them where it is
// 0; each may cost the URL that it had, and nothing else.
void expect_survives_workers(std::size_t count) {
  constexpr int urls = 8;
  Origin origin;
  const auto gate = std::make_shared<Gate>();
  Call call;
  call.flags = {"--jobs", "2", "--format", "json"};
  for (int i = 1; i <= urls; ++i) {
    const std::string target = '/' + std::to_string(i);
    origin.on(target, Script().await(gate).send(response("page\n")));
    call.urls.push_back(origin.url(target));
  }
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return origin.in_flight() == 2; })) << escaped(child.err());
  auto workers = family(child.pid());
  std::erase(workers, child.pid());
  if (workers.empty()) GTEST_SKIP() << "the client is one process";
  // The children come last, so that what has children of its own lives longest.
  if (count != 0 && workers.size() > count) {
    workers.erase(workers.begin(), workers.end() - static_cast<std::ptrdiff_t>(count));
  }
  for (const pid_t worker : workers) ::kill(worker, SIGKILL);
  gate->open();
  const auto status = child.wait();
  ASSERT_TRUE(status) << "it hangs; standard error: " << escaped(child.err());
  const auto lines = json_lines(child.out());
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(urls)) << escaped(child.err());
  int failures = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("index").number, static_cast<double>(i + 1));
    failures += lines[i].at("error").is_null() ? 0 : 1;
  }
  EXPECT_LE(failures, 2) << escaped(child.out(), 4000);
  EXPECT_EQ(status->shell_code(), failures == 0 ? 0 : 1);
}

TEST(FetchContractStop, worker_killed) {
  const Requirement requirement{"fetch.stop.worker-killed", "G5.3", Level::must,
                                "A process of the client that is killed costs the URL that it had "
                                "at most, and never the run."};
  expect_survives_workers(1);
}

TEST(FetchContractStop, all_workers_killed) {
  const Requirement requirement{"fetch.stop.all-workers-killed", "G5.3", Level::must,
                                "When all but the first process are killed, the URLs in flight may "
                                "fail, and the others are fetched."};
  expect_survives_workers(0);
}

TEST(FetchContractStop, nothing_left) {
  const Requirement requirement{"fetch.stop.nothing-left", "G5.4", Level::must,
                                "A run that ends leaves no process behind."};
  Origin origin;
  Call call;
  for (int i = 0; i < 20; ++i) call.urls.push_back(origin.url("/page"));
  origin.on("/page", response("page\n"));
  EXPECT_EQ(fetch(call).status->shell_code(), 0);
  // This program adopts what its children leave.
  auto processes = family(::getpid());
  std::erase(processes, ::getpid());
  expect_gone(processes);
}

TEST(FetchContractStop, no_zombies) {
  const Requirement requirement{"fetch.stop.no-zombies", "G5.4", Level::must,
                                "A run does not pile up processes that have ended."};
  Origin origin;
  const auto gate = std::make_shared<Gate>();
  Call call;
  call.flags = {"--jobs", "4"};
  for (int i = 0; i < 40; ++i) call.urls.push_back(origin.url("/page"));
  call.urls.push_back(origin.url("/held"));
  origin.on("/page", response("page\n"));
  origin.on("/held", Script().await(gate).send(response("held\n")));
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return !origin.visits("/held").empty(); }))
      << escaped(child.err());
  EXPECT_TRUE(poll_until([&] { return zombies(family(child.pid())) == 0; }))
      << zombies(family(child.pid())) << " zombies while the last URL is in flight";
  gate->open();
  const auto status = child.wait();
  EXPECT_TRUE(status && status->shell_code() == 0) << escaped(child.err());
}

}  // namespace
}  // namespace trivium::conformance
