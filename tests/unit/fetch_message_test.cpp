// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "multiprocess/fetch_message.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trivium::multiprocess {
namespace {

app::Finished finished(std::size_t index, std::size_t size) {
  return {index,
          {.status = 200,
           .detail = "",
           .body = std::string(size, static_cast<char>('a' + index)),
           .bytes = size,
           .elapsed = std::chrono::nanoseconds(index + 1)}};
}

// Takes messages until that many results are whole.
std::vector<Received> receive(ChannelReceiver& receiver, std::size_t count) {
  ResultAssembler assembler;
  std::vector<Received> all;
  std::string message;
  while (all.size() < count && receiver.receive(message) == ChannelStatus::ok) {
    if (auto received = assembler.take(message)) all.push_back(std::move(*received));
  }
  return all;
}

TEST(FetchMessage, CarriesResultsOfAnySize) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, result_bytes - 60, result_bytes, std::size_t{1'000'000}}) {
    Channel channel(result_limits(4));
    ChannelSender to = channel.sender();
    ChannelReceiver from = channel.receiver();
    const auto sent = finished(3, size);
    std::thread sender([&] { EXPECT_TRUE(send_result(to, 7, sent)); });
    const auto received = receive(from, 1);
    sender.join();
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].unit, 7U);
    EXPECT_EQ(received[0].finished.index, 3U);
    EXPECT_TRUE(received[0].finished.result == sent.result) << size;
  }
}

TEST(FetchMessage, CarriesFailures) {
  Channel channel(result_limits(4));
  ChannelSender to = channel.sender();
  ChannelReceiver from = channel.receiver();
  app::Finished sent{9,
                     {.status = 200,
                      .error = protocol::FetchError::truncated,
                      .detail = std::string(5000, 'd'),
                      .bytes = 3}};
  ASSERT_TRUE(send_result(to, 0, sent));
  const auto received = receive(from, 1);
  sent.result.detail.resize(1024);
  EXPECT_EQ(received.at(0).finished.result, sent.result);
}

TEST(FetchMessage, KeepsUnitsApart) {
  Channel channel(result_limits(4));
  ChannelSender to = channel.sender();
  ChannelReceiver from = channel.receiver();
  std::vector<std::thread> senders;
  for (std::size_t unit = 0; unit < 4; ++unit) {
    senders.emplace_back([&channel, unit] {
      ChannelSender own = channel.sender(unit);
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(send_result(own, unit, finished(unit, 200'000)));
      }
    });
  }
  const auto received = receive(from, 20);
  for (auto& sender : senders) sender.join();
  ASSERT_EQ(received.size(), 20U);
  for (const auto& [unit, result] : received) {
    EXPECT_TRUE(result.result == finished(unit, 200'000).result);
  }
}

// A worker that was killed in the middle of a result leaves its slot to another.
TEST(FetchMessage, DropsWhatASuccessorReplaces) {
  Channel channel(result_limits(4));
  ChannelSender to = channel.sender();
  ChannelReceiver from = channel.receiver();
  std::thread sender([&] { EXPECT_TRUE(send_result(to, 0, finished(1, 100'000))); });
  std::string first;
  ASSERT_EQ(from.receive(first), ChannelStatus::ok);
  std::string ignored;
  for (int i = 0; i < 3; ++i) ASSERT_EQ(from.receive(ignored), ChannelStatus::ok);
  sender.join();
  ResultAssembler assembler;
  EXPECT_FALSE(assembler.take(first));
  ASSERT_TRUE(send_result(to, 0, finished(2, 5)));
  std::string message;
  ASSERT_EQ(from.receive(message), ChannelStatus::ok);
  const auto received = assembler.take(message);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->finished.result, finished(2, 5).result);
}

TEST(FetchMessage, IsRefusedOnceTheChannelIsClosed) {
  Channel channel(result_limits(4));
  ChannelSender to = channel.sender();
  ChannelReceiver from = channel.receiver();
  from.close();
  EXPECT_FALSE(send_result(to, 0, finished(1, 10)));
}

}  // namespace
}  // namespace trivium::multiprocess
