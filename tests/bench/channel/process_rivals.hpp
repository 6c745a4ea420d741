// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What else carries messages between processes, each as simple as it is usually written. All are
// bounded and block; what each does when a process dies in it is told in platform notes, not here.
#pragma once

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/lockfree/queue.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "multiprocess/processor.hpp"
#include "process_harness.hpp"

namespace trivium::bench {

inline void check(bool well, const char* what) {
  if (!well) throw std::runtime_error(what);
}

/// Boost.Interprocess: a heap of messages under a mutex, with two conditions.
class MessageQueue {
 public:
  explicit MessageQueue(const Setup& setup)
      : name_("trivium-bench-" + std::to_string(::getpid()) + "-" + std::to_string(made()++)),
        bytes_(setup.bytes) {
    namespace interprocess = boost::interprocess;
    queue_ = std::make_unique<interprocess::message_queue>(interprocess::create_only, name_.c_str(),
                                                           setup.capacity, setup.bytes);
    interprocess::message_queue::remove(name_.c_str());  // forked processes have it mapped
  }
  struct End {
    boost::interprocess::message_queue& queue;
    std::size_t bytes;
    void send(const char* message) { queue.send(message, bytes, 0); }
    void receive(char* message) {
      boost::interprocess::message_queue::size_type size = 0;
      unsigned priority = 0;
      queue.receive(message, bytes, size, priority);
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {*queue_, bytes_}; }
  [[nodiscard]] End receiver(std::size_t) { return {*queue_, bytes_}; }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
  std::string name_;
  std::size_t bytes_;
  std::unique_ptr<boost::interprocess::message_queue> queue_;
};

/// A pipe; a message of at most PIPE_BUF bytes goes in, and so comes out, whole.
class Pipe {
 public:
  explicit Pipe(const Setup& setup) : bytes_(setup.bytes) { check(::pipe(ends_) == 0, "pipe"); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  struct End {
    int file;
    std::size_t bytes;
    void send(const char* message) {
      check(::write(file, message, bytes) == static_cast<ssize_t>(bytes), "write");
    }
    void receive(char* message) {
      check(::read(file, message, bytes) == static_cast<ssize_t>(bytes), "read");
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {ends_[1], bytes_}; }
  [[nodiscard]] End receiver(std::size_t) { return {ends_[0], bytes_}; }

 private:
  int ends_[2]{};
  std::size_t bytes_;
};

/// A pair of Unix sockets that keep the bounds of messages.
class Seqpacket {
 public:
  explicit Seqpacket(const Setup& setup) : bytes_(setup.bytes) {
    check(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_) == 0, "socketpair");
  }
  ~Seqpacket() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Seqpacket(const Seqpacket&) = delete;
  Seqpacket& operator=(const Seqpacket&) = delete;
  struct End {
    int socket;
    std::size_t bytes;
    void send(const char* message) {
      check(::send(socket, message, bytes, 0) == static_cast<ssize_t>(bytes), "send");
    }
    void receive(char* message) {
      check(::recv(socket, message, bytes, 0) == static_cast<ssize_t>(bytes), "recv");
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {ends_[1], bytes_}; }
  [[nodiscard]] End receiver(std::size_t) { return {ends_[0], bytes_}; }

 private:
  int ends_[2]{};
  std::size_t bytes_;
};

/// A ring under a robust mutex with two conditions, all in shared memory.
class MutexCondition {
 public:
  explicit MutexCondition(const Setup& setup)
      : bytes_(setup.bytes), capacity_(setup.capacity), page_(sizeof(State) + bytes_ * capacity_) {
    pthread_mutexattr_t mutex;
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
    pthread_condattr_t condition;
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    State& state = page_.as<State>();
    pthread_mutex_init(&state.mutex, &mutex);
    pthread_cond_init(&state.not_empty, &condition);
    pthread_cond_init(&state.not_full, &condition);
  }
  struct State {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    std::size_t sent;
    std::size_t received;
  };
  struct End {
    State& state;
    std::size_t bytes;
    std::size_t capacity;
    char* slot(std::size_t index) {
      return reinterpret_cast<char*>(&state + 1) + index % capacity * bytes;
    }
    void send(const char* message) {
      pthread_mutex_lock(&state.mutex);
      while (state.sent - state.received == capacity)
        pthread_cond_wait(&state.not_full, &state.mutex);
      std::memcpy(slot(state.sent++), message, bytes);
      pthread_mutex_unlock(&state.mutex);
      pthread_cond_signal(&state.not_empty);
    }
    void receive(char* message) {
      pthread_mutex_lock(&state.mutex);
      while (state.sent == state.received) pthread_cond_wait(&state.not_empty, &state.mutex);
      std::memcpy(message, slot(state.received++), bytes);
      pthread_mutex_unlock(&state.mutex);
      pthread_cond_signal(&state.not_full);
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {page_.as<State>(), bytes_, capacity_}; }
  [[nodiscard]] End receiver(std::size_t) { return sender(0); }

 private:
  std::size_t bytes_;
  std::size_t capacity_;
  Page page_;
};

/// boost::lockfree::queue in shared memory. It knows no waiting: both sides yield until it can be
/// done, and so burn a processor while nothing is sent.
template <std::size_t bytes>
class LockfreeYield {
 public:
  explicit LockfreeYield(const Setup&) : page_(sizeof(Inside)) { new (&page_.as<Inside>()) Inside; }
  struct Message {
    char content[bytes];
  };
  using Inside = boost::lockfree::queue<Message, boost::lockfree::capacity<queued_at_most>>;
  struct End {
    Inside& queue;
    void send(const char* content) {
      Message message;
      std::memcpy(message.content, content, bytes);
      while (!queue.push(message)) ::sched_yield();
    }
    void receive(char* content) {
      Message message;
      while (!queue.pop(message)) ::sched_yield();
      std::memcpy(content, message.content, bytes);
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {page_.template as<Inside>()}; }
  [[nodiscard]] End receiver(std::size_t) { return sender(0); }

 private:
  Page page_;
};

/// What the processors allow: a ring for one sender and one receiver that promises nothing but
/// order. Both ends spin, and look at each other's index only when their copy of it says full or
/// empty.
class BareRing {
 public:
  explicit BareRing(const Setup& setup)
      : bytes_(setup.bytes), page_(sizeof(State) + setup.bytes * queued_at_most) {}
  struct State {
    alignas(128) std::atomic<std::uint64_t> sent;
    alignas(128) std::atomic<std::uint64_t> received;
    alignas(128) char first;
  };
  struct End {
    State& state;
    std::size_t bytes;
    std::uint64_t mine = 0;
    std::uint64_t others = 0;
    char* slot() { return &state.first + mine % queued_at_most * bytes; }
    void send(const char* message) {
      while (mine - others == queued_at_most)
        others = state.received.load(std::memory_order_acquire);
      multiprocess::copy_to_shared(slot(), message, bytes);
      state.sent.store(++mine, std::memory_order_release);
    }
    void send_batch(const std::vector<std::string_view>& messages) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        while (mine - others == queued_at_most) {
          if (mine > 0) state.sent.store(mine, std::memory_order_release);
          others = state.received.load(std::memory_order_acquire);
        }
        multiprocess::copy_to_shared(slot(), messages[i].data(), bytes);
        ++mine;
      }
      state.sent.store(mine, std::memory_order_release);
    }
    void receive(char* message) {
      while (mine == others) others = state.sent.load(std::memory_order_acquire);
      std::memcpy(message, slot(), bytes);
      state.received.store(++mine, std::memory_order_release);
    }
    std::size_t receive_batch(std::size_t most, Check& look) {
      while (mine == others) others = state.sent.load(std::memory_order_acquire);
      const std::uint64_t from = mine;
      for (; mine < others && mine - from < most; ++mine) look(slot());
      state.received.store(mine, std::memory_order_release);
      return mine - from;
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {page_.as<State>(), bytes_}; }
  [[nodiscard]] End receiver(std::size_t) { return sender(0); }

 private:
  std::size_t bytes_;
  Page page_;
};

/// Nothing but a wake-up by eventfd: what a round trip costs at least.
class BareEventfd {
 public:
  explicit BareEventfd(const Setup&) : event_(::eventfd(0, 0)) { check(event_ >= 0, "eventfd"); }
  ~BareEventfd() { ::close(event_); }
  BareEventfd(const BareEventfd&) = delete;
  BareEventfd& operator=(const BareEventfd&) = delete;
  struct End {
    int event;
    std::uint32_t turn = 0;
    void send(const char*) {
      const std::uint64_t one = 1;
      check(::write(event, &one, sizeof one) == sizeof one, "write");
    }
    void receive(char* message) {
      std::uint64_t count = 0;
      check(::read(event, &count, sizeof count) == sizeof count, "read");
      const std::uint32_t mark[2] = {0, turn++ % static_cast<std::uint32_t>(Cycle::length)};
      std::memcpy(message, mark, sizeof mark);
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {event_}; }
  [[nodiscard]] End receiver(std::size_t) { return {event_}; }

 private:
  int event_;
};

/// The same by futex.
class BareFutex {
 public:
  explicit BareFutex(const Setup&) : page_(4096) {}
  struct End {
    std::atomic<std::uint32_t>& word;
    std::uint32_t turn = 0;
    void send(const char*) {
      word.fetch_add(1);
      ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    void receive(char* message) {
      while (word.load() == turn) {
        ::syscall(SYS_futex, &word, FUTEX_WAIT, turn, nullptr, nullptr, 0);
      }
      const std::uint32_t mark[2] = {0, turn++ % static_cast<std::uint32_t>(Cycle::length)};
      std::memcpy(message, mark, sizeof mark);
    }
  };
  [[nodiscard]] End sender(std::size_t) { return {page_.as<std::atomic<std::uint32_t>>()}; }
  [[nodiscard]] End receiver(std::size_t) { return sender(0); }

 private:
  Page page_;
};

}  // namespace trivium::bench
