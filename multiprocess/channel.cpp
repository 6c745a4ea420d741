// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "channel.hpp"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "channel_verbs.hpp"

namespace trivium::multiprocess {
namespace channel {
namespace {

using std::chrono::nanoseconds;

long membarrier(int command) noexcept {
  return ::syscall(SYS_membarrier, command, 0, 0);
}

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(EINVAL, std::generic_category(), what);
}

Shared adopt_shared(int first) {
  Shared shared{.memory = std::make_shared<const SharedMemory>(net::Descriptor(first)),
                .doorbell = net::Descriptor(first + 1),
                .hang_up = net::Descriptor(first + 2)};
  const auto& memory = *shared.memory;
  if (memory.size() < sizeof(Head)) refuse("not the memory of a channel");
  const Head& head = Layout(memory.data()).head();
  if (head.senders == 0 || memory.size() < Layout::bytes(head)) {
    refuse("not the memory of a channel");
  }
  if (head.barriers != 0 && !register_for_barriers()) refuse("membarrier");
  return shared;
}

// Of a receiver's epoll.
constexpr std::size_t most_events = 3;

/// The time until a deadline, as system calls take it.
class Limit {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit Limit(Deadline deadline) : for_ever_(deadline == Deadline::max()) {
    if (for_ever_) return;
    const auto now = std::chrono::steady_clock::now();
    const auto left = deadline > now ? nanoseconds(deadline - now) : nanoseconds::zero();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    time_ = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
  }

  /// Null where there is none.
  [[nodiscard]] const timespec* get() const noexcept { return for_ever_ ? nullptr : &time_; }

 private:
  bool for_ever_;
  timespec time_{};
};

/// Calls until no signal ends the call. Throws std::system_error where the system refuses.
template <typename Call>
int retried(Call call) {
  for (;;) {
    const int result = call();
    if (result >= 0) return result;
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "a channel cannot wait");
  }
}

}  // namespace

void run_barriers() noexcept {
  if (membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) == 0) return;
  // For want of memory, or since a filter of system calls was set up meanwhile. The slow command
  // needs neither; where that is refused too, a wake-up may be lost, and there is no going on.
  if (membarrier(MEMBARRIER_CMD_GLOBAL) != 0) std::abort();
}

bool register_for_barriers() noexcept {
  return membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
}

bool poll_until(std::span<pollfd> entries, std::chrono::steady_clock::time_point deadline) {
  return retried([&] {
           const Limit limit(deadline);
           return ::ppoll(entries.data(), entries.size(), limit.get(), nullptr);
         }) > 0;
}

void add_to_epoll(int epoll, int descriptor, std::uint64_t data, std::uint32_t how) {
  epoll_event event{.events = EPOLLIN | how, .data = {.u64 = data}};
  net::checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

Events next_events(int epoll, std::chrono::steady_clock::time_point deadline) {
  std::array<epoll_event, most_events> events;
  const int count = retried([&] {
    const Limit limit(deadline);
    return ::epoll_pwait2(epoll, events.data(), events.size(), limit.get(), nullptr);
  });
  const auto found = std::span(events).first(static_cast<std::size_t>(count));
  return {.any = count > 0, .death = std::ranges::any_of(found, [](const epoll_event& event) {
            return event.data.u64 == a_death;
          })};
}

void forget_rings(int epoll) noexcept {
  std::array<epoll_event, most_events> events;
  ::epoll_wait(epoll, events.data(), events.size(), 0);
}

net::Descriptor copy(int descriptor) {
  return net::Descriptor(
      net::checked(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0), "cannot copy a descriptor"));
}

SenderParts adopt_sender(int first, std::size_t lane) {
  SenderParts parts{.shared = adopt_shared(first),
                    .space = net::Descriptor(first + 3),
                    .receiver = net::Descriptor(first + 4)};
  if (lane >= Layout(parts.shared.memory->data()).head().senders) refuse("no such lane");
  return parts;
}

ReceiverParts adopt_receiver(int first) {
  ReceiverParts parts{.shared = adopt_shared(first), .spaces = {}};
  const auto senders = Layout(parts.shared.memory->data()).head().senders;
  for (std::uint32_t lane = 0; lane < senders; ++lane) {
    parts.spaces.emplace_back(first + 3 + static_cast<int>(lane));
  }
  return parts;
}

void close(const Shared& shared) noexcept {
  Layout(shared.memory->data()).head().closed.store(1, std::memory_order_seq_cst);
  net::ring(shared.hang_up.get());
}

}  // namespace channel

namespace {

channel::Constants constants_of(const ChannelLimits& limits) {
  channel::Constants head{};
  head.message_shift =
      static_cast<std::uint32_t>(std::bit_width(std::bit_ceil(limits.messages)) - 1);
  head.message_bytes = static_cast<std::uint32_t>(limits.message_bytes);
  head.senders = static_cast<std::uint32_t>(limits.senders);
  head.barriers = channel::register_for_barriers() ? 1 : 0;
  head.spin = limits.spin.count();
  return head;
}

}  // namespace

Channel::Channel(ChannelLimits limits) : maker_(open_pidfd(::getpid())) {
  const channel::Constants constants = constants_of(limits);
  shared_ = {.memory = std::make_shared<const SharedMemory>(channel::Layout::bytes(constants)),
             .doorbell = net::make_event(),
             .hang_up = net::make_event()};
  static_cast<channel::Constants&>(channel::Layout(shared_.memory->data()).head()) = constants;
  for (std::size_t lane = 0; lane < limits.senders; ++lane) spaces_.push_back(net::make_event());
}

channel::Shared Channel::share() const {
  return {.memory = shared_.memory,
          .doorbell = channel::copy(shared_.doorbell.get()),
          .hang_up = channel::copy(shared_.hang_up.get())};
}

std::vector<int> Channel::sender_descriptors(std::size_t lane) const {
  return {shared_.memory->descriptor(), shared_.doorbell.get(), shared_.hang_up.get(),
          spaces_.at(lane).get(), maker_.get()};
}

std::vector<int> Channel::receiver_descriptors() const {
  std::vector<int> all{shared_.memory->descriptor(), shared_.doorbell.get(), shared_.hang_up.get()};
  for (const auto& space : spaces_) all.push_back(space.get());
  return all;
}

void Channel::close() const noexcept {
  channel::close(shared_);
}

std::uint64_t Channel::undelivered() const noexcept {
  const channel::Layout layout(shared_.memory->data());
  std::uint64_t count = 0;
  for (std::size_t lane = 0; lane < spaces_.size(); ++lane) {
    count += layout.ring(lane).undelivered();
  }
  return count;
}

net::Descriptor open_pidfd(pid_t pid) {
  return net::Descriptor(
      net::checked(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd_open"));
}

template class BasicChannelSender<channel::NoSteps>;
template class BasicChannelReceiver<channel::NoSteps>;
template ChannelSender Channel::sender<channel::NoSteps>(std::size_t) const;
template ChannelReceiver Channel::receiver<channel::NoSteps>() const;

}  // namespace trivium::multiprocess
