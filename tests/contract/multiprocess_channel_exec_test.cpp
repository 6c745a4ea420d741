// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// A process channel between programs that were exec'd, and have nothing of each other but what they
// inherit; they are killed and followed by others. The programs are this one, told what to be.
#include <random>
#include <thread>
#include <vector>

#include "process_faults.hpp"

namespace trivium::contract {
namespace {

constexpr std::uint32_t lanes = 2;
constexpr std::uint32_t no_end = ~0U / 2;

std::uint32_t number(const char* text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

// What every such program begins with; returns the book, which it inherits after its end.
Book begin(const char* parent, int descriptors) {
  multiprocess::become_worker(static_cast<pid_t>(number(parent)));
  multiprocess::close_all_from(multiprocess::first_inherited + descriptors + 1);
  return Book(net::Descriptor(multiprocess::first_inherited + descriptors));
}

// sender PARENT LANE NUMBER
void be_sender(char** arguments) {
  Book book = begin(arguments[0], multiprocess::sender_descriptors);
  const std::uint32_t lane = number(arguments[1]);
  ChannelSender sender(multiprocess::first_inherited, lane);
  const auto how = number(arguments[2]) % 2 == 0 ? SendBy::send : SendBy::batch;
  send_messages(sender, how, {lane, number(arguments[2]), 0}, no_end, book, [] {});
}

// receiver PARENT
void be_receiver(char** arguments) {
  Book book = begin(arguments[0], multiprocess::receiver_descriptors(lanes));
  ChannelReceiver receiver(multiprocess::first_inherited);
  while (receive_some(receiver, ReceiveBy::receive, book) != ChannelStatus::closed) {
  }
}

Process start(std::vector<std::string> arguments, std::vector<int> descriptors, const Book& book) {
  descriptors.push_back(book.descriptor());
  arguments.insert(arguments.begin() + 1, std::to_string(::getpid()));
  return Process(multiprocess::start_program("/proc/self/exe", arguments, descriptors));
}

TEST(ProcessChannelExec, ProgramsAreKilledAndFollowed) {
  constexpr int kills = 150;
  std::mt19937 random(std::random_device{}());
  const auto descriptors = open_descriptors();
  {
    Book book(batch);
    Channel channel({.messages = 8, .message_bytes = message_bytes, .senders = lanes});
    std::array<std::uint32_t, lanes> numbers{};
    const auto start_sender = [&](std::uint32_t lane) {
      return start({"sender", std::to_string(lane), std::to_string(numbers.at(lane))},
                   channel.sender_descriptors(lane), book);
    };
    const auto start_receiver = [&] {
      return start({"receiver"}, channel.receiver_descriptors(), book);
    };
    std::vector<Process> senders;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) senders.push_back(start_sender(lane));
    Process receiver = start_receiver();
    for (int kill = 0; kill < kills; ++kill) {
      // Something comes on every lane: whoever was started has attached, and goes on.
      const auto give_up = Clock::now() + long_enough;
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        const auto before = book.received(lane);
        while (book.received(lane) == before) {
          ASSERT_LT(Clock::now(), give_up) << "nothing comes on lane " << lane;
          std::this_thread::yield();
        }
      }
      const std::uint32_t who = random() % (lanes + 1);
      if (who == lanes) {
        receiver.kill();
        ASSERT_EQ(receiver.end(), SIGKILL) << "the receiver had ended";
        book.receiver_died(1);
        receiver = start_receiver();
      } else {
        senders[who].kill();
        ASSERT_EQ(senders[who].end(), SIGKILL) << "the sender had ended";
        ++numbers.at(who);
        senders[who] = start_sender(who);
      }
    }
    book.stop();
    for (auto& sender : senders) EXPECT_EQ(sender.end(), 0);
    channel.close();
    EXPECT_EQ(receiver.end(), 0);
    EXPECT_EQ(channel.undelivered(), 0U);
    for (std::uint32_t lane = 0; lane < lanes; ++lane) book.end(lane, numbers.at(lane));
  }
  EXPECT_FALSE(has_children());
  EXPECT_EQ(open_descriptors(), descriptors);
}

int run(int argc, char** argv) {
  try {
    if (argc == 5 && std::string_view(argv[1]) == "sender") {
      be_sender(argv + 2);
    } else if (argc == 3 && std::string_view(argv[1]) == "receiver") {
      be_receiver(argv + 2);
    } else {
      testing::InitGoogleTest(&argc, argv);
      return RUN_ALL_TESTS();
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << argv[1] << ": " << error.what() << std::endl;
    return 1;
  }
}

}  // namespace
}  // namespace trivium::contract

int main(int argc, char** argv) {
  return trivium::contract::run(argc, argv);
}
