// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/quantity.hpp"

#include <gtest/gtest.h>

namespace trivium::protocol {
namespace {

using namespace std::chrono_literals;

TEST(Duration, TakesEveryUnit) {
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("10ms"), 10ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("0s"), 0ns);
}

TEST(Duration, TakesFractions) {
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0.25ms"), 250us);
  EXPECT_EQ(parse_duration("0.5us"), 500ns);
}

TEST(Duration, RefusesWhatIsNoDuration) {
  for (const auto* text :
       {"",   "10",  "s",    "ms",   "-1s",   "+1s",  " 1s",  "1s ",  "1 s", "1S",
        "1h", "1ns", "1e3s", "0x1s", "1..5s", "1,5s", "nans", "infs", "nan", "inf"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_duration("99999999999s"), std::nullopt);
  EXPECT_EQ(parse_duration("999999999999999999999999999999s"), std::nullopt);
  EXPECT_EQ(parse_duration("9000000000s"), 9000000000s);
}

TEST(Size, TakesBytesAndUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("16MiB"), 16777216U);
}

TEST(Size, RefusesWhatIsNoSize) {
  for (const auto* text : {"", "KiB", "-1", "+1", " 1", "1 ", "1 KiB", "1kib", "1K", "1KB", "1GiB",
                           "1.5KiB", "0x10"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Size, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_size("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_size("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_size("18446744073709551615KiB"), std::nullopt);
  EXPECT_EQ(parse_size("17592186044415MiB"), 17592186044415U << 20);
  EXPECT_EQ(parse_size("17592186044416MiB"), std::nullopt);
}

}  // namespace
}  // namespace trivium::protocol
