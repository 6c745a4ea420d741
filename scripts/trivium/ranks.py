# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Who stands before whom: places that are shared where nothing tells the contenders apart.

One is before another only where the interval of their ratio, paired by round, says so. A place is one more than the
number of those before it, so that places are shared, and skipped after a tie. "Not told apart" does not pass on: the
first may be before the third while neither differs from the second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trivium.statistics import paired_ratio, verdict

Samples = Sequence[float | None]


@dataclass(frozen=True)
class Standing:
    """A contender's place among those that are ranked; `alike` are the others that it cannot be told apart from."""

    place: int
    alike: tuple[str, ...]


def ahead(first: Samples, second: Samples, *, lower_is_better: bool) -> bool | None:
    """Says whether the first is better, and the ratio's interval proves it; None where nothing is proved."""
    ratio = paired_ratio(first, second)
    said = verdict(ratio) if ratio is not None else "no interval"
    if said in ("no interval", "no difference"):
        return None
    return (said == "less") is lower_is_better


def standings(by_entry: Mapping[str, Samples], *, lower_is_better: bool) -> dict[str, Standing]:
    """Returns the place of each entry, from its samples of the headline metric, one a round."""
    before = {
        (one, other): ahead(by_entry[one], by_entry[other], lower_is_better=lower_is_better)
        for one in by_entry
        for other in by_entry
        if one != other
    }
    return {
        entry: Standing(
            1 + sum(before[other, entry] is True for other in by_entry if other != entry),
            tuple(other for other in by_entry if other != entry and before[entry, other] is None),
        )
        for entry in by_entry
    }


def contradictions(one: Mapping[str, Samples], other: Mapping[str, Samples]) -> list[tuple[str, str]]:
    """Returns the pairs of entries that two comparisons both tell apart, but in opposite order."""
    found = []
    entries = [entry for entry in one if entry in other]
    for index, first in enumerate(entries):
        for second in entries[index + 1 :]:
            here = ahead(one[first], one[second], lower_is_better=True)
            there = ahead(other[first], other[second], lower_is_better=True)
            if here is not None and there is not None and here is not there:
                found.append((first, second))
    return found
