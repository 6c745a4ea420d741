// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_resolver.hpp"

#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "channel.hpp"

namespace trivium::multithread {

net::Resolution resolve(const std::string& host, const std::string& port,
                        std::chrono::steady_clock::time_point deadline) {
  using Answer = Channel<net::Resolution>;
  // Owned by both: whoever is later, the asker or the helper, still finds it there.
  const auto answer = std::make_shared<Answer>(1);
  try {
    std::thread([answer, host, port] {
      (void)answer->try_send(net::resolve_name(host, port));  // there is room for the one answer
    }).detach();
  } catch (const std::system_error& error) {
    return {.error = protocol::FetchError::system, .detail = error.what()};
  }
  net::Resolution resolution;
  if (answer->receive_until(deadline, resolution) != ChannelStatus::ok) {
    return net::resolution_timed_out();
  }
  return resolution;
}

}  // namespace trivium::multithread
