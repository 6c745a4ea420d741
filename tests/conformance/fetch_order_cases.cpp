// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Many URLs: results in the order of the URLs, no more in flight than --jobs, memory bounded.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/conformance/fetch_runner.hpp"

namespace trivium::conformance {
namespace {

using Gates = std::vector<std::shared_ptr<Gate>>;

// Gives the origin `count` pages /1, /2, ..., each held back until its gate opens.
Gates hold_pages(Origin& origin, Call& call, int count) {
  Gates gates;
  for (int i = 1; i <= count; ++i) {
    gates.push_back(std::make_shared<Gate>());
    const std::string target = '/' + std::to_string(i);
    origin.on(target, Script().await(gates.back()).send(response("page " + target + "\n")));
    call.urls.push_back(origin.url(target));
  }
  return gates;
}

// What the text format prints for the pages `from` to `to` of such an origin, one of several.
std::string pages(const Origin& origin, int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) {
    const std::string target = '/' + std::to_string(i);
    text += "==> " + origin.url(target) + " <==\npage " + target + "\n";
  }
  return text;
}

bool is_over(const Origin& origin, int page) {
  const auto visits = origin.visits('/' + std::to_string(page));
  return !visits.empty() && visits[0].over;
}

int exit_code(Child& child) {
  const auto status = child.wait();
  EXPECT_TRUE(status) << "the client did not end; standard error: " << escaped(child.err());
  return status ? status->shell_code() : -1;
}

TEST(FetchContractOrder, reverse) {
  const Requirement requirement{"fetch.order.reverse", "F8.1", Level::must,
                                "Results come in the order of the URLs, in whatever order they "
                                "finish."};
  Origin origin;
  Call call;
  const Gates gates = hold_pages(origin, call, 6);
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return origin.in_flight() == 6; })) << escaped(child.err());
  for (int page = 6; page > 1; --page) {
    gates[static_cast<std::size_t>(page) - 1]->open();
    ASSERT_TRUE(origin.wait_for([&] { return is_over(origin, page); }));
    EXPECT_EQ(child.out(), "") << "page 1 is not out yet";
  }
  gates[0]->open();
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_EQ(child.out(), pages(origin, 1, 6));
}

TEST(FetchContractOrder, as_soon_as_possible) {
  const Requirement requirement{"fetch.order.as-soon", "F8.2", Level::must,
                                "A result comes as soon as all before it are out, while later ones "
                                "are still in flight."};
  expect_promptly([] {
    Origin origin;
    Call call;
    call.flags = {"--jobs", "2"};
    const Gates gates = hold_pages(origin, call, 6);
    for (const int page : {1, 2, 4, 5}) gates[static_cast<std::size_t>(page) - 1]->open();
    Child child = start(call);
    const std::string first = pages(origin, 1, 2);
    EXPECT_TRUE(wait_for_output(child, first.size())) << "pages 1 and 2 must be out now";
    EXPECT_TRUE(origin.wait_for([&] { return is_over(origin, 4) && is_over(origin, 5); }))
        << "the one that is held must not hold up what the other job does";
    EXPECT_EQ(child.out(), first);
    const auto start_time = Clock::now();
    gates[2]->open();
    const std::string next = pages(origin, 1, 5);
    EXPECT_TRUE(wait_for_output(child, next.size())) << "pages 3 to 5 must be out now";
    const auto took = since(start_time);
    EXPECT_EQ(child.out(), next);
    gates[5]->open();
    EXPECT_EQ(exit_code(child), 0);
    EXPECT_EQ(child.out(), pages(origin, 1, 6));
    return took;
  });
}

TEST(FetchContractOrder, json_as_soon) {
  const Requirement requirement{"fetch.order.json-as-soon", "F8.2", Level::must,
                                "A line of --format json is out as soon as its result is due."};
  Origin origin;
  Call call;
  call.flags = {"--format", "json"};
  const Gates gates = hold_pages(origin, call, 2);
  gates[0]->open();
  Child child = start(call);
  EXPECT_TRUE(child.out_line()) << "the line of page 1 must be out now";
  gates[1]->open();
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_EQ(count_lines(child.out()), 2);
}

TEST(FetchContractOrder, two_hundred) {
  const Requirement requirement{"fetch.order.two-hundred", "F8.1", Level::must,
                                "Two hundred URLs, which finish in disorder, come in order."};
  constexpr int count = 200;
  Origin origin;
  Call call;
  call.flags = {"--jobs", "16"};
  for (int i = 1; i <= count; ++i) {
    const std::string target = '/' + std::to_string(i);
    origin.on(target,
              Script().pause(milliseconds{i * 7 % 11}).send(response("page " + target + "\n")));
    call.urls.push_back(origin.url(target));
  }
  const Finished run = fetch(call);
  EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err);
  EXPECT_EQ(run.out, pages(origin, 1, count));
  EXPECT_EQ(origin.accepted(), count) << "every URL is fetched once";
  EXPECT_LE(origin.peak(), 16);
}

TEST(FetchContractOrder, same_url) {
  const Requirement requirement{"fetch.order.same-url", "F8.1", Level::must,
                                "A URL that is given three times is three results."};
  Origin origin;
  origin.on("/1", response("page /1\n"));
  const std::string url = origin.url("/1");
  const Finished run = fetch({.urls = {url, url, url}});
  EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err);
  const std::string once = pages(origin, 1, 1);
  EXPECT_EQ(run.out, once + once + once);
}

TEST(FetchContractOrder, slow_reader) {
  const Requirement requirement{"fetch.order.slow-reader", "F8.1", Level::must,
                                "A reader that is slower than the fetches loses nothing."};
  constexpr int count = 12;
  Origin origin;
  Call call;
  std::string expected;
  for (int i = 1; i <= count; ++i) {
    const std::string target = '/' + std::to_string(i);
    const std::string body(std::size_t{200'000}, static_cast<char>('a' + i));
    origin.on(target, response(body + "\n"));
    call.urls.push_back(origin.url(target));
    expected += "==> " + origin.url(target) + " <==\n" + body + "\n";
  }
  Child child = start(call);
  // Nothing is read until all were fetched, and a pipe holds less than one body.
  ASSERT_TRUE(origin.wait_for([&] {
    const auto visits = origin.visits();
    return visits.size() == count &&
           std::all_of(visits.begin(), visits.end(), [](const Visit& visit) { return visit.over; });
  })) << "the fetches must not wait for the reader";
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_TRUE(child.out() == expected) << child.out().size() << " of " << expected.size();
}

// Bodies of `size` bytes at /1 to /count, page 0 held by `gate`.
std::string big_body(int page, std::size_t size) {
  std::string body;
  body.reserve(size);
  for (unsigned line = 0; body.size() + 24 < size; ++line) {
    body += std::to_string(page) + ": " + std::to_string(line * 2654435761U) + "\n";
  }
  return body.append(size - body.size() - 1, '.') + '\n';
}

struct Held {
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::string expected;
};

Held hold_big_pages(Origin& origin, Call& call, int count, std::size_t size) {
  Held held;
  origin.on("/0", Script().await(held.gate).send(response("first\n")));
  call.urls = {origin.url("/0")};
  held.expected = "==> " + origin.url("/0") + " <==\nfirst\n";
  for (int page = 1; page <= count; ++page) {
    const std::string target = '/' + std::to_string(page);
    const std::string body = big_body(page, size);
    origin.on(target, Script(response(body)));
    call.urls.push_back(origin.url(target));
    held.expected += "==> " + origin.url(target) + " <==\n" + body;
  }
  return held;
}

bool all_over(const Origin& origin, int count) {
  for (int page = 1; page <= count; ++page) {
    if (!is_over(origin, page)) return false;
  }
  return true;
}

// A run whose results are 80 MiB, beside the first, which is held back.
struct SpillingRun {
  static constexpr int count = 10;

  ScratchDirectory scratch;
  Origin origin;
  Call call{.urls = {}, .flags = {"--jobs", "4"}, .environment = {"TMPDIR=" + scratch.path()}};
  Held held = hold_big_pages(origin, call, count, std::size_t{8} << 20);
  Child child = start(call);

  // Waits until all but the first are fetched.
  [[nodiscard]] bool others_are_over() {
    return origin.wait_for([&] { return all_over(origin, count); }, Deadline{patience * 2});
  }
  [[nodiscard]] bool left_no_file() const { return std::filesystem::is_empty(scratch.path()); }
};

TEST(FetchContractOrder, spill) {
  const Requirement requirement{"fetch.order.spill", "F8.3", Level::must,
                                "80 MiB of results that wait for the first arrive in order, byte "
                                "for byte, and leave no temporary file behind."};
  SpillingRun run;
  ASSERT_TRUE(run.others_are_over())
      << "results that wait must not hold up the fetches behind them; standard error: "
      << escaped(run.child.err());
  EXPECT_EQ(run.child.out(), "");
  run.held.gate->open();
  const auto status = run.child.wait(Deadline{patience * 2});
  ASSERT_TRUE(status) << "the client did not end";
  EXPECT_EQ(status->shell_code(), 0) << escaped(run.child.err());
  EXPECT_EQ(run.child.out().size(), run.held.expected.size());
  EXPECT_TRUE(run.child.out() == run.held.expected) << "the bytes differ";
  EXPECT_TRUE(run.left_no_file()) << "a temporary file is left";
}

TEST(FetchContractOrder, spill_interrupted) {
  const Requirement requirement{"fetch.order.spill-interrupted", "G5.4", Level::must,
                                "A client that is interrupted or killed while 80 MiB of results "
                                "wait leaves no temporary file behind."};
  for (const int signal : {SIGINT, SIGKILL}) {
    SCOPED_TRACE(::strsignal(signal));
    SpillingRun run;
    ASSERT_TRUE(run.others_are_over()) << escaped(run.child.err());
    const auto processes = family(run.child.pid());
    run.child.signal(signal);
    const auto status = run.child.wait(Deadline{patience * 2});
    ASSERT_TRUE(status) << "the client did not end";
    EXPECT_EQ(status->shell_code(), 128 + signal);
    expect_gone(processes);
    EXPECT_TRUE(run.left_no_file()) << "a temporary file is left";
  }
}

// Anonymous memory of these processes, in bytes, by /proc/PID/smaps_rollup; nothing where the first
// one's can't be read, or where a sanitizer's runtime makes the figure its own. Of the others one
// may end at any time, and holds nothing then.
std::optional<std::size_t> anonymous_memory(const std::vector<pid_t>& processes) {
  std::size_t kibibytes = 0;
  for (const pid_t pid : processes) {
    const std::string folder = "/proc/" + std::to_string(pid);
    std::ifstream maps(folder + "/maps");
    for (std::string line; std::getline(maps, line);) {
      if (holds(line, "libasan") || holds(line, "libtsan")) return std::nullopt;
    }
    std::ifstream rollup(folder + "/smaps_rollup");
    if (!rollup && pid == processes.front()) return std::nullopt;
    for (std::string word; rollup >> word;) {
      std::size_t value = 0;
      if (word == "Anonymous:" && rollup >> value) kibibytes += value;
    }
  }
  return kibibytes * 1024;
}

TEST(FetchContractOrder, spill_bounds_memory) {
  const Requirement requirement{"fetch.order.spill-bounds-memory", "F8.3", Level::must,
                                "Finished results that wait take at most 64 MiB of memory, however "
                                "many they are."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  constexpr int count = 16;
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  Origin origin;
  Call call;
  call.flags = {"--jobs", "2", "--format", "text"};
  const auto gate = std::make_shared<Gate>();
  origin.on("/0", Script().await(gate).send(response("first\n")));
  call.urls.push_back(origin.url("/0"));
  origin.on("/big", response(std::string(14 * mebibyte, 'm')));
  call.urls.resize(1 + count, origin.url("/big"));
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return origin.accepted() > 0; })) << escaped(child.err());
  if (!anonymous_memory(family(child.pid()))) {
    GTEST_SKIP() << "n/a: the client's memory can't be told, or is a sanitizer's";
  }
  const auto all_wait = [&] {
    const auto visits = origin.visits("/big");
    return visits.size() == count &&
           std::all_of(visits.begin(), visits.end(), [](const Visit& visit) { return visit.over; });
  };
  ASSERT_TRUE(origin.wait_for(all_wait, Deadline{patience * 2})) << escaped(child.err());
  const auto memory = anonymous_memory(family(child.pid()));
  ASSERT_TRUE(memory) << "the client has gone";
  // 224 MiB wait. Beside the 64 MiB, the last body may still be on its way in several copies.
  EXPECT_LE(*memory, 160 * mebibyte) << *memory / mebibyte << " MiB";
}

void expect_jobs(int jobs, int count, const std::vector<std::string>& flags) {
  SCOPED_TRACE(jobs);
  Origin origin;
  Call call;
  call.flags = flags;
  const Gates gates = hold_pages(origin, call, count);
  Child child = start(call);
  ASSERT_TRUE(origin.wait_for([&] { return origin.in_flight() >= jobs; }))
      << "only " << origin.in_flight() << " in flight; " << escaped(child.err());
  // All are held: one more than --jobs would come at once, and is watched for.
  EXPECT_FALSE(
      origin.wait_for([&] { return origin.in_flight() > jobs; }, Deadline{milliseconds{100}}));
  for (const auto& gate : gates) gate->open();
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_EQ(origin.peak(), jobs);
  EXPECT_EQ(child.out(), pages(origin, 1, count));
}

TEST(FetchContractJobs, bound) {
  const Requirement requirement{"fetch.jobs.bound", "F9.1", Level::must,
                                "--jobs is the number of URLs in flight over the whole run: it is "
                                "reached, and not exceeded."};
  expect_jobs(2, 9, {"--jobs", "2"});
  expect_jobs(5, 17, {"--jobs", "5"});
}

TEST(FetchContractJobs, default_is_16) {
  const Requirement requirement{"fetch.jobs.default", "F9.1", Level::must,
                                "16 are in flight by default."};
  expect_jobs(16, 24, {});
}

TEST(FetchContractJobs, more_than_urls) {
  const Requirement requirement{"fetch.jobs.more-than-urls", "F9.1", Level::must,
                                "More jobs than URLs are as many as there are URLs."};
  expect_jobs(3, 3, {"--jobs", "50"});
}

TEST(FetchContractJobs, one_is_sequential) {
  const Requirement requirement{"fetch.jobs.one", "F9.1", Level::must,
                                "--jobs 1 fetches one after the other, in order."};
  Origin origin;
  Call call;
  call.flags = {"--jobs", "1"};
  const Gates gates = hold_pages(origin, call, 8);
  for (const auto& gate : gates) gate->open();
  Child child = start(call);
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_EQ(child.out(), pages(origin, 1, 8));
  EXPECT_EQ(origin.peak(), 1);
  std::vector<std::string> targets;
  for (const auto& visit : origin.visits()) targets.push_back(visit.target);
  EXPECT_EQ(targets, (std::vector<std::string>{"/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"}));
}

TEST(FetchContractJobs, refilled) {
  const Requirement requirement{"fetch.jobs.refilled", "F9.1", Level::must,
                                "When a URL is done the next begins, without waiting for others."};
  Origin origin;
  Call call;
  call.flags = {"--jobs", "3"};
  const Gates gates = hold_pages(origin, call, 8);
  Child child = start(call);
  // Page 1 is held to the end; the others are let go one by one, the latest first.
  ASSERT_TRUE(origin.wait_for([&] { return origin.in_flight() == 3; })) << escaped(child.err());
  for (int page = 3; page <= 7; ++page) {
    gates[static_cast<std::size_t>(page) - 1]->open();
    const std::string next = '/' + std::to_string(page + 1);
    ASSERT_TRUE(origin.wait_for([&] { return !origin.visits(next).empty(); }))
        << next << " has not begun";
  }
  for (const auto& gate : gates) gate->open();
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_EQ(origin.peak(), 3);
  EXPECT_EQ(child.out(), pages(origin, 1, 8));
}

}  // namespace
}  // namespace trivium::conformance
