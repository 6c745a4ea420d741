# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How latencies are spread: the load client's histograms of all rounds added up, and read at any quantile."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

Raw = dict[str, Any]
NINES = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)


def merged(raws: Iterable[Raw]) -> list[tuple[int, int]]:
    """Returns the buckets (lowest value in ns, count) of all the measurements together, in ascending order."""
    total: Counter[int] = Counter()
    for raw in raws:
        for lowest, count in raw["load"]["histogram"]["buckets"]:
            total[lowest] += count
    return sorted(total.items())


def _middle(lowest: int) -> float:
    """Returns the middle of a bucket of the load client's: 128 of them an octave, from 256 on."""
    width = 1 << max(0, lowest.bit_length() - 8)
    return lowest + (width - 1) / 2


def quantiles(buckets: Sequence[tuple[int, int]], steps: int = 8) -> list[tuple[float, float]]:
    """Returns (quantile, ns) from the median on, `steps` to each nine, as far as there are samples beyond it."""
    count = sum(n for _, n in buckets)
    if not count:
        return []
    deepest = math.log10(count)
    wanted = [0.5, *(1 - 10 ** (-step / steps) for step in range(3, math.floor(deepest * steps) + 1))]
    found, below, index = [], 0, -1
    for quantile in sorted(set(wanted)):
        need = math.ceil(quantile * count - 1e-9)
        while below < need:
            index += 1
            below += buckets[index][1]
        found.append((quantile, _middle(buckets[max(index, 0)][0])))
    return found


def depth(quantile: float) -> float:
    """Returns where a quantile stands on an axis that gives each nine the same room: 0.99 at 2, 0.999 at 3."""
    return -math.log10(1 - quantile)


def quantile_text(at: float) -> str:
    """Returns how a place on that axis reads: 99.9 %."""
    return f"{100 * (1 - 10**-at):.6g} %"
