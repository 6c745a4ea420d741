// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Too many: at a limit on connections, in the kernel's queue, and where descriptors run out; who
// waits, who is refused, and that everyone is counted.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/hazards/hazard_test.hpp"

namespace trivium::hazards {
namespace {

using conformance::head;

class Limit : public HazardTest {
 protected:
  // Whether it has a policy at all, for when its units are all busy.
  [[nodiscard]] static bool may_refuse() {
    const auto& strategy = contender().strategy;
    return !contender().sequential() && (contender().loops() || strategy != "shared-accept");
  }

  static bool is_refused(Stream& stream) {
    const auto got = stream.receive_to_end();
    return got.data.empty() && got.end == End::reset;
  }
};

TEST_P(Limit, WhoComesAtItWaitsOrIsRefusedAsAsked) {
  if (contender().sequential()) GTEST_SKIP() << "n/a (capacity)";
  for (const std::string policy : {"wait", "refuse"}) {
    if (policy == "refuse" && !may_refuse()) continue;
    SCOPED_TRACE(policy);
    serve({"--workers", "2", "--max-connections", "2", "--at-limit", policy});
    auto first = open();
    auto second = open();
    auto third = connect();
    if (policy == "wait") {
      expect_to_wait_until(third, [&] { first.close(); });
      expect_echo(third, "served");
      third.close();
    } else {
      EXPECT_TRUE(is_refused(third));
      first.close();
      (void)server().counters_when([](const Counters& now) { return now.at("active") == 1; });
      EXPECT_TRUE(poll_until([&] {
        auto again = connect();
        return again.receive(head.size()).data == head;
      })) << "a place was free";
    }
    expect_echo(second, "unharmed");
    second.close();
    const auto counters = server().settled_counters();
    EXPECT_EQ(counters.closed("refused") > 0, policy == "refuse");
    EXPECT_TRUE(counters.balanced());
  }
}

TEST_P(Limit, OverloadIsRefusedEarlyAndExactlySoMuchOfIt) {
  serve({"--workers", "1", "--max-connections", "1", "--max-queue", "2"});
  auto first = open();
  std::vector<Stream> queued;
  for (int i = 0; i < 6; ++i) {
    queued.push_back(connect());
    queued.back().send("x\n\n");
  }
  first.close();
  std::size_t refused = 0;
  for (auto& stream : queued) {
    const auto got = stream.receive_to_end();
    stream.close();
    if (got.data.empty() && got.end == End::reset) {
      ++refused;
    } else {
      EXPECT_EQ(got.data, std::string(head) + "x\n");
    }
  }
  EXPECT_EQ(refused, 3U) << "while more than two wait behind, who is accepted is refused";
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.closed("refused"), 3);
  EXPECT_EQ(counters.closed("end"), 3);
  EXPECT_EQ(counters.at("accepted"), 7);
  EXPECT_TRUE(counters.balanced());
}

INSTANTIATE_TEST_SUITE_P(All, Limit, testing::ValuesIn(all_contenders()), test_name);

// ---- Descriptors.

class Descriptors : public Limit {
 protected:
#ifdef __SANITIZE_ADDRESS__
  // To look at an object's type it takes a pipe; where no descriptor is left, it calls the object
  // invalid.
  void SetUp() override {
    Limit::SetUp();
    if (!contender().processes()) GTEST_SKIP() << "n/a: the sanitizer needs descriptors of its own";
  }
#endif

  // How many processes may have in tests of this suite, and clients that are too many for that.
  static constexpr int few = 48;
  static constexpr std::size_t many = 64;

  // As many workers as there are clients, where a worker holds one.
  static std::string workers() {
    return contender().loops() ? "2" : std::to_string(many);
  }

  // What became of the clients once `all_judged`: who waits has heard nothing for that long.
  struct Fates {
    std::vector<Stream> served;
    std::vector<Stream> waiting;
    std::int64_t refused = 0;
  };
  Fates connect_many(const std::function<bool(const Counters&)>& all_judged,
                     milliseconds silence = conformance::glance) {
    std::vector<Stream> clients;
    for (std::size_t i = 0; i < many; ++i) clients.push_back(connect());
    (void)server().counters_when(all_judged);
    Fates fates;
    for (auto& client : clients) {
      if (!client.readable(silence)) {
        fates.waiting.push_back(std::move(client));
        continue;
      }
      const auto got = client.receive(head.size());
      if (got.data == head) {
        fates.served.push_back(std::move(client));
      } else {
        EXPECT_EQ(got.data, "");
        EXPECT_EQ(got.end, End::reset);
        ++fates.refused;
      }
    }
    return fates;
  }

  [[nodiscard]] static bool one_table() {
    return !contender().processes() && !contender().sequential();
  }
};

TEST_P(Descriptors, OfOneProcessRunOutAndWhoComesThenWaits) {
  if (!one_table()) GTEST_SKIP() << "n/a: a process of its own, or one at a time";
  serve({"--workers", workers()}, few);
  auto fates = connect_many([](const Counters& now) { return now.at("accept_errors") > 0; });
  EXPECT_FALSE(fates.served.empty());
  EXPECT_FALSE(fates.waiting.empty()) << "descriptors were enough";
  EXPECT_EQ(fates.refused, 0);
  EXPECT_GT(server().counters().at("accept_errors"), 0);
  for (auto& stream : fates.served) expect_echo(stream, "unharmed");
  fates.served.clear();
  for (auto& client : fates.waiting) {
    expect_bytes(client, head);
    client.close();
  }
  EXPECT_TRUE(server().settled_counters().balanced());
}

TEST_P(Descriptors, OfOneProcessRunOutAndWhoComesThenIsRefused) {
  if (!one_table() || !may_refuse()) GTEST_SKIP() << "n/a: as above, or nobody is there to refuse";
  serve({"--workers", workers(), "--max-connections", "1000", "--at-limit", "refuse"}, few);
  const auto all_accepted = [](const Counters& now) {
    return now.at("accepted") == static_cast<std::int64_t>(many) && now.closed("refused") > 0;
  };
  auto fates = connect_many(all_accepted, conformance::patience);  // nobody waits
  EXPECT_FALSE(fates.served.empty());
  EXPECT_TRUE(fates.waiting.empty());
  EXPECT_GT(fates.refused, 0) << "descriptors were enough";
  for (auto& stream : fates.served) expect_echo(stream, "unharmed");
  fates.served.clear();
  const auto counters = server().settled_counters();
  EXPECT_EQ(counters.closed("refused"), fates.refused);
  EXPECT_EQ(counters.at("accepted"), static_cast<std::int64_t>(many));
  EXPECT_TRUE(counters.balanced());
  expect_service();
}

TEST_P(Descriptors, OfAProcessForEachConnectionDoNotRunOut) {
  if (!contender().processes() || contender().blocking_pool()) GTEST_SKIP() << "n/a";
  serve({}, few);
  std::vector<Stream> clients;
  for (std::size_t i = 0; i < many; ++i) clients.push_back(open());
  for (auto& stream : clients) expect_echo(stream, "served");
  EXPECT_EQ(server().counters().at("accept_errors"), 0);
}

INSTANTIATE_TEST_SUITE_P(All, Descriptors, testing::ValuesIn(all_contenders()), test_name);

}  // namespace
}  // namespace trivium::hazards
