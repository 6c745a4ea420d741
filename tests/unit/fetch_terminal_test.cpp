// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Results, the bar and the summary on one terminal: each stands whole on lines of its own, and
// standard output has not a byte for that elsewhere. A forked client writes to a terminal of ours.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "shared/app/fetch_app.hpp"

namespace trivium::app {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// What stands on a terminal that got this. The bar is known to use `\r` and `ESC [ K` only.
std::vector<std::string> screen(const std::string& written) {
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    std::string& line = lines.back();
    if (written[i] == '\r') {
      column = 0;
    } else if (written[i] == '\n') {
      lines.emplace_back();  // the terminal puts a `\r` before it
    } else if (written.compare(i, 3, "\033[K") == 0) {
      line.resize(std::min(column, line.size()));
      i += 2;
    } else {
      line.resize(std::max(line.size(), column + 1), ' ');
      line[column++] = written[i];
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::string read_all(int file) {
  std::string all;
  std::array<char, 4096> some{};
  for (ssize_t count; (count = ::read(file, some.data(), some.size())) > 0;) {
    all.append(some.data(), static_cast<std::size_t>(count));
  }
  return all;  // of a terminal, EIO is the end: nobody has it open any more
}

struct Written {
  std::string terminal;
  std::string pipe;
};

// Runs a client whose standard error is a terminal, and whose standard output is the same terminal
// or a pipe.
Written written_by(const std::function<void()>& client, bool to_pipe) {
  const net::Descriptor ours(
      net::checked(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt"));
  ::grantpt(ours.get());
  ::unlockpt(ours.get());
  net::Descriptor terminal(
      net::checked(::open(::ptsname(ours.get()), O_RDWR | O_NOCTTY | O_CLOEXEC), "ptsname"));
  std::array<int, 2> ends{};
  net::checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  const net::Descriptor reader(ends[0]);
  net::Descriptor writer(ends[1]);
  const pid_t pid = net::checked(::fork(), "fork");
  if (pid == 0) {
    ::dup2(to_pipe ? writer.get() : terminal.get(), STDOUT_FILENO);
    ::dup2(terminal.get(), STDERR_FILENO);
    client();
    ::_exit(0);
  }
  terminal.close();
  writer.close();
  Written written{.terminal = read_all(ours.get()), .pipe = read_all(reader.get())};
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  return written;
}

// A run with so slow an origin that the bar is drawn before every result, and after the last.
void run(const std::string& format, const std::vector<protocol::FetchResult>& results) {
  FetchOptions options;
  options.format = format;
  for (std::size_t i = 0; i < results.size(); ++i) {
    options.urls.push_back("http://h/" + std::to_string(i + 1));
  }
  FetchClient client(options, "model/strategy");
  const auto draw_bar = [&] {
    std::this_thread::sleep_until(client.next_tick());
    client.tick();
  };
  for (std::size_t i = 0; i < results.size(); ++i) {
    draw_bar();
    client.deliver({i, results[i]});
  }
  draw_bar();
  (void)client.finish();
}

protocol::FetchResult fetched(const std::string& body) {
  return {.status = 200, .body = body, .bytes = body.size()};
}

std::vector<std::string> shown(const std::string& format,
                               const std::vector<protocol::FetchResult>& results) {
  const auto written = written_by([&] { run(format, results); }, false);
  EXPECT_NE(written.terminal.find("[#####"), std::string::npos) << "no bar was drawn";
  return screen(written.terminal);
}

TEST(FetchTerminal, AnObjectStandsOnALineOfItsOwn) {
  EXPECT_THAT(shown("json", {fetched("1"), fetched("2")}),
              ElementsAre(StartsWith(R"({"index":1,)"), StartsWith(R"({"index":2,)"),
                          StartsWith("model/strategy: fetched 2 of 2 ")));
}

TEST(FetchTerminal, ABodyThatDoesNotEndItsLineIsNotOverwritten) {
  EXPECT_THAT(
      shown("text", {fetched("cut off"), fetched("whole\n"), fetched("the end")}),
      ElementsAre("==> http://h/1 <==", "cut off", "==> http://h/2 <==", "whole",
                  "==> http://h/3 <==", "the end", StartsWith("model/strategy: fetched 3 of 3 ")));
}

TEST(FetchTerminal, NeitherByAFailure) {
  EXPECT_THAT(shown("text", {fetched("cut off"), {.error = protocol::FetchError::refused}}),
              ElementsAre("==> http://h/1 <==", "cut off", StartsWith("fetch: http://h/2: "),
                          StartsWith("model/strategy: fetched 1 of 2 ")));
}

TEST(FetchTerminal, APipeGetsWhatTheBodiesAreAndNoMore) {
  const auto client = [] { run("text", {fetched("cut off"), fetched("the end")}); };
  const auto written = written_by(client, true);
  EXPECT_EQ(written.pipe, "==> http://h/1 <==\ncut off\n==> http://h/2 <==\nthe end");
  EXPECT_THAT(screen(written.terminal), ElementsAre(StartsWith("model/strategy: fetched 2 of 2 ")));
}

}  // namespace
}  // namespace trivium::app
