// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "fetch_connection.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <mutex>

#include "fetch_resolver.hpp"
#include "shared/net/descriptor.hpp"
#include "shared/net/url.hpp"

namespace trivium::async {
namespace {

using boost::system::error_code;
using protocol::FetchAction;
using protocol::FetchError;
using protocol::FetchResult;
using protocol::FetchSession;

constexpr std::string_view connecting = "connecting";

// One for each thread and not for each fetch, since what was read is consumed before the next
// suspension.
thread_local std::array<char, 64 * 1024> buffer;

// A socket whose waits end at a deadline. On a loop with several threads the timer may go off on
// another one than the task's: the lock keeps them from using the socket at once.
class TimedSocket {
 public:
  TimedSocket(Executor executor, net::Descriptor socket, Clock::time_point deadline)
      : socket_(socket.get()),
        shared_(std::make_shared<Shared>(executor, std::move(socket))),
        timer_(executor) {
    set_deadline(deadline);
  }
  TimedSocket(const TimedSocket&) = delete;
  TimedSocket& operator=(const TimedSocket&) = delete;
  ~TimedSocket() {
    const std::lock_guard lock(shared_->mutex);
    error_code ignored;
    shared_->stream.close(ignored);
  }

  [[nodiscard]] int get() const noexcept { return socket_; }

  // Whether it is past the deadline.
  [[nodiscard]] bool late() const { return Clock::now() >= deadline_; }

  void set_deadline(Clock::time_point deadline) {
    deadline_ = deadline;
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->deadline = deadline;
    }
    timer_.expires_at(deadline);
    timer_.async_wait([shared = shared_](error_code cancelled) {
      if (!cancelled) shared->expire();
    });
  }

  // Suspends until the socket can go on; with an error at the deadline.
  [[nodiscard]] auto wait_for(Stream::wait_type what) {
    return asio::async_initiate<decltype(as_result), void(error_code)>(
        [shared = shared_, what](auto handler) { shared->start_wait(what, std::move(handler)); },
        as_result);
  }

 private:
  struct Shared {
    Shared(Executor executor, net::Descriptor socket) : stream(executor, socket.get()) {
      (void)socket.release();
    }

    // A wait that begins after the deadline is not begun, so that expiry cannot fall before it.
    template <typename Handler>
    void start_wait(Stream::wait_type what, Handler handler) {
      const std::lock_guard lock(mutex);
      if (Clock::now() < deadline) {
        stream.async_wait(what, std::move(handler));
      } else {
        asio::post(stream.get_executor(),
                   asio::append(std::move(handler), error_code(asio::error::timed_out)));
      }
    }

    // May come late, for a deadline that was moved since, or to a socket that is closed.
    void expire() {
      const std::lock_guard lock(mutex);
      if (Clock::now() < deadline) return;
      error_code ignored;
      stream.cancel(ignored);
    }

    std::mutex mutex;  // guards what stands below
    Stream stream;
    Clock::time_point deadline;
  };

  int socket_;
  Clock::time_point deadline_;
  std::shared_ptr<Shared> shared_;
  Timer timer_;
};

// A connection, or the error number that stands for why there is none.
struct Connected {
  std::unique_ptr<TimedSocket> socket;
  int error = ETIMEDOUT;
};

Task<Connected> connect_to(net::Address address, Clock::time_point deadline) {
  const Executor executor = co_await asio::this_coro::executor;
  Connected connected;
  net::Descriptor socket(
      ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) {
    connected.error = errno;
    co_return connected;
  }
  if (::connect(socket.get(), address.get(), address.size) < 0 && errno != EINPROGRESS) {
    connected.error = errno;
    co_return connected;
  }
  auto timed = std::make_unique<TimedSocket>(executor, std::move(socket), deadline);
  const auto [late] = co_await timed->wait_for(Stream::wait_write);
  if (late) co_return connected;
  socklen_t size = sizeof connected.error;
  // It cannot fail; and errno is not to be read after a suspension, when the thread may be another.
  (void)::getsockopt(timed->get(), SOL_SOCKET, SO_ERROR, &connected.error, &size);
  if (connected.error == 0) connected.socket = std::move(timed);
  co_return connected;
}

Task<Connected> connect_to_any(std::vector<net::Address> addresses, Clock::time_point deadline) {
  Connected connected;
  for (std::size_t i = 0; i < addresses.size() && !connected.socket; ++i) {
    const auto attempt = net::attempt_deadline(deadline, addresses.size() - i);
    connected = co_await connect_to(addresses[i], attempt);
  }
  co_return connected;
}

// The references here and below are to what the awaiting frame owns.
Task<> write_some(TimedSocket& socket, FetchSession& session, std::span<const char> bytes) {
  const auto count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) {
    session.written(static_cast<std::size_t>(count));
  } else if (errno == EAGAIN) {
    const auto [late] = co_await socket.wait_for(Stream::wait_write);
    if (late) session.abort(FetchError::timed_out, session.phase());
  } else if (errno == EPIPE || errno == ECONNRESET) {
    session.write_failed();
  } else if (errno != EINTR) {
    session.abort(net::fetch_error(errno), net::fetch_detail(errno, session.phase()));
  }
}

Task<> read_some(TimedSocket& socket, FetchSession& session) {
  const auto count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) {
    const auto size = static_cast<std::size_t>(count);
    session.received({buffer.data(), size});
    // There may be more at once, and so on: the loop's other tasks get their turn.
    if (size == buffer.size()) co_await asio::post(as_result);
  } else if (count == 0) {
    session.end_of_input();
  } else if (errno == EAGAIN) {
    const auto [late] = co_await socket.wait_for(Stream::wait_read);
    if (late) session.abort(FetchError::timed_out, session.phase());
  } else if (errno != EINTR) {
    session.abort(net::fetch_error(errno), net::fetch_detail(errno, session.phase()));
  }
}

Task<FetchResult> exchange(TimedSocket& socket, FetchSession& session) {
  for (;;) {
    const FetchAction action = session.next();
    // A peer that is quicker than we are never has us wait.
    if (action.kind != FetchAction::Kind::close && socket.late()) {
      session.abort(FetchError::timed_out, session.phase());
      continue;
    }
    switch (action.kind) {
      case FetchAction::Kind::write:
        co_await write_some(socket, session, action.bytes);
        break;
      case FetchAction::Kind::read:
        co_await read_some(socket, session);
        break;
      case FetchAction::Kind::close:
        co_return session.take_result();
    }
  }
}

Task<FetchResult> fetch_within(std::string text, net::FetchLimits limits, Clock::time_point start) {
  const net::ParsedUrl parsed = net::parse_url(text);
  if (!parsed.error.empty()) co_return net::failed_fetch(FetchError::bad_url, parsed.error);
  const net::Url& url = parsed.url;
  const auto deadline = start + limits.timeout;
  const auto connect_deadline = std::min(deadline, start + limits.connect_timeout);

  net::Resolution resolution;
  if (const auto literal = net::literal_address(url.host, url.port)) {
    resolution.addresses.push_back(*literal);
  } else {
    resolution = co_await resolve(url.host, url.port, connect_deadline);
  }
  if (resolution.error != FetchError::none) {
    co_return net::failed_fetch(resolution.error, resolution.detail);
  }
  Connected connected = co_await connect_to_any(resolution.addresses, connect_deadline);
  if (!connected.socket) {
    co_return net::failed_fetch(net::fetch_error(connected.error),
                                net::fetch_detail(connected.error, connecting));
  }
  connected.socket->set_deadline(deadline);
  FetchSession session(url.authority, url.target, limits.max_body);
  co_return co_await exchange(*connected.socket, session);
}

}  // namespace

Task<FetchResult> fetch(std::string url, net::FetchLimits limits) {
  const auto start = Clock::now();
  FetchResult result;
  try {
    result = co_await fetch_within(std::move(url), limits, start);
  } catch (const boost::system::system_error& error) {
    // The reactor could not take the socket.
    result = net::failed_fetch(FetchError::system, error.what());
  }
  result.elapsed = Clock::now() - start;
  co_return result;
}

}  // namespace trivium::async
