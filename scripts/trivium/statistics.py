# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What the samples say: medians, intervals, and ratios paired by round.

Below ten rounds a percentile bootstrap of the median misses the truth far more often than it says. There the
interval is the exact one between two order statistics, which no distribution can break; from ten rounds on it is
the bootstrap's. The bootstrap of a median need not draw anything: the distribution of the resampled median is
known in closed form, so the same samples always give the same interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb, log

CONFIDENCE = 0.95
BOOTSTRAP_FROM = 10
FEWEST_FOR_INTERVAL = 6
OUTLIER_SCORE = 3.5


@dataclass(frozen=True)
class Summary:
    """A median and what surrounds it.

    `kind` is "exact" (order statistics, at least 95 %), "bootstrap" (95 %) or "range" (smallest and largest of
    too few samples: no interval at all).
    """

    median: float
    low: float
    high: float
    kind: str

    @property
    def has_interval(self) -> bool:
        """Says whether low and high bound the true median with at least 95 % confidence."""
        return self.kind != "range"


def median(samples: Sequence[float]) -> float:
    """Returns the middle of the samples, or the mean of the two in the middle. Requires: at least one."""
    ordered = sorted(samples)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def order_statistic_coverage(count: int, rank: int) -> float:
    """Returns how often the rank-th smallest and the rank-th largest of `count` samples hold the true median."""
    return 1 - 2 * sum(comb(count, k) for k in range(rank)) / 2**count


def order_statistic_rank(count: int, confidence: float = CONFIDENCE) -> int | None:
    """Returns the rank that gives the shortest such interval with the confidence, or None: too few samples."""
    ranks = [r for r in range(1, count // 2 + 1) if order_statistic_coverage(count, r) >= confidence]
    return max(ranks, default=None)


@lru_cache(maxsize=None)
def _resampled_median(count: int) -> tuple[tuple[int, int, float], ...]:
    """Returns (i, j, p): the median of a resample lies between the i-th and j-th order statistic with chance p."""
    half = count // 2
    if count % 2:
        # At most k of the ordered samples: the chance that more than half of the resample is among them.
        below = [
            sum(comb(count, t) * (k / count) ** t * (1 - k / count) ** (count - t) for t in range(half + 1, count + 1))
            for k in range(count + 1)
        ]
        return tuple((k, k, below[k + 1] - below[k]) for k in range(count))
    pairs = []
    for i in range(count):
        lower = ((i + 1) / count) ** half - (i / count) ** half
        for j in range(i + 1, count):
            upper = ((count - j) / count) ** half - ((count - j - 1) / count) ** half
            pairs.append((i, j, comb(count, half) * lower * upper))
        pairs.append((i, i, _both_middles_on(count, i)))
    return tuple(pairs)


def _both_middles_on(count: int, i: int) -> float:
    """Returns the chance that both middle values of an even resample are the i-th order statistic."""
    half = count // 2
    less, same, more = i / count, 1 / count, (count - i - 1) / count
    chance = 0.0
    for below in range(half):
        for above in range(half):
            equal = count - below - above
            chance += comb(count, below) * comb(count - below, above) * less**below * more**above * same**equal
    return chance


def bootstrap_interval(samples: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Returns the percentile bootstrap's interval of the median, without simulation."""
    ordered = sorted(samples)
    medians = sorted(((ordered[i] + ordered[j]) / 2, p) for i, j, p in _resampled_median(len(ordered)))
    tail = (1 - confidence) / 2
    reached, low, high = 0.0, medians[0][0], medians[-1][0]
    low_found = False
    for value, chance in medians:
        reached += chance
        if not low_found and reached >= tail:
            low, low_found = value, True
        if reached >= 1 - tail:
            high = value
            break
    return low, high


def summarize(samples: Sequence[float]) -> Summary:
    """Returns the median with the interval that this number of samples allows. Requires: at least one sample."""
    middle = median(samples)
    if len(samples) >= BOOTSTRAP_FROM:
        return Summary(middle, *bootstrap_interval(samples), "bootstrap")
    ordered = sorted(samples)
    rank = order_statistic_rank(len(ordered))
    if rank is None:
        return Summary(middle, ordered[0], ordered[-1], "range")
    return Summary(middle, ordered[rank - 1], ordered[-rank], "exact")


def paired_ratio(samples: Sequence[float | None], baseline: Sequence[float | None]) -> Summary | None:
    """Returns samples over baseline, paired by round; None where no round has both."""
    ratios = [a / b for a, b in zip(samples, baseline, strict=True) if a is not None and b]
    return summarize(ratios) if ratios else None


def verdict(ratio: Summary) -> str:
    """Returns "more", "less", "no difference" (the interval holds 1) or "no interval" (too few rounds)."""
    if not ratio.has_interval:
        return "no interval"
    if ratio.low <= 1 <= ratio.high:
        return "no difference"
    return "more" if ratio.low > 1 else "less"


def half_width(summary: Summary) -> float | None:
    """Returns half the interval's width as a share of the median, or None: there is no interval, or no scale."""
    if not summary.has_interval or not summary.median:
        return None
    return (summary.high - summary.low) / 2 / abs(summary.median)


def outliers(samples: Sequence[float | None]) -> list[int]:
    """Returns the places of the samples that lie far from all others; they are to be flagged, and kept.

    Far is a modified z-score beyond 3.5 (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993): the distance
    from the median, in median absolute deviations, which the outliers themselves hardly move. Where more than half of
    the samples are equal, that deviation is zero and the mean absolute one takes its place. Times and rates err by
    factors, so positive samples are judged by their logarithms. Fewer than six samples tell of no outlier.
    """
    present = [(place, sample) for place, sample in enumerate(samples) if sample is not None]
    if len(present) < FEWEST_FOR_INTERVAL:
        return []
    positive = all(sample > 0 for _, sample in present)
    values = [log(sample) if positive else sample for _, sample in present]
    middle = median(values)
    distances = [abs(value - middle) for value in values]
    # Both factors make the unit a standard deviation where the samples are normal.
    unit = median(distances) / 0.6745 or sum(distances) / len(distances) * 1.253314
    if not unit:
        return []
    return [place for (place, _), far in zip(present, distances, strict=True) if far / unit > OUTLIER_SCORE]


def least_squares_slope(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Returns the slope of the line that fits best, or None where fewer than two x differ."""
    if len(xs) != len(ys) or len(set(xs)) < 2:
        return None
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread


def theil_sen_slope(ys: Sequence[float]) -> float | None:
    """Returns the median slope between any two of the values, one step apart each; None for fewer than two."""
    slopes = [(ys[j] - ys[i]) / (j - i) for i in range(len(ys)) for j in range(i + 1, len(ys))]
    return median(slopes) if slopes else None


@lru_cache(maxsize=None)
def _orders_by_inversions(count: int) -> tuple[int, ...]:
    """Returns how many orders of `count` values have 0, 1, 2... pairs the wrong way round."""
    ways = [1]
    for size in range(2, count + 1):
        wider = [0] * (len(ways) + size - 1)
        for inversions, orders in enumerate(ways):
            for more in range(size):
                wider[inversions + more] += orders
        ways = wider
    return tuple(ways)


def trend_chance(ys: Sequence[float]) -> float:
    """Returns how likely values without a trend would show one as strong as this, up or down (Mann, Kendall).

    Exact for values that all differ; equal ones speak for no trend, which errs on the side of none.
    """
    pairs = [(ys[i], ys[j]) for i in range(len(ys)) for j in range(i + 1, len(ys))]
    score = abs(sum((later > earlier) - (later < earlier) for earlier, later in pairs))
    ways = _orders_by_inversions(len(ys))
    # Of n pairs, a score of s needs (n - s) / 2 at most the wrong way round.
    one_sided = sum(ways[: (len(pairs) - score) // 2 + 1]) / sum(ways)
    return min(1.0, 2 * one_sided)
