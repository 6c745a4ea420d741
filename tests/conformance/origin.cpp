// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/origin.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "tests/conformance/transcript.hpp"

namespace trivium::conformance {
namespace {

constexpr std::size_t request_limit = 64 * 1024;

// Offered to the kernel at a time: a sanitizer looks at all of it, however little is taken.
constexpr std::size_t most_at_a_time = 256 * 1024;

constexpr milliseconds drain_time{2000};

bool is_ready(const pollfd& entry) {
  return entry.revents != 0;
}

}  // namespace

Gate::Gate() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Gate::open() {
  ::eventfd_write(fd_.get(), 1);
}

Script& Script::send(std::string bytes) {
  steps_.push_back({.kind = Step::Kind::kSend, .bytes = std::move(bytes)});
  return *this;
}

Script& Script::dribble(std::string bytes, milliseconds gap) {
  steps_.push_back({.kind = Step::Kind::kDribble, .bytes = std::move(bytes), .time = gap});
  return *this;
}

Script& Script::endless(std::string bytes, std::size_t limit, milliseconds gap) {
  steps_.push_back(
      {.kind = Step::Kind::kEndless, .bytes = std::move(bytes), .time = gap, .limit = limit});
  return *this;
}

Script& Script::pause(milliseconds time) {
  steps_.push_back({.kind = Step::Kind::kPause, .time = time});
  return *this;
}

Script& Script::await(std::shared_ptr<Gate> gate) {
  steps_.push_back({.kind = Step::Kind::kAwait, .gate = std::move(gate)});
  return *this;
}

Script& Script::stall() {
  steps_.push_back({.kind = Step::Kind::kStall});
  return *this;
}

Script& Script::reset() {
  steps_.push_back({.kind = Step::Kind::kReset});
  return *this;
}

std::string response(std::string_view body, std::string_view status) {
  std::string text = "HTTP/1.0 ";
  text.append(status);
  text += "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size());
  text += "\r\n\r\n";
  return text.append(body);
}

struct Origin::Connection {
  int fd = -1;
  bool in_flight = true;
  Visit visit;  // Guarded by the origin's mutex.
  std::thread thread;
  int number = 0;  // in the transcript
};

Origin::Origin(const std::string& host, std::uint16_t port)
    : host_(host.find(':') == std::string::npos ? host : '[' + host + ']'),
      listener_(listen_on(host, 4096, port)),
      port_(local_port(listener_)) {
  otherwise(response("no such page\n", "404 Not Found"));
  acceptor_ = std::thread([this] { accept_loop(); });
}

Origin::~Origin() {
  stop_.open();
  acceptor_.join();
  // Only the acceptor adds connections, and it has ended.
  for (const auto& connection : connections_) connection->thread.join();
}

void Origin::on(const std::string& target, Script script) {
  const std::lock_guard lock(mutex_);
  scripts_[target] = std::make_shared<const Script>(std::move(script));
}

void Origin::otherwise(Script script) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::make_shared<const Script>(std::move(script));
}

void Origin::on_accept(Script script) {
  const std::lock_guard lock(mutex_);
  on_accept_ = std::make_shared<const Script>(std::move(script));
}

std::string Origin::url(const std::string& target) const {
  return "http://" + host_ + ':' + std::to_string(port_) + target;
}

std::vector<Visit> Origin::visits() const {
  const std::lock_guard lock(mutex_);
  std::vector<Visit> all;
  for (const auto& connection : connections_) all.push_back(connection->visit);
  return all;
}

std::vector<Visit> Origin::visits(const std::string& target) const {
  std::vector<Visit> some = visits();
  std::erase_if(some, [&](const Visit& visit) { return visit.target != target; });
  return some;
}

int Origin::accepted() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(connections_.size());
}

int Origin::in_flight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_;
}

int Origin::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

bool Origin::wait_for(const std::function<bool()>& condition, Deadline deadline) const {
  while (true) {
    std::uint64_t seen;
    {
      const std::lock_guard lock(mutex_);
      seen = changes_;
    }
    if (condition()) return true;
    std::unique_lock lock(mutex_);
    const milliseconds left{deadline.remaining_ms()};
    if (!changed_.wait_for(lock, left, [&] { return changes_ != seen; })) {
      lock.unlock();
      return condition();
    }
  }
}

void Origin::accept_loop() {
  while (true) {
    pollfd entries[2] = {{stop_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    ::poll(entries, 2, -1);
    if (is_ready(entries[0])) return;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto owned = std::make_unique<Connection>();
    Connection& connection = *owned;
    connection.fd = fd;
    connection.number = transcript::begin("accept");
    {
      const std::lock_guard lock(mutex_);
      connections_.push_back(std::move(owned));
      peak_ = std::max(peak_, ++in_flight_);
      ++changes_;
    }
    changed_.notify_all();
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

void Origin::serve(Connection& connection) {
  std::shared_ptr<const Script> script;
  {
    const std::lock_guard lock(mutex_);
    script = on_accept_;
  }
  if (!script && read_request(connection)) script = script_for(connection.visit.target);
  if (!script || perform(connection, *script)) finish(connection);
  leave_flight(connection);
  ::close(connection.fd);
  {
    const std::lock_guard lock(mutex_);
    connection.visit.over = true;
    ++changes_;
  }
  changed_.notify_all();
}

std::shared_ptr<const Script> Origin::script_for(const std::string& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = scripts_.find(target);
  return found == scripts_.end() ? otherwise_ : found->second;
}

// False where the client left, or the origin ended, before the blank line.
bool Origin::read_request(Connection& connection) {
  std::string text;
  char buffer[4096];
  while (text.size() < request_limit) {
    pollfd entries[2] = {{stop_.fd(), POLLIN, 0}, {connection.fd, POLLIN, 0}};
    ::poll(entries, 2, -1);
    if (is_ready(entries[0])) return false;
    const ssize_t count = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
    transcript::received(connection.number, {buffer, static_cast<std::size_t>(count)});
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const auto first = text.find(' ');
    const auto second = text.find_first_of(" \r", first + 1);
    {
      const std::lock_guard lock(mutex_);
      connection.visit.head = text.substr(0, end + 4);
      connection.visit.extra = text.substr(end + 4);
      if (first < end) connection.visit.target = text.substr(first + 1, second - first - 1);
      ++changes_;
    }
    changed_.notify_all();
    return true;
  }
  const std::lock_guard lock(mutex_);
  connection.visit.head = text;
  connection.visit.client_left = true;
  return false;
}

// False where the connection is done with: reset, lost, or the origin ends.
bool Origin::perform(Connection& connection, const Script& script) {
  const auto& steps = script.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!run_step(connection, steps[i], i + 1 == steps.size())) return false;
  }
  return true;
}

bool Origin::run_step(Connection& connection, const Script::Step& step, bool last) {
  using Kind = Script::Step::Kind;
  switch (step.kind) {
    case Kind::kSend:
      return send_all(connection, step.bytes, last);
    case Kind::kDribble:
      for (std::size_t i = 0; i < step.bytes.size(); ++i) {
        const bool end = last && i + 1 == step.bytes.size();
        if (!send_all(connection, std::string_view(step.bytes).substr(i, 1), end)) return false;
        if (!end && !sleep_for(step.time)) return false;
      }
      return true;
    case Kind::kEndless:
      for (std::size_t sent = 0; sent < step.limit; sent += step.bytes.size()) {
        if (!send_all(connection, step.bytes, false)) return false;
        if (step.time.count() > 0 && !sleep_for(step.time)) return false;
      }
      return true;
    case Kind::kPause:
      return sleep_for(step.time);
    case Kind::kAwait: {
      pollfd entries[2] = {{stop_.fd(), POLLIN, 0}, {step.gate->fd(), POLLIN, 0}};
      ::poll(entries, 2, -1);
      return !is_ready(entries[0]);
    }
    case Kind::kStall:
      stall(connection);
      return false;
    case Kind::kReset: {
      transcript::note(connection.number, "-> reset");
      leave_flight(connection);
      const linger hard{1, 0};
      ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      return false;  // The close that follows sends the RST.
    }
  }
  return false;
}

bool Origin::send_all(Connection& connection, std::string_view bytes, bool last) {
  if (last) leave_flight(connection);
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), most_at_a_time);
    const ssize_t count = ::send(connection.fd, bytes.data(), size, MSG_NOSIGNAL);
    if (count >= 0) {
      transcript::sent(connection.number, bytes.substr(0, static_cast<std::size_t>(count)));
      bytes.remove_prefix(static_cast<std::size_t>(count));
      const std::lock_guard lock(mutex_);
      connection.visit.sent += static_cast<std::uint64_t>(count);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      const std::lock_guard lock(mutex_);
      connection.visit.client_left = true;
      return false;
    }
    pollfd entries[2] = {{stop_.fd(), POLLIN, 0}, {connection.fd, POLLOUT, 0}};
    ::poll(entries, 2, -1);
    if (is_ready(entries[0])) return false;
  }
  return true;
}

bool Origin::sleep_for(milliseconds time) {
  const Deadline deadline{time};
  pollfd entry{stop_.fd(), POLLIN, 0};
  while (!deadline.expired()) {
    if (::poll(&entry, 1, deadline.remaining_ms()) > 0) return false;
  }
  return true;
}

void Origin::stall(Connection& connection) {
  char buffer[4096];
  while (true) {
    pollfd entries[2] = {{stop_.fd(), POLLIN, 0}, {connection.fd, POLLIN, 0}};
    ::poll(entries, 2, -1);
    if (is_ready(entries[0])) return;
    const ssize_t count = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) continue;
    const std::lock_guard lock(mutex_);
    if (count <= 0) {
      connection.visit.client_left = true;
      return;
    }
    connection.visit.extra.append(buffer, static_cast<std::size_t>(count));
  }
}

void Origin::finish(Connection& connection) {
  leave_flight(connection);
  ::shutdown(connection.fd, SHUT_WR);
  const Deadline deadline{drain_time};
  char buffer[4096];
  while (!deadline.expired()) {
    pollfd entries[2] = {{stop_.fd(), POLLIN, 0}, {connection.fd, POLLIN, 0}};
    ::poll(entries, 2, deadline.remaining_ms());
    if (is_ready(entries[0])) return;
    if (!is_ready(entries[1])) continue;
    const ssize_t count = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) return;
    const std::lock_guard lock(mutex_);
    connection.visit.extra.append(buffer, static_cast<std::size_t>(count));
  }
}

void Origin::leave_flight(Connection& connection) {
  {
    const std::lock_guard lock(mutex_);
    if (!connection.in_flight) return;
    connection.in_flight = false;
    --in_flight_;
    ++changes_;
  }
  changed_.notify_all();
}

}  // namespace trivium::conformance
