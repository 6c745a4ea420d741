// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What a run prints, writes and ends with: formats, input, output, streams, exit codes.
#include "tests/conformance/fetch_runner.hpp"
#include "tests/conformance/origin_ports.hpp"

namespace trivium::conformance {
namespace {

std::string refused_url(const RefusingPort& port) {
  return "http://127.0.0.1:" + std::to_string(port.port()) + "/refused";
}

std::string headed(const std::string& url, const std::string& body) {
  return "==> " + url + " <==\n" + body;
}

TEST(FetchContractText, headings) {
  const Requirement requirement{"fetch.text-format.headings", "G2.1", Level::must,
                                "Several bodies stand under a line `==> URL <==` each; one body "
                                "stands alone."};
  Origin origin;
  origin.on("/a", response("first\n"));
  origin.on("/b", response(""));
  origin.on("/c", response("third\nline\n"));
  const Finished one = fetch({.urls = {origin.url("/a")}, .flags = {"--format", "text"}});
  EXPECT_EQ(one.out, "first\n");
  const Finished three = fetch({.urls = {origin.url("/a"), origin.url("/b"), origin.url("/c")}});
  EXPECT_EQ(three.status->shell_code(), 0) << escaped(three.err);
  EXPECT_EQ(three.out, headed(origin.url("/a"), "first\n") + headed(origin.url("/b"), "") +
                           headed(origin.url("/c"), "third\nline\n"));
}

TEST(FetchContractText, failure_line) {
  const Requirement requirement{"fetch.text-format.failure", "G2.1", Level::must,
                                "A failure is one line on standard error, with URL and reason, and "
                                "nothing on standard output."};
  Origin origin;
  const RefusingPort port;
  origin.on("/a", response("first\n"));
  origin.on("/c", response("third\n"));
  const std::string failing = refused_url(port);
  const Finished run = fetch(
      {.urls = {origin.url("/a"), failing, origin.url("/c")}, .flags = {"--progress", "never"}});
  EXPECT_EQ(run.status->shell_code(), 1);
  EXPECT_EQ(run.out, headed(origin.url("/a"), "first\n") + headed(origin.url("/c"), "third\n"));
  const auto at = run.err.find(failing);
  ASSERT_NE(at, std::string::npos) << escaped(run.err);
  EXPECT_EQ(run.err.find(failing, at + 1), std::string::npos) << escaped(run.err);
  const auto begin = run.err.rfind('\n', at) + 1;
  EXPECT_TRUE(holds(run.err.substr(begin, run.err.find('\n', at) - begin), "refused"))
      << escaped(run.err);
  EXPECT_EQ(count_lines(run.err), 2) << "the failure and the summary: " << escaped(run.err);
}

TEST(FetchContractText, partial_body) {
  const Requirement requirement{"fetch.text-format.partial", "G2.1", Level::must,
                                "Of a body that failed nothing is printed."};
  Origin origin;
  origin.on("/", Script("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf\n"));
  const Finished run = fetch({.urls = {origin.url("/")}});
  EXPECT_EQ(run.status->shell_code(), 1);
  EXPECT_EQ(run.out, "");
}

TEST(FetchContractText, not_found) {
  const Requirement requirement{"fetch.text-format.not-found", "G2.1", Level::must,
                                "A 404 was fetched: its body is printed, its exit code is 1."};
  Origin origin;
  const Finished run = fetch({.urls = {origin.url("/none")}});
  EXPECT_EQ(run.status->shell_code(), 1);
  EXPECT_EQ(run.out, "no such page\n");
}

TEST(FetchContractJson, keys) {
  const Requirement requirement{"fetch.json-format.keys", "G2.2", Level::must,
                                "One object a line: index from 1, url, status, bytes, ms, error; "
                                "null where there is none."};
  Origin origin;
  const RefusingPort port;
  origin.on("/slow", Script().pause(milliseconds{200}).send(response("12345\n")));
  const std::vector<std::string> urls = {origin.url("/slow"), origin.url("/none"),
                                         refused_url(port), "http://127.0.0.1:1/\"\\"};
  const Finished run = fetch({.urls = urls, .flags = {"--format", "json"}});
  EXPECT_EQ(run.status->shell_code(), 1);
  const auto lines = json_lines(run.out);
  ASSERT_EQ(lines.size(), 4U) << escaped(run.out);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const char* key : {"index", "url", "status", "bytes", "ms", "error"}) {
      ASSERT_TRUE(lines[i].contains(key)) << key << " is missing in line " << i + 1;
    }
    EXPECT_EQ(lines[i].at("index").number, static_cast<double>(i + 1));
    EXPECT_EQ(lines[i].at("url").text, urls[i]);
    EXPECT_TRUE(lines[i].at("bytes").is_number());
    EXPECT_TRUE(lines[i].at("ms").is_number());
    EXPECT_GE(lines[i].at("ms").number, 0);
  }
  EXPECT_EQ(lines[0].at("status").number, 200);
  EXPECT_EQ(lines[0].at("bytes").number, 6);
  EXPECT_TRUE(lines[0].at("error").is_null());
  EXPECT_GE(lines[0].at("ms").number, 199);
  EXPECT_LE(lines[0].at("ms").number, static_cast<double>(patience.count()));
  EXPECT_EQ(lines[1].at("status").number, 404);
  EXPECT_EQ(lines[1].at("bytes").number, 13);
  EXPECT_TRUE(lines[1].at("error").is_null());
  EXPECT_TRUE(lines[2].at("status").is_null());
  EXPECT_TRUE(lines[2].at("error").is_text());
  EXPECT_TRUE(lines[3].at("status").is_null());
  EXPECT_TRUE(holds(lines[3].at("error").text, "bad URL"));
}

TEST(FetchContractNone, prints_nothing) {
  const Requirement requirement{"fetch.none-format.nothing", "G2.3", Level::must,
                                "--format none prints nothing; the exit code tells."};
  Origin origin;
  origin.on("/a", response("first\n"));
  const Finished good =
      fetch({.urls = {origin.url("/a"), origin.url("/a")}, .flags = {"--format", "none"}});
  EXPECT_EQ(good.status->shell_code(), 0);
  EXPECT_EQ(good.out, "");
  const Finished mixed =
      fetch({.urls = {origin.url("/a"), origin.url("/b")}, .flags = {"--format", "none"}});
  EXPECT_EQ(mixed.status->shell_code(), 1);
  EXPECT_EQ(mixed.out, "");
}

TEST(FetchContractOutput, files) {
  const Requirement requirement{"fetch.output.files", "G2.4", Level::must,
                                "--output writes the bodies to 000001.txt and so on, by index."};
  const ScratchDirectory scratch;
  Origin origin;
  const RefusingPort port;
  Call call;
  call.flags = {"--output", scratch.path(), "--format", "none"};
  for (int i = 1; i <= 11; ++i) {
    const std::string target = '/' + std::to_string(i);
    origin.on(target, response("body " + target + "\r\nno line end"));
    call.urls.push_back(i == 4 ? refused_url(port) : origin.url(target));
  }
  const Finished run = fetch(call);
  EXPECT_EQ(run.status->shell_code(), 1) << escaped(run.err);
  for (int i = 1; i <= 11; ++i) {
    const std::string name = (i < 10 ? "00000" : "0000") + std::to_string(i) + ".txt";
    const auto text = scratch.read(name);
    if (i == 4) {
      EXPECT_FALSE(text) << "a failure has no body";
    } else {
      EXPECT_EQ(text.value_or("(no file)"), "body /" + std::to_string(i) + "\r\nno line end")
          << name;
    }
  }
}

TEST(FetchContractOutput, not_writable) {
  const Requirement requirement{"fetch.output.not-writable", "G2.4", Level::must,
                                "A directory that can't be written to is told in clear words, and "
                                "is no success."};
  const ScratchDirectory scratch;
  scratch.write("file", "");
  Origin origin;
  origin.on("/", response("page\n"));
  const Finished run =
      fetch({.urls = {origin.url("/")}, .flags = {"--output", scratch.path("file/inside")}});
  EXPECT_EQ(run.status->signal, 0);
  EXPECT_TRUE(run.status->code == 1 || run.status->code == 2) << run.status->code;
  EXPECT_TRUE(holds(run.err, "file/inside")) << escaped(run.err);
}

const char* const list_head = "# a comment\n\n";

TEST(FetchContractInput, file) {
  const Requirement requirement{"fetch.input.file", "G3.1", Level::must,
                                "--input FILE gives one URL a line; blank lines and # are skipped, "
                                "the last line needs no end."};
  const ScratchDirectory scratch;
  Origin origin;
  origin.on("/a", response("first\n"));
  origin.on("/b", response("second\n"));
  scratch.write("urls", list_head + origin.url("/a") + "\n\n#" + origin.url("/c") + "\n   \n" +
                            origin.url("/b"));
  const Finished run = fetch({.urls = {}, .flags = {"--input", scratch.path("urls")}});
  EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err);
  EXPECT_EQ(run.out, headed(origin.url("/a"), "first\n") + headed(origin.url("/b"), "second\n"));
  EXPECT_TRUE(origin.visits("/c").empty());
}

TEST(FetchContractInput, standard_input) {
  const Requirement requirement{"fetch.input.standard-input", "G3.1", Level::must,
                                "--input - reads the URLs from standard input."};
  Origin origin;
  std::string list = list_head;
  std::string expected;
  for (int i = 1; i <= 60; ++i) {
    const std::string target = '/' + std::to_string(i);
    origin.on(target, response(target + "\n"));
    list += origin.url(target) + "\n";
    expected += headed(origin.url(target), target + "\n");
  }
  const Finished run = fetch({.urls = {}, .flags = {"--input", "-"}, .input = list});
  EXPECT_EQ(run.status->shell_code(), 0) << escaped(run.err);
  EXPECT_EQ(run.out, expected);
}

TEST(FetchContractInput, bad_line) {
  const Requirement requirement{"fetch.input.bad-line", "G3.1", Level::must,
                                "A line that is no URL is one failure among the results."};
  Origin origin;
  origin.on("/a", response("first\n"));
  const Finished run = fetch({.urls = {},
                              .flags = {"--input", "-", "--format", "json"},
                              .input = "what is this?\n" + origin.url("/a") + "\n"});
  EXPECT_EQ(run.status->shell_code(), 1) << escaped(run.err);
  const auto lines = json_lines(run.out);
  ASSERT_EQ(lines.size(), 2U) << escaped(run.out);
  EXPECT_EQ(lines[0].at("url").text, "what is this?");
  EXPECT_TRUE(holds(lines[0].at("error").text, "bad URL")) << lines[0].at("error").text;
  EXPECT_TRUE(lines[1].at("error").is_null());
}

// Whether the number stands there by itself, and not as a part of another.
bool holds_number(const std::string& text, const std::string& number) {
  constexpr std::string_view parts = "0123456789.";
  for (auto at = text.find(number); at != text.npos; at = text.find(number, at + 1)) {
    const auto end = at + number.size();
    const bool begins = at == 0 || parts.find(text[at - 1]) == parts.npos;
    const bool ends = end == text.size() || parts.find(text[end]) == parts.npos;
    if (begins && ends) return true;
  }
  return false;
}

TEST(FetchContractStreams, summary) {
  const Requirement requirement{"fetch.streams.summary", "G2.5", Level::must,
                                "A summary of one line goes to standard error, which says how many "
                                "there were, and how many of them were fetched."};
  Origin origin;
  origin.on("/a", response("first\n"));
  const std::string url = origin.url("/a");
  const Finished run = fetch({.urls = {url, url, url}, .flags = {"--progress", "never"}});
  EXPECT_EQ(run.status->shell_code(), 0);
  EXPECT_EQ(count_lines(run.err), 1) << escaped(run.err);
  EXPECT_TRUE(holds_number(run.err, "3")) << "how many there were: " << escaped(run.err);
  EXPECT_EQ(run.err.find_first_of("\r\x1b"), std::string::npos) << escaped(run.err);
  std::vector<std::string> urls(13, url);
  urls[4] = urls[9] = origin.url("/none");
  const Finished mixed = fetch({.urls = urls, .flags = {"--progress", "never"}});
  EXPECT_EQ(mixed.status->shell_code(), 1);
  EXPECT_EQ(count_lines(mixed.err), 3) << "a line for each failure, and the summary";
  const auto last = mixed.err.substr(mixed.err.rfind('\n', mixed.err.size() - 2) + 1);
  for (const char* number : {"11", "13"}) {
    EXPECT_TRUE(holds_number(last, number)) << number << ": " << escaped(last);
  }
}

TEST(FetchContractStreams, progress) {
  const Requirement requirement{"fetch.streams.progress", "G2.5", Level::must,
                                "Progress is drawn on standard error with --progress always, and "
                                "with auto only on a terminal; never on standard output."};
  Origin origin;
  origin.on("/a", Script().pause(milliseconds{50}).send(response("first\n")));
  const std::string url = origin.url("/a");
  const Finished drawn = fetch({.urls = {url}, .flags = {"--progress", "always"}});
  EXPECT_EQ(drawn.out, "first\n");
  EXPECT_NE(drawn.err.find_first_of("\r\x1b"), std::string::npos) << escaped(drawn.err);
  const Finished plain = fetch({.urls = {url}, .flags = {"--progress", "auto"}});
  EXPECT_EQ(plain.out, "first\n");
  EXPECT_EQ(plain.err.find_first_of("\r\x1b"), std::string::npos) << escaped(plain.err);
  for (const std::string when : {"auto", "never"}) {
    const Finished seen = fetch({.urls = {url}, .flags = {"--progress", when}, .terminal = true});
    EXPECT_EQ(seen.out, "first\n");
    EXPECT_EQ(seen.err.find_first_of("\r\x1b") != std::string::npos, when == "auto")
        << when << ": " << escaped(seen.err);
  }
}

TEST(FetchContractExit, codes) {
  const Requirement requirement{
      "fetch.exit.codes", "G4.1", Level::must,
      "Exit 0 when every URL was fetched with a 2xx, 1 when any was not."};
  Origin origin;
  const RefusingPort port;
  origin.on("/ok", response("page\n"));
  origin.on("/made", response("made\n", "201 Created"));
  const std::string ok = origin.url("/ok");
  EXPECT_EQ(fetch({.urls = {ok, origin.url("/made"), ok}}).status->shell_code(), 0);
  EXPECT_EQ(fetch({.urls = {ok, origin.url("/none"), ok}}).status->shell_code(), 1);
  EXPECT_EQ(fetch({.urls = {refused_url(port), ok}}).status->shell_code(), 1);
  EXPECT_EQ(fetch({.urls = {ok, "https://127.0.0.1/"}}).status->shell_code(), 1);
}

}  // namespace
}  // namespace trivium::conformance
