// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A worker process that is killed fails the URL that it had in hand, and nothing else: the run goes
// on with a new worker. Runs the program itself, against an origin that holds one answer back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "shared/net/descriptor.hpp"
#include "shared/net/endpoint.hpp"
#include "shared/net/listener.hpp"
#include "tests/unit/fetch_strategies.hpp"

namespace trivium {
namespace {

constexpr auto patience = std::chrono::seconds(30);

// Accepts a connection and reads a request head from it.
net::Descriptor accept_request(int listener, std::string& head) {
  if (!net::wait_readable(listener, -1, patience).first) return {};
  net::Descriptor connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  net::set_receive_timeout(connection.get(), patience);
  char byte = 0;
  while (!head.ends_with("\r\n\r\n") && ::recv(connection.get(), &byte, 1, 0) == 1) head += byte;
  return connection;
}

pid_t only_child_of(pid_t parent) {
  const std::string number = std::to_string(parent);
  std::ifstream children("/proc/" + number + "/task/" + number + "/children");
  pid_t child = 0;
  children >> child;
  return child;
}

class FetchWorkerDeath : public testing::TestWithParam<const char*> {};

TEST_P(FetchWorkerDeath, FailsOneUrlAndNoOther) {
  const auto listener = net::listen_on(net::resolve_first({"127.0.0.1", "0"}), 16);
  const std::string base = "http://" + net::to_string(net::local_address(listener.get()));
  const std::string output = testing::TempDir() + "fetch_worker_death_" + GetParam();
  const std::vector<std::string> words{"fetch",     "--strategy", GetParam(), "--jobs",
                                       "1",         "--format",   "json",     base + "/killed",
                                       base + "/2", base + "/3"};
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t fetch = 0;
  ASSERT_EQ(::posix_spawn(&fetch, TRIVIUM_FETCH, &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);

  std::string head;
  const auto held = accept_request(listener.get(), head);
  EXPECT_TRUE(head.starts_with("GET /killed ")) << head;
  const pid_t worker = only_child_of(fetch);
  EXPECT_GT(worker, 0);
  if (worker > 0) {
    EXPECT_EQ(::kill(worker, SIGKILL), 0);
  }
  for (const char* target : {"GET /2 ", "GET /3 "}) {
    head.clear();
    const auto connection = accept_request(listener.get(), head);
    EXPECT_TRUE(head.starts_with(target)) << head;
    const std::string_view answer = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    EXPECT_EQ(::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer.size()));
  }
  if (testing::Test::HasFailure()) ::kill(fetch, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(fetch, &status, 0), fetch);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);

  std::ifstream lines(output);
  std::vector<std::string> results;
  for (std::string line; std::getline(lines, line);) results.push_back(line);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_NE(results[0].find(R"("status":null)"), std::string::npos) << results[0];
  EXPECT_NE(results[0].find(R"("error":"worker died")"), std::string::npos) << results[0];
  for (const std::size_t i : {1, 2}) {
    EXPECT_NE(results[i].find(R"("error":null)"), std::string::npos) << results[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, FetchWorkerDeath, test::fetch_strategies(),
                         [](const auto& row) { return test::plain_name(row.param); });

}  // namespace
}  // namespace trivium
