# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Where a value stands on an axis, linear or logarithmic, and which ticks the axis has."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """Maps values from `low` to `high` onto pixels from `start` to `end`. `log`: equal ratios, equal distances."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Returns where the value stands, in pixels; what is outside stands at the edge."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Returns round values on the axis, `most` of them at most."""
        return _log_ticks(self.low, self.high, most) if self.log else _linear_ticks(self.low, self.high, most)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / max(1, most - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 2.5, 5, 10, 20, 50):
        step = factor * magnitude
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [index * step for index in range(first, last + 1)]
    return [low, high]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    decades = range(math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9) + 1)
    for factors in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**d for d in decades for f in factors if low * 0.999 <= f * 10.0**d <= high * 1.001]
        if len(found) <= most:
            break
    else:
        step = math.ceil(len(found) / most)
        found = found[::step]
    return found if len(found) >= 2 else _linear_ticks(low, high, most)


def linear(values: Sequence[float], start: float, end: float) -> Axis:
    """Returns an axis from 0 to beyond the largest value."""
    return Axis(0.0, max(*values, 0.0) * 1.06 or 1.0, start, end)


def logarithmic(values: Sequence[float], start: float, end: float, slack: float = 1.12) -> Axis:
    """Returns an axis around the positive values."""
    positive = [value for value in values if value > 0]
    low, high = (min(positive), max(positive)) if positive else (1.0, 10.0)
    if high / low < 2:
        low, high = low / 1.4, high * 1.4
    return Axis(low / slack, high * slack, start, end, log=True)


def fitting(values: Sequence[float], start: float, end: float, most: float = 12) -> Axis:
    """Returns a linear axis, or a logarithmic one where the largest value is many times the smallest."""
    positive = [value for value in values if value > 0]
    if positive and len(positive) == len(values) and max(positive) / min(positive) > most:
        return logarithmic(values, start, end)
    return linear(values, start, end)


def short(value: float) -> str:
    """Returns a tick's text: 0.5, 20, 1.5k, 10M."""
    size = abs(value)
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            return f"{value / limit:.4g}{suffix}"
    return f"{value:.4g}"


def spread_apart(wanted: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Returns places as near to the wanted ones as a distance between them allows, in the wanted ones' order.

    Where there is no room for all at that distance, they stand closer, all of them alike.
    """
    if not wanted:
        return []
    distance = min(distance, (high - low) / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    # Neighbours that would overlap form a block, which stands where its members want to be in the mean.
    blocks: list[tuple[list[int], float]] = []
    for index in order:
        members, middle = [index], wanted[index]
        while True:
            half = (len(members) - 1) * distance / 2
            middle = min(max(middle, low + half), high - half)
            if not blocks:
                break
            others, theirs = blocks[-1]
            if theirs + (len(others) - 1) * distance / 2 + distance <= middle - half + 1e-9:
                break
            blocks.pop()
            members = others + members
            middle = sum(wanted[i] for i in members) / len(members)
        blocks.append((members, middle))
    places = [0.0] * len(wanted)
    for members, middle in blocks:
        first = middle - (len(members) - 1) * distance / 2
        for step, index in enumerate(members):
            places[index] = first + step * distance
    return places


def tick_texts(axis: Axis, show: Callable[[float], str] = short, most: int = 5) -> list[tuple[float, str]]:
    """Returns where each tick stands, and its text."""
    return [(axis.at(value), show(value)) for value in axis.ticks(most)]
