// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Peers that refuse, stall and dribble: every wait has its bound, and the failure names its phase.
#include <algorithm>

#include "tests/conformance/fetch_runner.hpp"
#include "tests/conformance/origin_ports.hpp"

namespace trivium::conformance {
namespace {

std::string loopback_url(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port) + "/";
}

// The one object that --format json prints for this URL, and how long the run took.
struct Told {
  JsonObject line;
  milliseconds took{0};
  milliseconds timeout{0};  // what ended it

  [[nodiscard]] std::string error() const {
    const auto found = line.find("error");
    return found == line.end() ? "" : found->second.text;
  }
};

Told tell(const std::string& url, std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--format", "json"});
  const auto start_time = Clock::now();
  const Finished run = fetch({.urls = {url}, .flags = std::move(flags)});
  Told told;
  told.took = since(start_time);
  EXPECT_EQ(run.status->shell_code(), 1) << escaped(run.err);
  const auto lines = json_lines(run.out);
  EXPECT_EQ(lines.size(), 1U) << escaped(run.out);
  if (!lines.empty()) told.line = lines[0];
  return told;
}

// Judges a failure by a timeout in this phase.
void expect_timeout(const Told& told, std::string_view phase) {
  EXPECT_TRUE(holds(told.error(), "timed out")) << told.error();
  EXPECT_TRUE(holds(told.error(), phase)) << told.error() << ": must name the phase " << phase;
  EXPECT_GE(told.took, told.timeout - milliseconds{10}) << "it gave up early";
}

bool names_a_phase_before(const std::string& error, std::string_view phase) {
  return phase != "connect" &&
         (holds(error, "connect") || (phase == "body" && holds(error, "head")));
}

// Fetches with a --timeout that ends it in this phase: one of 400 ms, and a longer one where the
// client did not come as far within that.
Told tell_timeout(const std::string& url, std::string_view phase,
                  const std::vector<std::string>& flags = {}) {
  constexpr milliseconds longest{10'000};
  for (milliseconds timeout{400};; timeout *= 5) {
    auto all = flags;
    all.insert(all.end(), {"--timeout", std::to_string(timeout.count()) + "ms"});
    Told told = tell(url, all);
    told.timeout = timeout;
    if (timeout < longest && names_a_phase_before(told.error(), phase)) continue;
    expect_timeout(told, phase);
    return told;
  }
}

// Expects of the quickest of three runs that it is over soon after its timeout. `attempt` returns
// what was told.
template <typename Attempt>
void expect_in_time(Attempt attempt) {
  const auto lateness = [&] {
    const Told told = attempt();
    const auto late = told.took - latest_end(told.timeout);
    if (late < milliseconds{0}) return late;
    // On a busy machine every run begins and ends late.
    const RefusingPort port;
    return late - 2 * tell(loopback_url(port.port()), {}).took;
  };
  EXPECT_LT(least_of_three(milliseconds{0}, lateness).count(), 0)
      << "milliseconds too late, in each of three attempts";
}

// As tell_timeout, and in time.
Told tell_timeout_in_time(const std::string& url, std::string_view phase) {
  Told told;
  expect_in_time([&] { return told = tell_timeout(url, phase); });
  return told;
}

TEST(FetchFault, refused) {
  const Requirement requirement{"fetch.fault.refused", "F7.1", Level::must,
                                "A refused connection is a failure that says so."};
  const RefusingPort port;
  expect_outcome(failed({"refused"}), loopback_url(port.port()));
}

TEST(FetchContractFault, refused_line) {
  const Requirement requirement{"fetch.fault.refused-line", "F7.1", Level::must,
                                "Without a head the status is null and no bytes are counted."};
  const RefusingPort port;
  const Told told = tell(loopback_url(port.port()), {});
  ASSERT_TRUE(told.line.contains("status") && told.line.contains("bytes"));
  EXPECT_TRUE(told.line.at("status").is_null());
  EXPECT_TRUE(told.line.at("bytes").is_number());
  EXPECT_EQ(told.line.at("bytes").number, 0);
}

TEST(FetchContractFault, connect_timeout) {
  const Requirement requirement{"fetch.fault.connect-timeout", "F7.2", Level::must,
                                "A connect that hangs ends at --connect-timeout, and says so."};
  const FullBacklog port;
  if (!port.works()) GTEST_SKIP() << "this kernel completes connects beyond the backlog";
  expect_in_time([&] {
    Told told = tell(loopback_url(port.port()), {"--connect-timeout", "400ms"});
    told.timeout = milliseconds{400};
    expect_timeout(told, "connect");
    EXPECT_TRUE(told.line.contains("status") && told.line.at("status").is_null());
    return told;
  });
}

TEST(FetchContractFault, connect_within_timeout) {
  const Requirement requirement{"fetch.fault.connect-within-timeout", "F7.2", Level::must,
                                "--timeout bounds the connect too."};
  const FullBacklog port;
  if (!port.works()) GTEST_SKIP() << "this kernel completes connects beyond the backlog";
  (void)tell_timeout_in_time(loopback_url(port.port()), "connect");
}

TEST(FetchContractFault, head_timeout) {
  const Requirement requirement{"fetch.fault.head-timeout", "F7.3", Level::must,
                                "A peer that accepts and says nothing ends at --timeout."};
  Origin origin;
  origin.on("/", Script().stall());
  (void)tell_timeout_in_time(origin.url("/"), "head");
  EXPECT_TRUE(origin.wait_for([&] { return origin.visits("/").at(0).over; }))
      << "the client keeps the connection of a fetch that is over";
}

TEST(FetchContractFault, half_head_timeout) {
  const Requirement requirement{"fetch.fault.half-head-timeout", "F7.3", Level::must,
                                "A peer that stops in its head ends at --timeout."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\nContent-").stall());
  const Told told = tell_timeout_in_time(origin.url("/"), "head");
  EXPECT_TRUE(told.line.contains("status") && told.line.at("status").is_null());
}

TEST(FetchContractFault, after_1xx_timeout) {
  const Requirement requirement{"fetch.fault.after-1xx-timeout", "F7.3", Level::must,
                                "A peer that stops after a 1xx head is still in its head."};
  Origin origin;
  origin.on("/", Script("HTTP/1.1 100 Continue\r\n\r\n").stall());
  (void)tell_timeout_in_time(origin.url("/"), "head");
}

TEST(FetchContractFault, body_timeout) {
  const Requirement requirement{
      "fetch.fault.body-timeout", "F7.3", Level::must,
      "A peer that stops in its body ends at --timeout; its head stands."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc").stall());
  const Told told = tell_timeout_in_time(origin.url("/"), "body");
  ASSERT_TRUE(told.line.contains("status"));
  EXPECT_EQ(told.line.at("status").number, 200);
}

TEST(FetchContractFault, stream_timeout) {
  const Requirement requirement{"fetch.fault.stream-timeout", "F7.3", Level::must,
                                "A body without a length whose peer stays silent is no success."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\n\r\nabc").stall());
  (void)tell_timeout_in_time(origin.url("/"), "body");
}

TEST(FetchContractFault, dribbled_head_timeout) {
  const Requirement requirement{"fetch.fault.dribbled-head-timeout", "F7.4", Level::must,
                                "--timeout bounds the whole fetch: a head that never ends, a byte "
                                "at a time, does not extend it."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\nX: ").endless("x", 20'000, milliseconds{20}));
  (void)tell_timeout_in_time(origin.url("/"), "head");
}

TEST(FetchContractFault, dribbled_body_timeout) {
  const Requirement requirement{"fetch.fault.dribbled-body-timeout", "F7.4", Level::must,
                                "--timeout bounds the whole fetch: a body that never ends, a byte "
                                "at a time, does not extend it."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\n\r\n").endless("x", 20'000, milliseconds{20}));
  (void)tell_timeout_in_time(origin.url("/"), "body");
}

TEST(FetchContractFault, hurried_body_timeout) {
  const Requirement requirement{"fetch.fault.hurried-body-timeout", "F7.4", Level::must,
                                "--timeout bounds the whole fetch: a body that never ends, and "
                                "comes quicker than it is read, does not extend it."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\n\r\n")
                     .endless(std::string(std::size_t{256} << 10, 'x'), std::size_t{1} << 40));
  const auto timeouts = least_of_three(5.0, [&] {
    const Told told = tell_timeout(origin.url("/"), "body", {"--max-body", "4096MiB"});
    return told.line.at("ms").number / static_cast<double>(told.timeout.count());
  });
  EXPECT_LE(timeouts, 5);
}

TEST(FetchContractFault, connect_timeout_ends_with_connect) {
  const Requirement requirement{"fetch.fault.connect-timeout-only", "F7.2", Level::must,
                                "--connect-timeout does not bound what comes after the connect."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  Origin origin;
  origin.on("/", Script().pause(milliseconds{1500}).send(response("late\n")));
  const Finished run = fetch({.urls = {origin.url("/")}, .flags = {"--connect-timeout", "1s"}});
  EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err);
  EXPECT_EQ(run.out, "late\n");
}

TEST(FetchContractFault, timeout_each) {
  const Requirement requirement{"fetch.fault.timeout-each", "F7.4", Level::must,
                                "--timeout counts for each URL from its own start, not from the "
                                "start of the run."};
  if (const auto why = unmet({.slow = true}); !why.empty()) GTEST_SKIP() << why;
  Origin origin;
  Call call;
  call.flags = {"--jobs", "1", "--timeout", "1500ms", "--format", "json"};
  for (const char* target : {"/1", "/2", "/3", "/4"}) {
    origin.on(target, Script().pause(milliseconds{600}).send(response("slow\n")));
    call.urls.push_back(origin.url(target));
  }
  judge_a_quick_attempt([&] {
    const auto start_time = Clock::now();
    const Finished run = fetch(call);
    // Three pauses and a whole timeout: where the machine stood still, one fetch may be too slow.
    const bool quick = since(start_time) < milliseconds{3 * 600 + 1500};
    if (run.status->shell_code() == 1 && !quick) return false;
    EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err) << escaped(run.out);
    return true;
  });
}

TEST(FetchContractFault, one_failure_is_one_result) {
  const Requirement requirement{"fetch.fault.one-failure", "F7.5", Level::must,
                                "One URL's failure, of any kind, is that URL's result and never "
                                "the end of the run."};
  Origin origin;
  const RefusingPort refusing;
  origin.on("/good", response("good\n"));
  origin.on("/missing", response("no\n", "404 Not Found"));
  origin.on("/junk", Script("junk\r\n\r\n"));
  origin.on("/short", Script("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
  origin.on("/reset", Script().reset());
  origin.on("/stall", Script().stall());
  origin.on("/latin", response("caf\xe9\n"));
  origin.on("/large", Script("HTTP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n").stall());
  struct Row {
    std::string url;
    const char* reason;  // null: no error
    int status;          // 0: null
  };
  const std::vector<Row> rows = {{origin.url("/good"), nullptr, 200},
                                 {origin.url("/junk"), "bad head", 0},
                                 {"http://", "bad URL", 0},
                                 {origin.url("/missing"), nullptr, 404},
                                 {origin.url("/short"), "truncated", 200},
                                 {loopback_url(refusing.port()), "refused", 0},
                                 {origin.url("/good"), nullptr, 200},
                                 {origin.url("/stall"), "timed out", 0},
                                 {origin.url("/reset"), "reset", 0},
                                 {origin.url("/latin"), "UTF-8", 200},
                                 {"https://127.0.0.1/", "https", 0},
                                 {origin.url("/large"), "too large", 200},
                                 {origin.url("/good"), nullptr, 200}};
  Call call;
  call.flags = {"--format", "json", "--timeout", "2s"};
  for (const auto& row : rows) call.urls.push_back(row.url);
  const Finished run = fetch(call);
  EXPECT_EQ(run.status->shell_code(), 1) << escaped(run.err);
  const auto lines = json_lines(run.out);
  ASSERT_EQ(lines.size(), rows.size()) << escaped(run.out, 4000);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i].url);
    const auto& line = lines[i];
    EXPECT_EQ(line.at("index").number, static_cast<double>(i + 1));
    EXPECT_EQ(line.at("url").text, rows[i].url);
    if (rows[i].status == 0) {
      EXPECT_TRUE(line.at("status").is_null()) << line.at("status").text;
    } else {
      EXPECT_EQ(line.at("status").number, rows[i].status);
    }
    if (rows[i].reason == nullptr) {
      EXPECT_TRUE(line.at("error").is_null()) << line.at("error").text;
    } else {
      EXPECT_TRUE(holds(line.at("error").text, rows[i].reason)) << line.at("error").text;
    }
  }
}

}  // namespace
}  // namespace trivium::conformance
