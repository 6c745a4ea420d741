# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What one more connection costs in memory: the slope over cells that differ in the number of connections alone."""

from collections.abc import Sequence
from typing import Any

from trivium.cells import Cell
from trivium.statistics import least_squares_slope, summarize

SLOPED = ("pss", "page_tables", "kernel_memory")  # of the first, results.json speaks as "slopes"
AXIS = "connections"
_UNIT = "bytes/connection"


def _by_round(cells: Sequence[Cell], metric: str) -> list[float | None]:
    """Returns a slope for each round that every one of the cells has a sample of."""
    numbers = [float(cell["params"][AXIS]) for cell in cells]
    rounds = zip(*(cell["metrics"][metric]["samples"] for cell in cells), strict=True)
    return [None if None in held else least_squares_slope(numbers, held) for held in rounds]


def slopes_of(scenario: str, cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Returns the slopes of each entry of the scenario: least squares in each round, their median and its interval."""
    found = []
    for entry in dict.fromkeys(cell["entry"] for cell in cells):
        own = [cell for cell in cells if cell["entry"] == entry and cell["valid"]]
        for metric in SLOPED:
            held = sorted((c for c in own if metric in c["metrics"]), key=lambda cell: cell["params"][AXIS])
            samples = _by_round(held, metric) if len(held) > 1 else []
            present = [sample for sample in samples if sample is not None]
            if not present:
                continue
            summary = summarize(present)
            found.append(
                {
                    "scenario": scenario,
                    "entry": entry,
                    "contender": held[0]["contender"],
                    "metric": metric,
                    "unit": _UNIT,
                    "median": summary.median,
                    "low": summary.low,
                    "high": summary.high,
                    "interval": summary.kind,
                    "samples": samples,
                    "over": [cell["params"][AXIS] for cell in held],
                }
            )
    return found
