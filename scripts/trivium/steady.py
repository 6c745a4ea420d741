# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Whether what was measured had settled: within the measured phase, and from round to round.

Within the phase, the load client's timeline tells how many operations ended in each stretch (open loop: how long they
took). One phase proves nothing, since whatever else the machine does can slow its second half; a drift counts where it
comes back round after round: where the interval of the rounds' drifts leaves out zero, and their median is too large to
ignore. From round to round, a trend counts where chance hardly makes one like it, and it is too large to ignore.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trivium.statistics import FEWEST_FOR_INTERVAL, median, summarize, theil_sen_slope, trend_chance

STRETCHES = 12
RATE_DRIFT = 0.05  # of the rate, over the measured phase
LATENCY_DRIFT = 0.30  # of the median latency, which moves more than a rate does
ROUND_DRIFT = 0.15  # of the headline, from the first round to the last
UNLIKELY = 0.01
_FEWEST_STRETCHES = 6
_SHORTEST = 0.02  # seconds: shorter stretches hold too little to count

Raw = dict[str, Any]


@dataclass(frozen=True)
class Steadiness:
    """`steady` is None where it could not be tested; `reasons` say why it is not steady, or not known."""

    steady: bool | None
    reasons: tuple[str, ...] = ()


def stretch_width(duration: float) -> float:
    """Returns how long a stretch of the timeline is to be, in seconds."""
    return max(_SHORTEST, duration / STRETCHES)


def drift(values: Sequence[float]) -> float | None:
    """Returns how far a straight line through the values moves from the first to the last, as a share of their median.

    The line is Theil and Sen's, which a few stalls do not tilt. None for too few values, or where the median is zero.
    """
    slope = theil_sen_slope(values) if len(values) >= _FEWEST_STRETCHES else None
    middle = median(values) if values else 0
    return slope * (len(values) - 1) / middle if slope is not None and middle > 0 else None


def phase_drift(load: Raw) -> float | None:
    """Returns the drift within one measured phase: of the rate; in an open loop, whose rate is set, of the latency."""
    timeline = load.get("timeline")
    if not timeline:
        return None
    # The last stretch is cut off by the end of the phase.
    whole = int(load["duration_s"] / timeline["width_s"] + 1e-6)
    if load.get("loop") == "open":
        return drift([value for value in timeline["p50_ns"][:whole] if value is not None])
    return drift([float(value) for value in timeline["completed"][:whole]])


def steadiness(loads: Sequence[Raw], headline: Sequence[float | None]) -> Steadiness:
    """Returns the judgement on a cell, from the load client's result of each good round and the headline's samples."""
    drifts = [found for load in loads if (found := phase_drift(load)) is not None]
    by_round = [sample for sample in headline if sample is not None]
    reasons = []
    if len(drifts) >= FEWEST_FOR_INTERVAL:
        found = summarize(drifts)
        latency = any(load.get("loop") == "open" for load in loads)
        limit, what = (LATENCY_DRIFT, "latency") if latency else (RATE_DRIFT, "rate")
        if abs(found.median) > limit and not found.low <= 0 <= found.high:
            reasons.append(f"not steady: within the measured phase the {what} moves by {found.median:+.0%}")
    if len(by_round) >= FEWEST_FOR_INTERVAL:
        moved = drift(by_round)
        if moved is not None and abs(moved) > ROUND_DRIFT and trend_chance(by_round) < UNLIKELY:
            reasons.append(f"not steady: from the first round to the last it moves by {moved:+.0%}")
    if reasons:
        return Steadiness(False, tuple(reasons))
    if len(drifts) < FEWEST_FOR_INTERVAL:
        return Steadiness(None, (f"steady state not tested: it takes {FEWEST_FOR_INTERVAL} rounds with a timeline",))
    return Steadiness(True)
