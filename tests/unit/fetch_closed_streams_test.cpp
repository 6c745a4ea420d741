// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Standard streams that are closed are none of the descriptors that a run opens: it ends, and with
// its own exit code. Runs the programs themselves.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "tests/conformance/child.hpp"
#include "tests/unit/loopback.hpp"

namespace trivium {
namespace {

class FetchClosedStreams : public testing::TestWithParam<std::string> {};

TEST_P(FetchClosedStreams, AreNoReasonToStay) {
  struct Row {
    std::string closed;
    std::string out;
  };
  for (const auto& [closed, out] :
       {Row{">&-", ""}, Row{"<&-", "body\n"}, Row{"2>&-", "body\n"}, Row{"<&- >&- 2>&-", ""}}) {
    SCOPED_TRACE(closed);
    const auto listener = test::listen_on_loopback();
    std::thread origin([&] {
      const net::Descriptor connection(::accept(listener.get(), nullptr, nullptr));
      if (!connection) return;
      test::send_all(connection.get(), "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nbody\n");
      ::shutdown(connection.get(), SHUT_WR);
      char request[4096];
      while (::recv(connection.get(), request, sizeof request, 0) > 0) continue;
    });
    const std::string url = "http://" + net::to_string(net::local_address(listener.get())) + "/";
    const auto ended =
        conformance::run({"/bin/sh", "-c", "exec \"$@\" " + closed, "sh", GetParam(), url});
    EXPECT_EQ(ended.status, (conformance::ExitStatus{.code = 0})) << ended.err;
    EXPECT_EQ(ended.out, out);
    ::shutdown(listener.get(), SHUT_RD);  // where nobody came
    origin.join();
  }
}

INSTANTIATE_TEST_SUITE_P(Models, FetchClosedStreams,
                         testing::Values(MULTIPROCESS_FETCH, MULTITHREAD_FETCH, ASYNC_FETCH),
                         [](const auto& row) { return "Model" + std::to_string(row.index); });

}  // namespace
}  // namespace trivium
