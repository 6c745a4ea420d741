// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The request that a fetch sends, and the URLs that it takes.
#include <algorithm>
#include <optional>
#include <sstream>
#include <system_error>

#include "tests/conformance/fetch_runner.hpp"
#include "tests/conformance/judge.hpp"
#include "tests/conformance/origin_ports.hpp"

namespace trivium::conformance {
namespace {

const std::string body = "a page\n";

// Fetches `url`, which leads to `origin`, and returns the one visit that this made.
Visit visit_of(Origin& origin, const std::string& url) {
  origin.otherwise(response(body));
  expect_outcome(fetched(body), url);
  const auto visits = origin.visits();
  EXPECT_EQ(visits.size(), 1U) << "one URL is one connection";
  return visits.empty() ? Visit{} : visits.front();
}

// The values of a header field, in order.
std::vector<std::string> field(const std::string& head, const std::string& name) {
  std::vector<std::string> values;
  std::istringstream lines(head);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || colon != name.size() || !holds(line.substr(0, colon), name)) {
      continue;
    }
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    value.erase(value.find_last_not_of(" \t\r") + 1);
    values.push_back(value);
  }
  return values;
}

std::vector<std::string> one(const std::string& value) {
  return {value};
}

TEST(FetchReach, one_page) {
  const Requirement requirement{"fetch.reach.one-page", "F0.1", Level::must,
                                "One page is fetched: exit 0 and the body on standard output."};
  Origin origin;
  origin.on("/page", response(body));
  const auto start_time = Clock::now();
  expect_outcome(fetched(body), origin.url("/page"));
  tell_reached({.round_trip_us = since(start_time).count() * 1000, .healthy = !HasFailure()});
}

TEST(FetchRequest, once) {
  const Requirement requirement{"fetch.request.once", "F1.5", Level::must,
                                "One URL is one connection: what failed is not tried again."};
  const std::string truncated = "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nshort";
  for (const auto& script :
       {Script().reset(), Script(truncated), Script(response(body, "503 Service Unavailable"))}) {
    Origin origin;
    origin.otherwise(script);
    const Finished run = fetch({.urls = {origin.url("/")}});
    EXPECT_NE(run.status->shell_code(), 0) << escaped(run.err);
    EXPECT_EQ(origin.visits().size(), 1U);
  }
}

TEST(FetchRequest, get_1_0) {
  const Requirement requirement{"fetch.request.get-1-0", "F1.1; RFC 1945, section 5.1", Level::must,
                                "The request line is `GET target HTTP/1.0`."};
  Origin origin;
  const Visit visit = visit_of(origin, origin.url("/a/b"));
  EXPECT_EQ(visit.head.substr(0, visit.head.find('\n') + 1), "GET /a/b HTTP/1.0\r\n");
}

TEST(FetchRequest, form) {
  const Requirement requirement{"fetch.request.form", "F1.1; RFC 1945, section 4.1", Level::must,
                                "Every line of the request ends in CRLF, a blank line ends it, and "
                                "nothing comes after it."};
  Origin origin;
  const Visit visit = visit_of(origin, origin.url("/"));
  EXPECT_TRUE(visit.head.ends_with("\r\n\r\n")) << escaped(visit.head);
  std::string rest = visit.head;
  for (auto at = rest.find("\r\n"); at != std::string::npos; at = rest.find("\r\n")) {
    rest.erase(at, 2);
  }
  EXPECT_EQ(rest.find_first_of("\r\n"), std::string::npos) << escaped(visit.head);
  EXPECT_EQ(visit.extra, "");
}

TEST(FetchRequest, host_with_port) {
  const Requirement requirement{"fetch.request.host-with-port", "F1.2; RFC 9110, section 7.2",
                                Level::must,
                                "Host stands once, with the port where that is not 80."};
  Origin origin;
  const Visit visit = visit_of(origin, origin.url("/"));
  EXPECT_EQ(field(visit.head, "Host"), one("127.0.0.1:" + std::to_string(origin.port())));
}

TEST(FetchRequest, host_without_port_80) {
  const Requirement requirement{"fetch.request.host-without-port-80", "F1.2; RFC 9110, section 7.2",
                                Level::must,
                                "A URL without a port means port 80, and Host has no port then."};
  std::optional<Origin> origin;
  try {
    origin.emplace("127.0.0.80", std::uint16_t{80});
  } catch (const std::system_error& error) {
    GTEST_SKIP() << "port 80 is not to be had: " << error.what();
  }
  const Visit visit = visit_of(*origin, "http://127.0.0.80/");
  EXPECT_EQ(field(visit.head, "Host"), one("127.0.0.80"));
}

TEST(FetchRequest, user_agent) {
  const Requirement requirement{"fetch.request.user-agent", "F1.3; RFC 9110, section 10.1.5",
                                Level::must, "The request has a User-Agent."};
  Origin origin;
  const auto agents = field(visit_of(origin, origin.url("/")).head, "User-Agent");
  ASSERT_EQ(agents.size(), 1U);
  EXPECT_NE(agents[0], "");
}

struct TargetCase {
  const char* id;
  const char* source;
  const char* given;   // After http://HOST:PORT
  const char* target;  // In the request line
};

std::ostream& operator<<(std::ostream& out, const TargetCase& row) {
  return out << row.id;
}

class Target : public testing::TestWithParam<TargetCase> {};

TEST_P(Target, IsSent) {
  const Requirement requirement{GetParam().id, GetParam().source, Level::must,
                                "The target is path and query as they stand in the URL, `/` where "
                                "there is no path; a fragment is not sent."};
  Origin origin;
  EXPECT_EQ(visit_of(origin, origin.url(GetParam().given)).target, GetParam().target);
}

INSTANTIATE_TEST_SUITE_P(
    FetchRequest, Target,
    testing::Values(
        TargetCase{"fetch.target.path", "F1.4; RFC 9112, section 3.2.1", "/a/b/c.txt",
                   "/a/b/c.txt"},
        TargetCase{"fetch.target.missing-path", "F1.4; RFC 9112, section 3.2.1", "", "/"},
        TargetCase{"fetch.target.query", "F1.4; RFC 9112, section 3.2.1", "/a?b=c&d=e",
                   "/a?b=c&d=e"},
        TargetCase{"fetch.target.query-without-path", "F1.4; RFC 9112, section 3.2.1", "?q=1",
                   "/?q=1"},
        TargetCase{"fetch.target.empty-query", "F1.4; RFC 9112, section 3.2.1", "/a?", "/a?"},
        TargetCase{"fetch.target.percent", "F1.4; RFC 9112, section 3.2.1", "/a%20b%2Fc?x=%00%0A",
                   "/a%20b%2Fc?x=%00%0A"},
        TargetCase{"fetch.target.punctuation", "F1.4; RFC 9112, section 3.2.1",
                   "/~a!$&'()*+,;=:@-._/?/?", "/~a!$&'()*+,;=:@-._/?/?"},
        TargetCase{"fetch.target.dots", "F1.4; RFC 9112, section 3.2.1", "/a/../b/./c",
                   "/a/../b/./c"},
        TargetCase{"fetch.target.fragment", "F1.4; RFC 9112, section 3.2.1", "/a#part", "/a"},
        TargetCase{"fetch.target.fragment-after-query", "F1.4; RFC 9112, section 3.2.1", "/a?b#c?d",
                   "/a?b"}),
    row_name<TargetCase>);

TEST(FetchUrl, ipv6_literal) {
  const Requirement requirement{"fetch.url.ipv6-literal", "F2.1; RFC 3986, section 3.2.2",
                                Level::must,
                                "An IPv6 address stands in brackets, in the URL and in Host."};
  std::optional<Origin> origin;
  try {
    origin.emplace("::1");
  } catch (const std::system_error& error) {
    GTEST_SKIP() << "no IPv6 here: " << error.what();
  }
  const Visit visit = visit_of(*origin, origin->url("/six"));
  EXPECT_EQ(visit.target, "/six");
  EXPECT_EQ(field(visit.head, "Host"), one("[::1]:" + std::to_string(origin->port())));
}

TEST(FetchUrl, name) {
  const Requirement requirement{"fetch.url.name", "F2.1", Level::must,
                                "A name is resolved, and Host says the name."};
  if (!resolves("localhost")) GTEST_SKIP() << "this system does not know localhost";
  Origin origin;
  const std::string host = "localhost:" + std::to_string(origin.port());
  const Visit visit = visit_of(origin, "http://" + host + "/named");
  EXPECT_EQ(field(visit.head, "Host"), one(host));
}

TEST(FetchUrl, userinfo) {
  const Requirement requirement{
      "fetch.url.userinfo", "F2.2; RFC 9110, section 4.2.4", Level::must,
      "User and password in a URL are refused or left out; they are never "
      "taken for the host, nor sent in Host."};
  Origin origin;
  origin.otherwise(response(body));
  const std::string authority = "127.0.0.1:" + std::to_string(origin.port());
  expect_outcome(fetched_or_failed(body, {"bad URL"}), "http://user:secret@" + authority + "/");
  for (const auto& visit : origin.visits()) {
    EXPECT_EQ(field(visit.head, "Host"), one(authority));
    EXPECT_FALSE(holds(visit.head.substr(0, visit.head.find('\n')), "secret"));
  }
}

TEST(FetchUrl, unresolvable) {
  const Requirement requirement{"fetch.url.unresolvable", "F2.4", Level::must,
                                "A name that does not resolve is that URL's failure."};
  if (!config().contract) {
    expect_outcome(failed({}), "http://nosuchname.invalid/");
    return;
  }
  // Where the resolver itself is not answered, the timeout bounds it.
  expect_outcome(failed({"not resolved", "timed out"}), "http://nosuchname.invalid/",
                 {"--timeout", "5s"});
}

struct BadUrl {
  const char* id;
  const char* source;
  const char* url;
  const char* reason = "bad URL";
};

std::ostream& operator<<(std::ostream& out, const BadUrl& row) {
  return out << row.id;
}

class Bad : public testing::TestWithParam<BadUrl> {};

TEST_P(Bad, IsRefused) {
  const Requirement requirement{GetParam().id, GetParam().source, Level::must,
                                "What is no URL that can be fetched fails with a reason."};
  expect_outcome(failed({GetParam().reason}), GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    FetchUrl, Bad,
    testing::Values(BadUrl{"fetch.url.bad-no-scheme", "F2.5", "127.0.0.1/page"},
                    BadUrl{"fetch.url.bad-words", "F2.5", "not a url"},
                    BadUrl{"fetch.url.bad-nothing", "F2.5", "http://"},
                    BadUrl{"fetch.url.bad-no-host", "F2.5", "http:///page"},
                    BadUrl{"fetch.url.bad-no-host-port", "F2.5", "http://:80/"},
                    BadUrl{"fetch.url.bad-scheme", "F2.5", "ftp://127.0.0.1/"},
                    BadUrl{"fetch.url.bad-file", "F2.5", "file:///etc/hostname"},
                    BadUrl{"fetch.url.bad-port-big", "F2.5", "http://127.0.0.1:65536/"},
                    BadUrl{"fetch.url.bad-port-word", "F2.5", "http://127.0.0.1:http/"},
                    BadUrl{"fetch.url.bad-port-sign", "F2.5", "http://127.0.0.1:-1/"},
                    BadUrl{"fetch.url.bad-bracket", "F2.5", "http://[::1/"},
                    BadUrl{"fetch.url.bad-ipv6", "F2.5", "http://[1:2]/"},
                    BadUrl{"fetch.url.bad-bare-ipv6", "F2.5", "http://::1/"},
                    BadUrl{"fetch.url.https", "F2.5", "https://127.0.0.1/", "https"}),
    row_name<BadUrl>);

TEST(FetchUrl, port_wraps) {
  const Requirement requirement{"fetch.url.bad-port-wraps", "F2.5", Level::must,
                                "A port beyond 65535 is refused, and never taken modulo 65536."};
  Origin origin;
  origin.otherwise(response(body));
  const auto beyond = std::to_string(65536 + origin.port());
  expect_outcome(failed({"bad URL"}), "http://127.0.0.1:" + beyond + "/");
  EXPECT_EQ(origin.accepted(), 0);
}

TEST(FetchUrl, no_injection) {
  const Requirement requirement{"fetch.url.no-injection", "F2.3", Level::must,
                                "A blank, a control character or a line end in a URL never reaches "
                                "the request as such."};
  for (const char* target : {"/a b", "/a\r\nX-Injected: 1", "/a\tb",
                             "/a\x7f"
                             "b"}) {
    Origin origin;
    origin.otherwise(response(body));
    const Finished run = fetch({.urls = {origin.url(target)}});
    EXPECT_EQ(run.status->signal, 0);
    for (const auto& visit : origin.visits()) {
      EXPECT_FALSE(holds(visit.head, "\r\nX-Injected")) << escaped(visit.head);
      const std::string line = visit.head.substr(0, visit.head.find("\r\n"));
      EXPECT_EQ(std::count(line.begin(), line.end(), ' '), 2) << escaped(line);
      EXPECT_EQ(line.find_first_of("\t\x7f"), std::string::npos) << escaped(line);
    }
  }
}

}  // namespace
}  // namespace trivium::conformance
