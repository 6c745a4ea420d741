# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Why one contender costs more than another: what of the CPU time it is, and which counters grew with it."""

from typing import Any

from trivium.cells import Cell
from trivium.figures import figure_of, number

COUNTERS = (
    "syscalls_per_op",
    "voluntary_switches_per_op",
    "involuntary_switches_per_op",
    "minor_faults_per_op",
    "major_faults_per_op",
    "migrations_per_op",
)
ATTRIBUTION = (
    "user_cpu_per_op",
    "system_cpu_per_op",
    *COUNTERS,
    "instructions_per_op",
    "server_cpu_share",
    "client_cpu_share",
    "null_headroom",
)
_LEAST_MORE = 0.05  # of a counter for one operation: less explains nothing
_TIMES_MORE = 1.3
_MOST = 3


def mean_of(metric: dict[str, Any]) -> float:
    """Returns the mean: user and system time come in ticks so coarse that a median of them would mislead."""
    samples = [sample for sample in metric["samples"] if sample is not None]
    return sum(samples) / len(samples)


def _mean(cell: Cell, name: str) -> float | None:
    return mean_of(cell["metrics"][name]) if name in cell["metrics"] else None


def _counter(facts: dict[str, Any], cell: Cell, other: Cell, name: str) -> tuple[float, str] | None:
    own, theirs = _mean(cell, name), _mean(other, name)
    if own is None or theirs is None or own - theirs < _LEAST_MORE or own < _TIMES_MORE * theirs:
        return None
    said = f"{number(own)} {figure_of(facts, name).title} against {number(theirs)}"
    if name == "syscalls_per_op" and (grown := _syscalls(cell, other)):
        said += f" ({grown})"
    return own / max(theirs, _LEAST_MORE), said


def _syscalls(cell: Cell, other: Cell) -> str:
    """Returns the calls that one makes and the other does not, or far less often."""
    own, theirs = ((c.get("attribution") or {}).get("syscalls") or {} for c in (cell, other))
    more = sorted(((own[name] - theirs.get(name, 0.0), name) for name in own), key=lambda item: (-item[0], item[1]))
    return ", ".join(f"{name} +{number(by)}" for by, name in more[:2] if by >= 0.2)


def _cpu(facts: dict[str, Any], cell: Cell, other: Cell) -> str:
    parts = []
    for name in ("user_cpu_per_op", "system_cpu_per_op"):
        own, theirs = _mean(cell, name), _mean(other, name)
        if own is None or theirs is None:
            return ""
        parts.append((own - theirs, own, theirs, "user" if name.startswith("user") else "system"))
    total = sum(by for by, *_ in parts)
    if total <= 0 or total < 0.03 * sum(theirs for _, _, theirs, _ in parts):
        return ""
    told = [f"{number(by)} us {kind}" for by, _, _, kind in sorted(parts, reverse=True) if by > 0.05 * total]
    return f"{' and '.join(told)} CPU more for each {facts['operation']}"


def why(facts: dict[str, Any], cell: Cell, other: Cell) -> str:
    """Returns in words what the cell does more of than the other, for one operation; "" where nothing is known."""
    grown = [found for name in COUNTERS if (found := _counter(facts, cell, other, name))]
    grown.sort(key=lambda item: -item[0])
    parts = [_cpu(facts, cell, other), *(said for _, said in grown[:_MOST])]
    return "; ".join(part for part in parts if part)
