# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The statistics against answers that others published, or that can be counted by hand; each says where from."""

import itertools
import unittest

from trivium.statistics import (
    Summary,
    half_width,
    least_squares_slope,
    order_statistic_coverage,
    order_statistic_rank,
    outliers,
    theil_sen_slope,
    trend_chance,
)

# NIST, Statistical Reference Datasets, linear regression, "Norris": 36 observations, certified slope 1.00211681802045.
NORRIS_Y = (
    "0.1 338.8 118.1 888.0 9.2 228.1 668.5 998.5 449.1 778.9 559.2 0.3 0.1 778.1 668.8 339.3 448.9 10.8 "
    "557.7 228.3 998.0 888.8 119.6 0.3 0.6 557.6 339.3 888.0 998.5 778.9 10.2 117.6 228.9 668.4 449.2 0.2"
)
NORRIS_X = (
    "0.2 337.4 118.2 884.6 10.1 226.5 666.3 996.3 448.6 777.0 558.2 0.4 0.6 775.5 666.9 338.0 447.5 11.6 "
    "556.0 228.1 995.8 887.6 120.2 0.3 0.3 556.8 339.1 887.2 999.0 779.0 11.1 118.3 229.2 669.1 448.9 0.5"
)
# The chances that a sample of n has a score of S or more by luck: Kendall, Rank Correlation Methods, table 1; as
# printed, to two or three digits. (The same table stands in Hollander and Wolfe, and in Gilbert, 1987, as A18.)
KENDALL = {
    (4, 4): 0.167,
    (4, 6): 0.042,
    (5, 6): 0.117,
    (5, 8): 0.042,
    (5, 10): 0.0083,
    (6, 11): 0.028,
    (6, 13): 0.0083,
    (7, 13): 0.035,
    (7, 15): 0.015,
    (10, 21): 0.036,
    (10, 23): 0.023,
    (10, 25): 0.014,
    (10, 27): 0.0083,
}
# Coverage of the interval from the r-th smallest to the r-th largest of n: from the binomial distribution with p = 1/2,
# as books tabulate it (David and Nagaraja, Order Statistics; Conover, Practical Nonparametric Statistics).
ORDER = {(6, 1): 0.9688, (8, 1): 0.9922, (9, 2): 0.9609, (10, 2): 0.9785, (12, 3): 0.9614, (15, 4): 0.9648}
ORDER |= {(20, 6): 0.9586, (25, 8): 0.9567, (30, 10): 0.9572}


def _with_score(count: int, score: int) -> list[int]:
    """Returns values of that many pairs in order less pairs in disorder: each step of 1 down takes 2 from the score."""
    values, left = list(range(count)), (count * (count - 1) // 2 - score) // 2
    for end in range(count - 1, 0, -1):
        for place in range(end):
            if left == 0:
                return values
            values[place], values[place + 1] = values[place + 1], values[place]
            left -= 1
    return values


class Published(unittest.TestCase):
    def test_slope_of_least_squares(self) -> None:
        xs, ys = ([float(part) for part in text.split()] for text in (NORRIS_X, NORRIS_Y))
        found = least_squares_slope(xs, ys)
        assert found is not None
        self.assertEqual(len(xs), 36)
        self.assertAlmostEqual(found, 1.00211681802045, places=12)

    def test_chance_of_a_trend(self) -> None:
        for (count, score), chance in KENDALL.items():
            found = trend_chance(_with_score(count, score)) / 2
            self.assertAlmostEqual(found, chance, delta=0.0006, msg=f"{count} values, score {score}")

    def test_coverage_of_order_statistics(self) -> None:
        for (count, rank), coverage in ORDER.items():
            self.assertAlmostEqual(order_statistic_coverage(count, rank), coverage, places=4)
            self.assertEqual(order_statistic_rank(count), rank)

    def test_outliers_that_hide_behind_each_other(self) -> None:
        # The example of Iglewicz and Hoaglin, 1993: each hides the other from a z-score, in the standard deviation.
        samples = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
        self.assertEqual(outliers(samples), [8, 9])


class ByHand(unittest.TestCase):
    def test_chance_of_a_trend_is_what_counting_all_orders_gives(self) -> None:
        for count in (3, 4, 5, 6):
            orders = list(itertools.permutations(range(count)))

            def score(order: tuple[int, ...]) -> int:
                pairs = itertools.combinations(order, 2)
                return abs(sum(1 if later > earlier else -1 for earlier, later in pairs))

            for order in orders[:: max(1, len(orders) // 40)]:
                # Zero counts on both sides of the two-sided chance, which is 1 at most.
                as_strong = sum(score(other) >= score(order) for other in orders) / len(orders)
                self.assertAlmostEqual(trend_chance(order), as_strong if score(order) else 1.0)

    def test_equal_values_are_no_trend(self) -> None:
        self.assertEqual(trend_chance([1, 1, 1, 1, 1, 1]), 1.0)

    def test_slope_of_the_median_pair(self) -> None:
        # One value is off: it is in 8 of the 36 pairs, and the other 28 have slope 1.
        self.assertEqual(theil_sen_slope([0, 1, 2, 3, 100, 5, 6, 7, 8]), 1)
        self.assertEqual(theil_sen_slope([3, 5]), 2)
        self.assertIsNone(theil_sen_slope([3]))

    def test_slope_needs_two_places(self) -> None:
        self.assertEqual(least_squares_slope([0, 1, 2], [1, 3, 5]), 2)
        self.assertIsNone(least_squares_slope([1, 1], [2, 3]))
        self.assertIsNone(least_squares_slope([], []))

    def test_outliers_are_told_by_their_place_and_none_is_made_up(self) -> None:
        self.assertEqual(outliers([10, 11, 10, 12, 11, 10, 60]), [6])
        self.assertEqual(outliers([10, None, 11, 10, 60, 12, 11, 10]), [4])
        self.assertEqual(outliers([10, 11, 10, 12, 11, 10, 12]), [])
        self.assertEqual(outliers([5.0] * 8), [])
        self.assertEqual(outliers([1, 1, 90]), [])  # too few to tell who is the odd one

    def test_one_odd_one_among_equals_is_an_outlier(self) -> None:
        # The median deviation is zero; the mean one is 5 / 20, so that the odd one is 20 / 1.253 of them away.
        self.assertEqual(outliers([5.0] * 19 + [10.0]), [19])

    def test_half_width_is_a_share_of_the_median(self) -> None:
        self.assertAlmostEqual(half_width(Summary(2.0, 1.9, 2.1, "exact")) or 0, 0.05)
        self.assertIsNone(half_width(Summary(2.0, 1.9, 2.1, "range")))


if __name__ == "__main__":
    unittest.main()
