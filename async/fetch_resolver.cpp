// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_resolver.hpp"

#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "channel.hpp"

namespace trivium::async {
namespace {

using Answer = Channel<net::Resolution>;

// Where the helper finds the channel, as long as the asker is there: its loop may be gone later.
struct Mailbox {
  std::mutex mutex;  // guards what stands below
  Answer* answer;
};

class Asker {
 public:
  explicit Asker(Answer& answer) : mailbox_(std::make_shared<Mailbox>()) {
    mailbox_->answer = &answer;
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  ~Asker() {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->answer = nullptr;
  }

  void start_helper(const std::string& host, const std::string& port) const {
    std::thread([mailbox = mailbox_, host, port] {
      net::Resolution resolution = net::resolve_name(host, port);
      const std::lock_guard lock(mailbox->mutex);
      if (mailbox->answer != nullptr) (void)mailbox->answer->try_send(std::move(resolution));
    }).detach();
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace

Task<net::Resolution> resolve(std::string host, std::string port, Clock::time_point deadline) {
  Answer answer(1);
  const Asker asker(answer);
  net::Resolution resolution;
  try {
    asker.start_helper(host, port);
  } catch (const std::system_error& error) {
    resolution.error = protocol::FetchError::system;
    resolution.detail = error.what();
    co_return resolution;
  }
  const ChannelStatus status = co_await answer.receive_until(deadline, resolution);
  if (status != ChannelStatus::ok) co_return net::resolution_timed_out();
  co_return resolution;
}

}  // namespace trivium::async
