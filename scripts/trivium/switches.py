# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How often a server's threads were switched out: because they waited, or because they were made to."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Counts = dict[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Switches:
    """Context switches in a span of time."""

    voluntary: int
    involuntary: int


def read_switches(pids: Iterable[int]) -> Counts:
    """Returns (voluntary, involuntary) of every living thread, by process and thread."""
    counts: Counts = {}
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for task in tasks:
            try:
                lines = Path(f"/proc/{pid}/task/{task}/status").read_text(errors="replace").splitlines()
                voluntary, involuntary = (int(line.split()[1]) for line in lines if "ctxt_switches" in line)
            except (OSError, ValueError):
                continue
            counts[pid, int(task)] = (voluntary, involuntary)
    return counts


def switches_between(before: Counts, after: Counts) -> Switches | None:
    """Returns the difference, or None where threads came or went: theirs are lost, and a sum would be too small."""
    if not before or before.keys() != after.keys():
        return None
    return Switches(
        sum(after[key][0] - before[key][0] for key in before),
        sum(after[key][1] - before[key][1] for key in before),
    )
