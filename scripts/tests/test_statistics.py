# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The intervals hold what they promise, and the ratios say no more than they know."""

import random
import unittest
from math import comb

from trivium import statistics
from trivium.statistics import (
    Summary,
    bootstrap_interval,
    median,
    order_statistic_coverage,
    order_statistic_rank,
    paired_ratio,
    summarize,
    verdict,
)


class Median(unittest.TestCase):
    def test_of_an_odd_and_an_even_number_of_samples(self) -> None:
        self.assertEqual(median([3, 1, 2]), 2)
        self.assertEqual(median([4, 1, 3, 2]), 2.5)
        self.assertEqual(median([7]), 7)


class OrderStatistics(unittest.TestCase):
    def test_smallest_and_largest_miss_the_median_when_all_lie_on_one_side(self) -> None:
        for count in range(2, 12):
            self.assertAlmostEqual(order_statistic_coverage(count, 1), 1 - 2 ** (1 - count))

    def test_below_six_samples_there_is_no_interval(self) -> None:
        for count in range(1, 6):
            self.assertIsNone(order_statistic_rank(count))

    def test_the_shortest_interval_that_holds_is_taken(self) -> None:
        self.assertEqual([order_statistic_rank(count) for count in (6, 7, 8, 9, 12)], [1, 1, 1, 2, 3])

    def test_coverage_is_at_least_95_percent_whatever_the_distribution(self) -> None:
        generator = random.Random(1)
        draws = {
            "exponential": (lambda: generator.expovariate(1), 0.6931471805599453),
            "two humps": (lambda: generator.gauss(0, 1) + (10 if generator.random() < 0.5 else -10), 0.0),
        }
        for name, (draw, truth) in draws.items():
            for count in (6, 9):
                hits = 0
                for _ in range(4000):
                    found = summarize([draw() for _ in range(count)])
                    hits += found.low <= truth <= found.high
                self.assertGreaterEqual(hits / 4000, 0.945, f"{name}, {count} samples")


class Bootstrap(unittest.TestCase):
    def test_chances_of_the_resampled_median_add_up_to_one(self) -> None:
        for count in range(1, 31):
            self.assertAlmostEqual(sum(p for _, _, p in statistics._resampled_median(count)), 1)

    def test_closed_form_is_what_resampling_finds(self) -> None:
        generator = random.Random(2)
        for count in (10, 11, 15, 30):
            samples = [generator.gauss(100, 10) for _ in range(count)]
            drawn = sorted(median(generator.choices(samples, k=count)) for _ in range(20000))
            low, high = bootstrap_interval(samples)
            # The share of resampled medians outside is 2.5 % on each side, up to one step of a discrete distribution.
            self.assertLess(sum(value < low for value in drawn) / 20000, 0.03)
            self.assertGreater(sum(value <= low for value in drawn) / 20000, 0.02)
            self.assertLess(sum(value > high for value in drawn) / 20000, 0.03)
            self.assertGreater(sum(value >= high for value in drawn) / 20000, 0.02)

    def test_chances_for_two_samples_are_those_of_a_coin(self) -> None:
        chances = {(i, j): p for i, j, p in statistics._resampled_median(2)}
        self.assertAlmostEqual(chances[0, 0], 0.25)
        self.assertAlmostEqual(chances[0, 1], 0.5)
        self.assertAlmostEqual(chances[1, 1], 0.25)

    def test_chance_for_three_samples_is_the_binomial_one(self) -> None:
        chances = {i: p for i, _, p in statistics._resampled_median(3)}
        lowest = sum(comb(3, k) * (1 / 3) ** k * (2 / 3) ** (3 - k) for k in (2, 3))
        self.assertAlmostEqual(chances[0], lowest)

    def test_coverage_from_ten_rounds_on_is_what_it_says(self) -> None:
        generator = random.Random(3)
        for count in (10, 15, 30):
            hits = 0
            for _ in range(4000):
                found = summarize([generator.gauss(1, 0.1) for _ in range(count)])
                self.assertEqual(found.kind, "bootstrap")
                hits += found.low <= 1 <= found.high
            # It misses in up to 6 % at ten rounds, a percentage point more than it should.
            self.assertGreaterEqual(hits / 4000, 0.925, f"{count} rounds")


class Ratios(unittest.TestCase):
    def test_are_paired_by_round(self) -> None:
        # Each round is ten times as slow as the one before it, for both: the ratio does not move.
        baseline = [10.0**k for k in range(7)]
        found = paired_ratio([2 * value for value in baseline], baseline)
        assert found is not None
        self.assertEqual((found.low, found.median, found.high), (2, 2, 2))

    def test_use_only_the_rounds_that_both_have(self) -> None:
        found = paired_ratio([None, 4.0, 9.0], [1.0, 2.0, None])
        assert found is not None
        self.assertEqual(found.median, 2)
        self.assertIsNone(paired_ratio([None, 1.0], [1.0, None]))

    def test_verdicts(self) -> None:
        self.assertEqual(verdict(Summary(1.1, 0.99, 1.2, "exact")), "no difference")
        self.assertEqual(verdict(Summary(1.1, 1.0, 1.2, "exact")), "no difference")
        self.assertEqual(verdict(Summary(1.1, 1.01, 1.2, "bootstrap")), "more")
        self.assertEqual(verdict(Summary(0.9, 0.8, 0.99, "exact")), "less")
        self.assertEqual(verdict(Summary(9.0, 8.0, 10.0, "range")), "no interval")

    def test_of_a_contender_with_itself_seldom_show_a_difference(self) -> None:
        generator = random.Random(4)
        for rounds in (6, 9, 15):
            alarms = 0
            for _ in range(3000):
                pairs = [[generator.lognormvariate(0, 0.05) for _ in range(rounds)] for _ in range(2)]
                found = paired_ratio(pairs[0], pairs[1])
                assert found is not None
                alarms += verdict(found) != "no difference"
            self.assertLessEqual(alarms / 3000, 0.07, f"{rounds} rounds")

    def test_a_slowdown_of_ten_percent_is_found(self) -> None:
        generator = random.Random(5)
        found_it = 0
        for _ in range(500):
            baseline = [generator.lognormvariate(0, 0.05) for _ in range(9)]
            found = paired_ratio([1.1 * generator.lognormvariate(0, 0.05) for _ in range(9)], baseline)
            assert found is not None
            found_it += verdict(found) == "more"
        self.assertGreaterEqual(found_it / 500, 0.8)


if __name__ == "__main__":
    unittest.main()
