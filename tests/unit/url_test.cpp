// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/url.hpp"

#include <gtest/gtest.h>

namespace trivium::net {
namespace {

TEST(Url, IsTakenApart) {
  const auto [url, error] = parse_url("http://example.org:8080/a/b.txt?c=d&e#part");
  EXPECT_EQ(error, "");
  EXPECT_EQ(url.host, "example.org");
  EXPECT_EQ(url.port, "8080");
  EXPECT_EQ(url.authority, "example.org:8080");
  EXPECT_EQ(url.target, "/a/b.txt?c=d&e");
}

TEST(Url, HasDefaults) {
  for (const char* text : {"http://example.org", "http://example.org:", "HTTP://example.org/",
                           "http://example.org:80", "http://example.org:0080#x"}) {
    const auto [url, error] = parse_url(text);
    EXPECT_EQ(error, "") << text;
    EXPECT_EQ(url.port, "80") << text;
    EXPECT_EQ(url.authority, "example.org") << text;
    EXPECT_EQ(url.target, "/") << text;
  }
}

TEST(Url, TakesAddresses) {
  const auto v4 = parse_url("http://127.0.0.1:1/").url;
  EXPECT_EQ(v4.host, "127.0.0.1");
  EXPECT_EQ(v4.authority, "127.0.0.1:1");
  const auto v6 = parse_url("http://[::1]:65535/").url;
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.port, "65535");
  EXPECT_EQ(v6.authority, "[::1]:65535");
  EXPECT_EQ(parse_url("http://[2001:db8::5]").url.authority, "[2001:db8::5]");
}

TEST(Url, TakesNamesThatBeginLikeAnAddress) {
  for (const std::string host : {"10.0.0.1.example.org", "1.2.3.4.5", "1.2.3.4a", "1.2.3.4-5"}) {
    const auto [url, error] = parse_url("http://" + host + ":8080/a?b#c");
    EXPECT_EQ(error, "") << host;
    EXPECT_EQ(url.host, host);
    EXPECT_EQ(url.authority, host + ":8080");
    EXPECT_EQ(url.target, "/a?b");
    EXPECT_EQ(parse_url("http://" + host).url.authority, host);
    EXPECT_NE(parse_url("http://" + host + ":http/").error, "");
  }
  EXPECT_NE(parse_url("http://1.2.3.4%41/").error, "");
  EXPECT_NE(parse_url("http://1.2.3.4:80a/").error, "");
}

TEST(Url, KeepsTheTargetAsWritten) {
  for (const char* target : {"/a%20b%2Fc?x=%00%0A", "/~a!$&'()*+,;=:@-._/?/?", "/a/../b/./c", "/a?",
                             "//double", "/%e2%82%ac"}) {
    EXPECT_EQ(parse_url(std::string("http://h") + target).url.target, target);
  }
  EXPECT_EQ(parse_url("http://h?q=1").url.target, "/?q=1");
}

TEST(Url, IsRefusedWithAReason) {
  for (const char* text : {"",
                           "example.org",
                           "/path",
                           "http:",
                           "http://",
                           "http:///path",
                           "http://:80/",
                           "not a url",
                           "http://h:65536/",
                           "http://h:95536/",
                           "http://h:4294967376/",
                           "http://h:99999999999999999999/",
                           "http://h:0/",
                           "http://h:http/",
                           "http://h:-1/",
                           "http://[::1/",
                           "http://[1:2]/",
                           "http://::1/",
                           "http://h/a b",
                           "http://h/a\r\nX: 1",
                           "http://h/\t",
                           "http://h/\x7f",
                           "http://h/\xc3\xbc",
                           "http://h%0d%0a/",
                           "http://h%00/",
                           "http://u@h/",
                           "http://u:p@h/",
                           "http://[fe80::1%25lo]/",
                           "http://[v1.x]/",
                           " http://h/"}) {
    EXPECT_NE(parse_url(text).error, "") << text;
  }
  const std::string longest = "http://h/" + std::string(max_url - 9, 'x');
  EXPECT_EQ(parse_url(longest).error, "");
  EXPECT_EQ(parse_url(longest + "x").error, "longer than 16 KiB");
  EXPECT_EQ(parse_url("https://h/").error, "only http:// is fetched, not https:");
}

}  // namespace
}  // namespace trivium::net
