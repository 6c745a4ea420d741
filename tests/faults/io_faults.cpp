// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A library to preload: it stands between a program and the system calls on its sockets and those
// that wait for them, and lets the k-th of them fail or fall short. run.py says which and when,
// through a file that all processes of the program map; without that file nothing is changed.
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace {

// The layout is known to run.py.
struct Orders {
  std::atomic<std::uint64_t> steps;  // of the kinds below that were taken
  std::atomic<std::uint64_t> fired;
  std::atomic<std::uint64_t> kinds;    // which steps count, of those below
  std::atomic<std::uint64_t> error;    // an errno, or 0: the step is cut to one byte
  std::atomic<std::uint64_t> fail_at;  // this step fails; 0: none, `every_other`: each second one
};

constexpr std::uint64_t every_other = ~std::uint64_t{0};
constexpr std::uint64_t reading = 1;
constexpr std::uint64_t writing = 2;
constexpr std::uint64_t accepting = 4;
constexpr std::uint64_t connecting = 8;
constexpr std::uint64_t giving = 16;  // a message to another process, with a connection
constexpr std::uint64_t taking = 32;  // ... from another process
constexpr std::uint64_t waiting = 64;

Orders* map_orders() {
  const char* const path = std::getenv("TRIVIUM_IO_FAULTS");
  if (path == nullptr) return nullptr;
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) std::abort();
  void* const memory = ::mmap(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<Orders*>(memory);
}

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// Whether the descriptor is one on which this kind of step counts. None is asked of who waits.
bool is_meant(int fd, std::uint64_t kind) {
  if (kind == waiting) return true;
  if (kind == giving || kind == taking) return option(fd, SO_DOMAIN) == AF_UNIX;
  return option(fd, SO_PROTOCOL) == IPPROTO_TCP;
}

enum class Fate { as_usual, fails, falls_short };

// Counts a step; where it is the one that fails, errno is set.
Fate fate_of(std::uint64_t kind, int fd = -1) {
  static Orders* const orders = map_orders();
  const int before = errno;
  if (orders == nullptr || orders->fail_at == 0 || (orders->kinds & kind) == 0 ||
      !is_meant(fd, kind)) {
    errno = before;
    return Fate::as_usual;
  }
  const auto step = ++orders->steps;
  const auto fail_at = orders->fail_at.load();
  const bool fails = fail_at == every_other ? step % 2 == 1 : step == fail_at;
  errno = before;
  if (!fails) return Fate::as_usual;
  ++orders->fired;
  const int error = static_cast<int>(orders->error.load());
  if (error == 0) return Fate::falls_short;
  // As after a true reset: it is told once, and the stream is at its end then.
  if (error == ECONNRESET) ::shutdown(fd, SHUT_RDWR);
  errno = error;
  return Fate::fails;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// Of a message in pieces, what is left of it when it falls short: the first byte.
struct Shortened {
  explicit Shortened(const msghdr& whole) : message(whole) {
    for (std::size_t i = 0; i < whole.msg_iovlen; ++i) {
      if (whole.msg_iov[i].iov_len == 0) continue;
      first = {whole.msg_iov[i].iov_base, 1};
      message.msg_iov = &first;
      message.msg_iovlen = 1;
      return;
    }
  }
  msghdr message;
  iovec first{};
};

}  // namespace

extern "C" {

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static auto* const real = next<ssize_t(int, void*, size_t, int)>("recv");
  const auto fate = fate_of(reading, fd);
  if (fate == Fate::fails) return -1;
  return real(fd, buffer, fate == Fate::falls_short ? std::min<size_t>(size, 1) : size, flags);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static auto* const real = next<ssize_t(int, msghdr*, int)>("recvmsg");
  const auto fate = fate_of(reading, fd);
  if (fate == Fate::fails || fate_of(taking, fd) == Fate::fails) return -1;
  if (fate == Fate::as_usual) return real(fd, message, flags);
  Shortened part(*message);
  return real(fd, &part.message, flags);
}

ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  static auto* const real = next<ssize_t(int, const void*, size_t, int)>("send");
  const auto fate = fate_of(writing, fd);
  if (fate == Fate::fails) return -1;
  return real(fd, buffer, fate == Fate::falls_short ? std::min<size_t>(size, 1) : size, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const real = next<ssize_t(int, const msghdr*, int)>("sendmsg");
  const auto fate = fate_of(writing, fd);
  if (fate == Fate::fails || fate_of(giving, fd) == Fate::fails) return -1;
  if (fate == Fate::as_usual) return real(fd, message, flags);
  Shortened part(*message);
  return real(fd, &part.message, flags);
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  static auto* const real = next<int(int, sockaddr*, socklen_t*, int)>("accept4");
  return fate_of(accepting, fd) == Fate::fails ? -1 : real(fd, address, size, flags);
}

int accept(int fd, sockaddr* address, socklen_t* size) {
  static auto* const real = next<int(int, sockaddr*, socklen_t*)>("accept");
  return fate_of(accepting, fd) == Fate::fails ? -1 : real(fd, address, size);
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  static auto* const real = next<int(int, const sockaddr*, socklen_t)>("connect");
  return fate_of(connecting, fd) == Fate::fails ? -1 : real(fd, address, size);
}

// With a timeout of 0, a look: it counts in poll and ppoll, where a pending signal ends it if nothing
// is ready (Linux, do_poll), and not in epoll, where none does. A loop that waits and looks in turn
// may be hit at each wait then, and goes round until a step of another process comes between.
int poll(pollfd* entries, nfds_t count, int timeout) {
  static auto* const real = next<int(pollfd*, nfds_t, int)>("poll");
  return fate_of(waiting) == Fate::fails ? -1 : real(entries, count, timeout);
}

int ppoll(pollfd* entries, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  static auto* const real = next<int(pollfd*, nfds_t, const timespec*, const sigset_t*)>("ppoll");
  return fate_of(waiting) == Fate::fails ? -1 : real(entries, count, timeout, mask);
}

int epoll_wait(int epoll, epoll_event* events, int count, int timeout) {
  static auto* const real = next<int(int, epoll_event*, int, int)>("epoll_wait");
  const bool looks = timeout == 0;
  if (!looks && fate_of(waiting) == Fate::fails) return -1;
  return real(epoll, events, count, timeout);
}

int epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout,
                 const sigset_t* mask) {
  static auto* const real =
      next<int(int, epoll_event*, int, const timespec*, const sigset_t*)>("epoll_pwait2");
  const bool looks = timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_nsec == 0;
  if (!looks && fate_of(waiting) == Fate::fails) return -1;
  return real(epoll, events, count, timeout, mask);
}

}  // extern "C"
