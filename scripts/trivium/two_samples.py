# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How much larger one sample is than another, not paired with it: a ratio, its interval, how likely mere chance is.

The ratio is the median of all ratios of one of these to one of those (Hodges and Lehmann's, of logarithms). Its
interval is the exact one that belongs to the rank-sum test of Wilcoxon, Mann and Whitney: whatever the distribution,
provided that it is the same on both sides but for a factor. So it holds with few rounds too, and nothing is drawn at
random: the same samples give the same interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """A ratio with its 95 % interval (None, None: too few samples), and the chance of such a difference by chance."""

    median: float
    low: float | None
    high: float | None
    chance: float


@lru_cache(maxsize=None)
def rank_sum_counts(m: int, n: int) -> tuple[int, ...]:
    """Returns in how many orders of m and n values each value of U comes about, from 0 to m * n."""
    # The Gaussian binomial coefficient as a polynomial: a product of (1 - x^(n + i)) / (1 - x^i).
    counts = [0] * (m * n + 1)
    counts[0] = 1
    for i in range(1, m + 1):
        for u in range(m * n, n + i - 1, -1):
            counts[u] -= counts[u - n - i]
        for u in range(i, m * n + 1):
            counts[u] += counts[u - i]
    return tuple(counts)


def chance_at_most(u: float, m: int, n: int) -> float:
    """Returns how likely U is u or less where both samples are of one distribution."""
    counts = rank_sum_counts(m, n)
    return sum(counts[: math.floor(u) + 1]) / math.comb(m + n, m) if u >= 0 else 0.0


def _rank(m: int, n: int, confidence: float) -> int:
    """Returns which of the ordered differences bounds the interval, from 1; 0 where there are too few."""
    rank = 0
    while rank < m * n // 2 and chance_at_most(rank, m, n) <= (1 - confidence) / 2:
        rank += 1
    return rank


def unpaired_ratio(new: Sequence[float], old: Sequence[float], confidence: float = CONFIDENCE) -> Ratio | None:
    """Returns by which factor the new samples are the old ones; None where one is empty or not all are positive."""
    if not new or not old or min(*new, *old) <= 0:
        return None
    steps = sorted(math.log(a / b) for a in new for b in old)
    count = len(steps)
    middle = (steps[(count - 1) // 2] + steps[count // 2]) / 2
    less, equal = sum(step < 0 for step in steps), sum(step == 0 for step in steps)
    # Ties count for whatever is nearer to no difference.
    nearest = min(max(less, min(less + equal, count / 2)), count - less)
    tail = min(nearest, count - nearest)
    chance = min(1.0, 2 * chance_at_most(tail, len(new), len(old)))
    rank = _rank(len(new), len(old), confidence)
    if rank == 0:
        return Ratio(math.exp(middle), None, None, chance)
    return Ratio(math.exp(middle), math.exp(steps[rank - 1]), math.exp(steps[count - rank]), chance)


def beyond_chance(chances: Sequence[float], share: float = 0.05) -> list[bool]:
    """Returns which of many findings stand, such that no more than that share of those that stand is by chance.

    Benjamini and Hochberg's step-up: one interval in twenty misses by chance, and there are dozens of them.
    """
    order = sorted(range(len(chances)), key=lambda index: chances[index])
    standing = 0
    for place, index in enumerate(order, start=1):
        if chances[index] <= share * place / len(chances):
            standing = place
    kept = set(order[:standing])
    return [index in kept for index in range(len(chances))]
