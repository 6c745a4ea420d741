// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_resolver.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <system_error>

#include "channel.hpp"
#include "child_process.hpp"

namespace trivium::multiprocess {
namespace {

// One message for each address, and one of the error's text where there is none.
constexpr ChannelLimits answer_limits{.messages = 64, .message_bytes = 512};
constexpr char address_mark = 'a';
constexpr char error_mark = 'e';

void send_answer(ChannelSender& sender, const net::Resolution& resolution) {
  for (const auto& address : resolution.addresses) {
    std::string message(1, address_mark);
    message.append(reinterpret_cast<const char*>(address.get()), address.size);
    if (sender.send(message) != ChannelStatus::ok) return;
  }
  if (resolution.addresses.empty()) {
    (void)sender.send(error_mark + resolution.detail.substr(0, answer_limits.message_bytes - 1));
  }
}

void take_message(std::string_view message, net::Resolution& resolution) {
  if (message.starts_with(address_mark)) {
    net::Address address;
    address.size = static_cast<socklen_t>(message.size() - 1);
    std::memcpy(address.get(), message.data() + 1, address.size);
    resolution.addresses.push_back(address);
  } else {
    resolution.error = protocol::FetchError::not_resolved;
    resolution.detail = message.substr(1);
  }
}

// A forked process that does not outlive its use.
class Helper {
 public:
  explicit Helper(const std::function<void()>& body) : pid_(fork_worker(body)) {}
  ~Helper() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// Takes the answer until the helper closes the channel by ending.
net::Resolution receive_answer(ChannelReceiver& receiver,
                               std::chrono::steady_clock::time_point deadline) {
  net::Resolution resolution;
  std::string message;
  for (;;) {
    switch (receiver.receive_until(deadline, message)) {
      case ChannelStatus::ok:
        take_message(message, resolution);
        break;
      case ChannelStatus::closed:
        if (resolution.addresses.empty() && resolution.detail.empty()) {
          return {.error = protocol::FetchError::not_resolved, .detail = "the resolver died"};
        }
        return resolution;
      case ChannelStatus::timed_out:
      case ChannelStatus::would_block:
        return net::resolution_timed_out();
    }
  }
}

}  // namespace

net::Resolution resolve(const std::string& host, const std::string& port,
                        std::chrono::steady_clock::time_point deadline) {
  try {
    Channel channel(answer_limits);
    ChannelReceiver answers = channel.receiver();
    const Helper helper([&] {
      ChannelSender sender = channel.sender();
      close_all_but(sender.descriptors());
      send_answer(sender, net::resolve_name(host, port));
    });
    answers.watch(0, open_pidfd(helper.pid()));
    return receive_answer(answers, deadline);
  } catch (const std::system_error& error) {
    return {.error = protocol::FetchError::system, .detail = error.what()};
  }
}

}  // namespace trivium::multiprocess
