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
#include <utility>

#include "shared/load/limits.hpp"

namespace trivium::load {
namespace {

constexpr std::uint32_t source_addresses = 250;
// Answers of up to this size fit any receive window whole, so that the client can wait for the end
// of stream alone: one wake-up and one recv for each short connection.
constexpr std::size_t one_piece = 16 * 1024;
// Room for the head of a response, whose size is not known.
constexpr std::size_t head_room = 4 * 1024;

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

// Whether the whole answer surely comes in one piece, and with its end of stream.
bool comes_at_once(Shared& shared, std::size_t answer) {
  if (!shared.script.one_shot() || shared.script.client_ends() || shared.script.first_byte()) {
    return false;
  }
  if (!shared.script.http()) return answer <= one_piece;
  const std::string* const body = shared.reference->get();
  return body != nullptr && body->size() + head_room <= one_piece;
}

}  // namespace

std::int64_t monotonic_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Shared::Shared(const Options& options, const net::Address& where, HttpReference& bodies,
               std::size_t index)
    : target(where),
      spread_sources(can_spread_sources(where)),
      next_source(static_cast<std::uint32_t>(index * source_addresses / options.threads)),
      script(options),
      reference(&bodies),
      epoll(net::checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      incoming(std::make_unique<char[]>(buffer_size)),
      outgoing(std::make_unique<char[]>(buffer_size)),
      recorder(options, results) {
  results.timeline = Timeline(options.timeline, options.duration);
}

Connection::Connection(Shared& shared, std::uint32_t slot, std::uint32_t index, std::size_t depth)
    : shared_(&shared), exchange_(shared.script, *shared.reference, index, depth), slot_(slot) {}

Connection::Status Connection::open() {
  opened_ = shared_->now;
  const Status status = connect();
  return status == Status::waiting ? enlist() : status;
}

Connection::Status Connection::begin(std::int64_t planned) {
  shared_->recorder.put(planned, shared_->now);
  exchange_.ask(planned, shared_->now);
  return open();
}

Connection::Status Connection::connect() {
  connected_ = ready_ = was_ready_ = spoken_ = ended_ = false;
  exchange_.start_stream();
  const auto& target = shared_->target;
  socket_ =
      net::Descriptor(::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return fail(Outcome::unsent);
  if (shared_->spread_sources && !bind_source(socket_.get(), shared_->next_source++)) {
    return fail(Outcome::unsent);
  }
  // Of use where a question has a second segment, that would wait for the first one's receipt.
  const bool one_question = shared_->script.one_shot() &&
                            exchange_.output({shared_->outgoing.get(), 0}).size() <= one_piece;
  if (!one_question) set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY);
  if (::connect(socket_.get(), target.get(), target.size) < 0 && errno != EINPROGRESS) {
    return fail(classify(errno));
  }
  return Status::waiting;
}

Connection::Status Connection::enlist() {
  // Over loopback the connection is there already, though connect did not say so.
  if (exchange_.owes_output()) {
    if (const Status status = flush(); status != Status::waiting) return status;
  }
  const bool asked = connected_ && !exchange_.owes_output();
  epoll_event wanted{};
  wanted.data.u32 = slot_;
  wanted.events = EPOLLET | EPOLLRDHUP;
  if (!asked || !comes_at_once(*shared_, exchange_.answer_size())) {
    wanted.events |= EPOLLIN | EPOLLOUT;
  }
  net::checked(::epoll_ctl(shared_->epoll.get(), EPOLL_CTL_ADD, socket_.get(), &wanted),
               "epoll_ctl");
  return Status::waiting;
}

void Connection::ask(std::int64_t planned) noexcept {
  shared_->recorder.put(planned, shared_->now);
  exchange_.ask(planned, shared_->now);
}

Connection::Status Connection::flush() {
  for (;;) {
    const std::string_view piece = exchange_.output({shared_->outgoing.get(), Shared::buffer_size});
    if (piece.empty()) return Status::waiting;
    const ssize_t taken = ::send(socket_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return Status::waiting;
      return fail(classify(errno));
    }
    exchange_.sent(static_cast<std::size_t>(taken));
    shared_->recorder.sent(static_cast<std::size_t>(taken), shared_->now);
    note_connected();
  }
}

Connection::Status Connection::on_events(std::uint32_t events) {
  if (!socket_) return Status::waiting;
  const bool was = ready_;
  if ((events & (EPOLLERR | EPOLLHUP)) == 0) note_connected();
  if ((events & EPOLLOUT) != 0 && exchange_.owes_output()) {
    if (const Status status = flush(); status != Status::waiting) return status;
  }
  Status status = Status::waiting;
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) status = receive(events);
  return status == Status::waiting && ready_ && !was ? Status::ready : status;
}

Connection::Status Connection::receive(std::uint32_t events) {
  Status status = Status::waiting;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), shared_->incoming.get(), Shared::buffer_size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    shared_->now = monotonic_now();
    if (got < 0) return fail(classify(errno));
    note_connected();
    if (got == 0) return end_of_stream();
    const std::string_view bytes(shared_->incoming.get(), static_cast<std::size_t>(got));
    shared_->recorder.received(bytes.size(), shared_->now);
    if (!spoken_) first_byte_ = shared_->now;
    spoken_ = true;
    const Status taken = take(bytes);
    if (closed()) return taken;
    if (taken == Status::ready) status = taken;
    // A read that is not full emptied the queue: what follows is the end that epoll saw, or later.
    if (bytes.size() == Shared::buffer_size || (events & (EPOLLERR | EPOLLHUP)) != 0) continue;
    if ((events & EPOLLRDHUP) != 0) return end_of_stream();
    break;
  }
  if (exchange_.at_end() && exchange_.owes_output()) {
    if (const Status flushed = flush(); flushed != Status::waiting) return flushed;
  }
  if (exchange_.at_end() && shared_->script.client_ends() && !ended_) {
    ended_ = true;
    ::shutdown(socket_.get(), SHUT_WR);
  }
  return status;
}

Connection::Status Connection::take(std::string_view bytes) {
  Status status = Status::waiting;
  while (!bytes.empty()) {
    const auto [event, used] = exchange_.feed(bytes);
    if (event == Exchange::Event::wrong) return fail_wrong(bytes);
    bytes.remove_prefix(used);
    if (event == Exchange::Event::greeted) {
      ready_ = !shared_->script.one_shot();
      status = Status::ready;
    } else if (event == Exchange::Event::answered) {
      end_oldest(Outcome::ok);
      status = Status::ready;
    } else if (event == Exchange::Event::last && !shared_->script.one_shot()) {
      end_oldest(Outcome::ok);
      if (!bytes.empty()) return fail_wrong(bytes);
      // What was asked behind it will not be answered.
      if (exchange_.in_flight() > 0) return fail(Outcome::drained);
      close();
      return Status::over;
    }
  }
  return ready_ ? status : Status::waiting;
}

Connection::Status Connection::end_of_stream() {
  switch (exchange_.end_of_stream()) {
    case Exchange::Ending::wrong:
      return fail_wrong({});
    case Exchange::Ending::quiet:
      return fail(Outcome::drained);
    case Exchange::Ending::complete:
      break;
  }
  end_oldest(Outcome::ok);
  if (exchange_.in_flight() > 0) return fail(Outcome::drained);
  close();
  return Status::over;
}

Connection::Status Connection::on_timeout() {
  if (connected_) {
    if (const Status status = receive(0); status != Status::waiting) return status;
  }
  return fail(Outcome::timed_out);
}

void Connection::close() noexcept {
  ready_ = false;
  socket_.close();
}

Connection::Status Connection::fail(Outcome outcome) {
  was_ready_ = ready_;
  if (outcome == Outcome::reset) note_connected();  // nobody else can be
  if (was_ready_) ++shared_->results.lost;
  close();
  if (exchange_.in_flight() == 0) unclaimed_ = outcome;
  while (exchange_.in_flight() > 0) end_oldest(outcome);
  return Status::failed;
}

Connection::Status Connection::fail_wrong(std::string_view bytes) {
  auto& fault = shared_->results.first_fault;
  if (!fault) fault = exchange_.describe(bytes);
  return fail(Outcome::wrong);
}

void Connection::end_oldest(Outcome outcome) {
  const auto operation = exchange_.take();
  const std::int64_t answered = shared_->script.first_byte() ? first_byte_ : shared_->now;
  shared_->recorder.end({outcome, operation.planned, answered, shared_->now, operation.rare});
}

std::optional<std::int64_t> Connection::waits_since() const noexcept {
  if (exchange_.in_flight() > 0) return exchange_.oldest().put;
  if (socket_ && !ready_) return opened_;
  return std::nullopt;
}

std::optional<Outcome> Connection::take_unclaimed() noexcept {
  return std::exchange(unclaimed_, std::nullopt);
}

void Connection::note_connected() noexcept {
  if (connected_) return;
  connected_ = true;
  ++shared_->results.connected;
  ready_ = !shared_->script.one_shot() && shared_->script.greeting().empty();
}

}  // namespace trivium::load
