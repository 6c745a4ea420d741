// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace trivium::load {
namespace {

constexpr std::uint32_t source_addresses = 64;
// Answers of up to this size fit any receive window whole, so that the client can wait for the end
// of stream alone: one wake-up and one recv for each short connection.
constexpr std::size_t one_piece = 16 * 1024;

Outcome classify(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
      return Outcome::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Outcome::reset;
    case ETIMEDOUT:
      return Outcome::timed_out;
    default:
      return Outcome::unsent;
  }
}

bool is_loopback(const net::Address& address) noexcept {
  if (address.family() != AF_INET) return false;
  const auto& in = reinterpret_cast<const sockaddr_in&>(address.storage);
  return ntohl(in.sin_addr.s_addr) >> 24 == 127;
}

bool set_option(int socket, int level, int name) noexcept {
  const int on = 1;
  return ::setsockopt(socket, level, name, &on, sizeof on) == 0;
}

// The port is chosen by connect, for the pair of addresses: bind alone would take one of few.
bool bind_source(int socket, std::uint32_t number) noexcept {
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(0x7f010001 + number % source_addresses);
  return set_option(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) &&
         ::bind(socket, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0;
}

}  // namespace

std::int64_t monotonic_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Shared::Shared(const Options& options, const net::Address& where)
    : mode(options.mode),
      target(where),
      spread_sources(is_loopback(where)),
      message(options.line_bytes),
      epoll(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      buffer(std::make_unique<char[]>(buffer_size)) {}

// The number starts at the index, so that neighbours differ even in lines of one byte.
Connection::Connection(Shared& shared, std::uint32_t index) noexcept
    : shared_(&shared),
      index_(index),
      number_(index),
      question_size_(shared.mode == Mode::churn ? shared.message.line_and_end().size()
                                                : shared.message.line().size()) {}

std::optional<Outcome> Connection::begin(std::int64_t now) {
  started_ = now;
  sent_ = 0;
  busy_ = true;
  ++number_;
  if (gone_) return fail(*gone_);
  if (!socket_) return open();
  checker_.start_answer();
  return send_rest();
}

std::optional<Outcome> Connection::open() {
  const auto& target = shared_->target;
  socket_ =
      net::Descriptor(::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return fail(Outcome::unsent);
  if (shared_->spread_sources && !bind_source(socket_.get(), shared_->opened++)) {
    return fail(Outcome::unsent);
  }
  // Of use where a question has a second segment, that would wait for the first one's receipt.
  const bool churn = shared_->mode == Mode::churn;
  if (!churn || question_size_ > one_piece) set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY);
  if (::connect(socket_.get(), target.get(), target.size) < 0 && errno != EINPROGRESS) {
    return fail(classify(errno));
  }
  connected_ = false;
  due_ = churn ? Due::answer : Due::head;
  checker_.start_stream();
  // Over loopback the connection is there already, though connect did not say so.
  if (churn) {
    if (const auto outcome = send_rest()) return outcome;
  }
  epoll_event wanted{};
  wanted.data.u32 = index_;
  wanted.events = EPOLLET | EPOLLRDHUP;
  if (!sent()) {
    wanted.events |= EPOLLIN | EPOLLOUT;
  } else if (due().size() > one_piece) {
    wanted.events |= EPOLLIN;
  }
  net::checked(::epoll_ctl(shared_->epoll.get(), EPOLL_CTL_ADD, socket_.get(), &wanted),
               "epoll_ctl");
  return std::nullopt;
}

std::optional<Outcome> Connection::send_rest() {
  shared_->message.stamp(index_, number_);
  const std::string_view question =
      shared_->mode == Mode::churn ? shared_->message.line_and_end() : shared_->message.line();
  while (sent_ < question.size()) {
    const ssize_t taken =
        ::send(socket_.get(), question.data() + sent_, question.size() - sent_, MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return std::nullopt;
      return fail(classify(errno));
    }
    sent_ += static_cast<std::size_t>(taken);
    shared_->tally->bytes_out += static_cast<std::uint64_t>(taken);
    note_connected();
  }
  return std::nullopt;
}

std::optional<Outcome> Connection::on_events(std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) == 0) note_connected();
  if ((events & EPOLLOUT) != 0 && due_ == Due::answer && busy_ && !sent()) {
    if (const auto outcome = send_rest()) return outcome;
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return std::nullopt;
  return receive(events);
}

std::optional<Outcome> Connection::receive(std::uint32_t events) {
  shared_->message.stamp(index_, number_);
  bool complete = false;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), shared_->buffer.get(), Shared::buffer_size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      const Outcome outcome = classify(errno);
      if (!complete || shared_->mode == Mode::churn) return fail(outcome);
      gone_ = outcome;
      break;
    }
    if (got == 0) return end_of_stream();
    const std::string_view bytes(shared_->buffer.get(), static_cast<std::size_t>(got));
    shared_->tally->bytes_in += bytes.size();
    switch (checker_.feed(due(), bytes)) {
      case ReplyChecker::Verdict::wrong:
        return fail_wrong(bytes);
      case ReplyChecker::Verdict::more:
        break;
      case ReplyChecker::Verdict::complete:
        if (due_ == Due::answer) {
          complete = true;
        } else {
          due_ = Due::answer;
          checker_.start_answer();
          started_ = monotonic_now();
          if (const auto outcome = send_rest()) return outcome;
        }
    }
    // A read that is not full emptied the queue: what follows is the end that epoll saw, or later.
    if (bytes.size() == Shared::buffer_size || (events & (EPOLLERR | EPOLLHUP)) != 0) continue;
    if ((events & EPOLLRDHUP) != 0) return end_of_stream();
    break;
  }
  if (!complete || shared_->mode == Mode::churn) return std::nullopt;
  busy_ = false;
  return Outcome::ok;
}

std::optional<Outcome> Connection::end_of_stream() {
  const auto position = checker_.position(due().size());
  if (shared_->mode == Mode::churn) {
    if (position != ReplyChecker::End::after || !sent()) return fail_wrong({});
    close();
    return Outcome::ok;
  }
  if (due_ == Due::head || position == ReplyChecker::End::inside) return fail_wrong({});
  if (position == ReplyChecker::End::before) return fail(Outcome::drained);
  gone_ = Outcome::drained;
  busy_ = false;
  return Outcome::ok;
}

Outcome Connection::on_timeout() {
  if (!socket_ || !connected_) return fail(Outcome::timed_out);
  const auto outcome = receive(0);
  return outcome == Outcome::wrong ? *outcome : fail(Outcome::timed_out);
}

void Connection::close() noexcept {
  busy_ = false;
  gone_.reset();
  socket_.close();
}

Outcome Connection::fail(Outcome outcome) noexcept {
  close();
  return outcome;
}

Outcome Connection::fail_wrong(std::string_view bytes) {
  if (!shared_->first_fault) shared_->first_fault = checker_.describe(due(), bytes);
  return fail(Outcome::wrong);
}

std::string_view Connection::due() const noexcept {
  if (shared_->mode == Mode::churn) return shared_->message.head_and_line();
  return due_ == Due::head ? Message::head : shared_->message.line();
}

void Connection::note_connected() noexcept {
  if (connected_) return;
  connected_ = true;
  ++shared_->connected;
}

}  // namespace trivium::load
