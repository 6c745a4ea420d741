// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multithread/channel.hpp"

#include <pthread.h>

#include <future>
#include <memory>
#include <random>

#include "channel_contract.hpp"

namespace trivium::contract {
namespace {

using multithread::Channel;
using std::chrono::microseconds;
using std::chrono::milliseconds;

class ThreadPeer {
 public:
  explicit ThreadPeer(std::future<bool> result) : result_(std::move(result)) {}
  [[nodiscard]] bool join() { return result_.get(); }

 private:
  std::future<bool> result_;
};

class MultithreadFlavour {
 public:
  MultithreadFlavour(std::size_t capacity, std::size_t, std::chrono::nanoseconds spin = {})
      : channel_(capacity, spin) {}

  ChannelStatus try_send(std::string& message) { return channel_.try_send(std::move(message)); }
  ChannelStatus send(std::string& message) { return channel_.send(std::move(message)); }
  ChannelStatus send_until(Clock::time_point deadline, std::string& message) {
    return channel_.send_until(deadline, std::move(message));
  }
  ChannelStatus try_receive(std::string& message) { return channel_.try_receive(message); }
  ChannelStatus receive(std::string& message) { return channel_.receive(message); }
  ChannelStatus receive_until(Clock::time_point deadline, std::string& message) {
    return channel_.receive_until(deadline, message);
  }
  void close(End) { channel_.close(); }

  [[nodiscard]] std::size_t most(std::size_t capacity) const { return capacity; }

  template <typename Body>
  ThreadPeer start(Body body) {
    return ThreadPeer(std::async(std::launch::async, std::move(body)));
  }

 private:
  Channel<std::string> channel_;
};

struct SpinningMultithreadFlavour : MultithreadFlavour {
  SpinningMultithreadFlavour(std::size_t capacity, std::size_t message_bytes)
      : MultithreadFlavour(capacity, message_bytes, microseconds(20)) {}
};

INSTANTIATE_TYPED_TEST_SUITE_P(Multithread, ChannelContract, MultithreadFlavour);
INSTANTIATE_TYPED_TEST_SUITE_P(SpinningMultithread, ChannelContract, SpinningMultithreadFlavour);

// What only threads can do: many receivers, values that are no bytes.

// The value with this number of that sender, counted from 0.
struct Numbered {
  std::size_t sender = 0;
  std::size_t number = 0;
};

// What receivers took: every value once, and by each receiver those of one sender in order.
class Received {
 public:
  explicit Received(std::size_t senders) : counts_(senders) {}

  // For one receiver to call with what it took, in that order.
  void add(const std::vector<Numbered>& values) {
    std::vector<std::size_t> next(counts_.size(), 0);
    const std::lock_guard lock(mutex_);
    for (const Numbered& value : values) {
      EXPECT_GE(value.number, next[value.sender]) << "of sender " << value.sender;
      next[value.sender] = value.number + 1;
      auto& counts = counts_[value.sender];
      if (counts.size() <= value.number) counts.resize(value.number + 1);
      ++counts[value.number];
    }
  }

  void expect_each_once(std::size_t sender, std::size_t sent) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(counts_[sender], std::vector<std::size_t>(sent, 1)) << "of sender " << sender;
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<std::size_t>> counts_;
};

std::vector<Numbered> receive_all(Channel<Numbered>& channel) {
  std::vector<Numbered> values;
  for (Numbered value; channel.receive(value) == ChannelStatus::ok;) values.push_back(value);
  return values;
}

struct Crowd {
  std::size_t capacity;
  std::size_t senders;
  std::size_t receivers;
  microseconds spin;
};

class ThreadChannelCrowd : public ::testing::TestWithParam<Crowd> {};

TEST_P(ThreadChannelCrowd, EveryValueOnceAndInTheOrderOfItsSender) {
  const Crowd crowd = GetParam();
  constexpr std::size_t each = 2000;
  Channel<Numbered> channel(crowd.capacity, crowd.spin);
  Received received(crowd.senders);
  std::vector<std::jthread> receivers;
  for (std::size_t i = 0; i < crowd.receivers; ++i) {
    receivers.emplace_back([&] { received.add(receive_all(channel)); });
  }
  {
    std::vector<std::jthread> senders;
    for (std::size_t sender = 0; sender < crowd.senders; ++sender) {
      senders.emplace_back([&channel, sender] {
        for (std::size_t i = 0; i < each; ++i) {
          EXPECT_EQ(channel.send(Numbered{sender, i}), ChannelStatus::ok);
        }
      });
    }
  }
  channel.close();
  receivers.clear();
  for (std::size_t i = 0; i < crowd.senders; ++i) received.expect_each_once(i, each);
}

// Senders and receivers lose patience all the time, and what they do then must not cost another
// thread its waking.
TEST_P(ThreadChannelCrowd, DeadlinesLoseNothing) {
  const Crowd crowd = GetParam();
  constexpr std::size_t each = 300;
  Channel<Numbered> channel(crowd.capacity, crowd.spin);
  Received received(crowd.senders);
  std::vector<std::jthread> receivers;
  for (std::size_t i = 0; i < crowd.receivers; ++i) {
    receivers.emplace_back([&, patient = i % 2 == 0] {
      std::vector<Numbered> values;
      for (Numbered value;;) {
        const auto patience = patient ? far_away() : Clock::now() + microseconds(50);
        const auto status = channel.receive_until(patience, value);
        if (status == ChannelStatus::closed) break;
        if (status == ChannelStatus::ok) values.push_back(value);
      }
      received.add(values);
    });
  }
  {
    std::vector<std::jthread> senders;
    for (std::size_t sender = 0; sender < crowd.senders; ++sender) {
      senders.emplace_back([&channel, sender] {
        for (std::size_t i = 0; i < each;) {
          const auto patience = sender % 2 == 0 ? far_away() : Clock::now() + microseconds(50);
          if (channel.send_until(patience, Numbered{sender, i}) == ChannelStatus::ok) ++i;
        }
      });
    }
  }
  channel.close();
  receivers.clear();
  for (std::size_t i = 0; i < crowd.senders; ++i) received.expect_each_once(i, each);
}

TEST_P(ThreadChannelCrowd, CloseRacesWithSendsAndLosesNothing) {
  const Crowd crowd = GetParam();
  std::mt19937 random(17);
  for (int round = 0; round < 40; ++round) {
    Channel<Numbered> channel(crowd.capacity, crowd.spin);
    Received received(crowd.senders);
    std::vector<std::size_t> sent(crowd.senders, 0);
    std::atomic<std::size_t> total{0};
    const std::size_t last = random() % 200;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < crowd.receivers; ++i) {
        threads.emplace_back([&] { received.add(receive_all(channel)); });
      }
      for (std::size_t sender = 0; sender < crowd.senders; ++sender) {
        threads.emplace_back([&, sender] {
          Numbered value{sender, 0};
          while (channel.send(std::move(value)) == ChannelStatus::ok) {
            ++total;
            value = {sender, ++sent[sender]};
          }
          EXPECT_EQ(value.number, sent[sender]);
        });
      }
      while (total < last) std::this_thread::yield();
      channel.close();
    }
    for (std::size_t i = 0; i < crowd.senders; ++i) received.expect_each_once(i, sent[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , ThreadChannelCrowd,
    ::testing::Values(Crowd{1, 1, 1, {}}, Crowd{1, 16, 16, {}}, Crowd{2, 16, 16, {}},
                      Crowd{3, 4, 1, {}}, Crowd{64, 16, 16, {}}, Crowd{100, 1, 16, {}},
                      Crowd{1, 16, 16, microseconds(5)}, Crowd{64, 4, 4, microseconds(50)}),
    [](const auto& param) {
      const Crowd& crowd = param.param;
      return std::to_string(crowd.senders) + "To" + std::to_string(crowd.receivers) + "Over" +
             std::to_string(crowd.capacity) + "Spin" + std::to_string(crowd.spin.count());
    });

// Nobody touches the channel after the values or the room were there for everyone who waits, so a
// single waking that was lost would leave a thread behind.
TEST(ThreadChannel, EveryoneIsWokenForWhomThereIsSomething) {
  constexpr std::size_t waiting = 7;
  for (int round = 0; round < 300; ++round) {
    Channel<int> channel(waiting);
    std::vector<std::future<ChannelStatus>> threads;
    const auto all = [&](auto verb) {
      for (std::size_t i = 0; i < waiting; ++i) {
        threads.push_back(std::async(std::launch::async, verb));
      }
      if (round % 2 == 0) give_way();
    };
    const auto expect_all_ok = [&] {
      for (auto& thread : threads) EXPECT_EQ(thread.get(), ChannelStatus::ok);
      threads.clear();
    };
    all([&] {
      int value = 0;
      return channel.receive_until(far_away(), value);
    });
    for (std::size_t i = 0; i < waiting; ++i) ASSERT_EQ(channel.try_send(1), ChannelStatus::ok);
    expect_all_ok();
    for (std::size_t i = 0; i < waiting; ++i) ASSERT_EQ(channel.try_send(1), ChannelStatus::ok);
    all([&] { return channel.send_until(far_away(), 2); });
    int value = 0;
    for (std::size_t i = 0; i < waiting; ++i) {
      ASSERT_EQ(channel.receive(value), ChannelStatus::ok);
    }
    expect_all_ok();
  }
}

// Full and empty are told as they are, also while another thread is inside a verb: whoever knows
// that there is a value gets one.
TEST(ThreadChannel, TriesAreExact) {
  constexpr std::size_t threads = 4;
  constexpr int rounds = 20000;
  Channel<int> channel(threads);
  std::vector<std::jthread> peers;
  for (std::size_t i = 0; i < threads; ++i) {
    peers.emplace_back([&channel] {
      for (int round = 0; round < rounds; ++round) {
        int value = round;
        EXPECT_EQ(channel.try_send(std::move(value)), ChannelStatus::ok);
        EXPECT_EQ(channel.try_receive(value), ChannelStatus::ok);
      }
    });
  }
}

TEST(ThreadChannel, WhoWaitsCostsNoCpu) {
  Channel<int> channel(1);
  std::promise<pthread_t> identity;
  std::promise<void> over;
  std::jthread peer([&] {
    identity.set_value(::pthread_self());
    int value = 0;
    EXPECT_EQ(channel.receive(value), ChannelStatus::ok);
    over.get_future().wait();
  });
  clockid_t clock{};
  ASSERT_EQ(::pthread_getcpuclockid(identity.get_future().get(), &clock), 0);
  const auto used = [clock] {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  std::this_thread::sleep_for(
      milliseconds(100));  // by then it waits, or the test passes all the same
  const auto before = used();
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_LT(used() - before, milliseconds(5));
  EXPECT_EQ(channel.send(1), ChannelStatus::ok);
  over.set_value();
}

TEST(ThreadChannel, MovesWhatCannotBeCopied) {
  Channel<std::unique_ptr<int>> channel(3);
  for (int lap = 0; lap < 10; ++lap) {
    auto value = std::make_unique<int>(lap);
    int* const address = value.get();
    ASSERT_EQ(channel.send(std::move(value)), ChannelStatus::ok);
    EXPECT_EQ(value, nullptr);
    ASSERT_EQ(channel.receive(value), ChannelStatus::ok);
    EXPECT_EQ(value.get(), address);
  }
  channel.close();
  auto kept = std::make_unique<int>(1);
  EXPECT_EQ(channel.send(std::move(kept)), ChannelStatus::closed);
  EXPECT_NE(kept, nullptr);
}

TEST(ThreadChannel, DestroysWhatIsLeftInItAndNothingElse) {
  const auto counted = std::make_shared<int>(0);
  for (const std::size_t capacity : {1, 2, 3, 64}) {
    for (std::size_t lap = 0; lap < 5; ++lap) {
      Channel<std::shared_ptr<int>> channel(capacity);
      std::shared_ptr<int> value;
      for (std::size_t i = 0; i < lap; ++i) {  // so that what is left begins anywhere
        ASSERT_EQ(channel.send(std::shared_ptr<int>(counted)), ChannelStatus::ok);
        ASSERT_EQ(channel.receive(value), ChannelStatus::ok);
      }
      value.reset();
      EXPECT_EQ(counted.use_count(), 1);
      for (std::size_t i = 0; i < capacity; ++i) {
        ASSERT_EQ(channel.try_send(std::shared_ptr<int>(counted)), ChannelStatus::ok);
      }
      EXPECT_EQ(counted.use_count(), static_cast<long>(capacity) + 1);
      if (lap % 2 == 0) channel.close();
    }
    EXPECT_EQ(counted.use_count(), 1);
  }
}

}  // namespace
}  // namespace trivium::contract
