# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What every cell of the results is made of: metrics with their spread, ratios to a baseline, and disturbances."""

from collections.abc import Sequence
from typing import Any

from trivium.plan import Entry
from trivium.statistics import Summary, paired_ratio, summarize, verdict

STOLEN = 0.05
ELSEWHERE = 0.15

Cell = dict[str, Any]
Raw = dict[str, Any]


def _summary_json(summary: Summary) -> dict[str, Any]:
    return {"median": summary.median, "low": summary.low, "high": summary.high, "interval": summary.kind}


def empty_cell(scenario: str, params: dict[str, Any], entry: Entry, capacity: int | None) -> Cell:
    """Returns a cell in which nothing was measured; `capacity` is how many connections it holds at once, or None."""
    contender = entry.contender
    return {
        "scenario": scenario,
        "params": params,
        "entry": entry.name,
        "contender": contender.name,
        "unsplit": contender.unsplit,
        "dialect": contender.dialect,
        "capacity": capacity,
        "valid": False,
        "ranked": False,
        "rank": None,
        "alike": [],
        "load_limited": False,
        "steady": None,
        "outliers": [],
        "nonconforming": False,
        "disturbances": {},
        "notes": [],
        "metrics": {},
        "unmeasured": {},
        "attribution": None,
        "ratios": [],
    }


def in_rounds(raws: Sequence[Raw], rounds: int) -> list[Raw | None]:
    """Returns what was measured in each of so many rounds, None where that failed or there is none."""
    found: list[Raw | None] = [None] * rounds
    for raw in raws:
        if raw["error"] is None:
            found[raw["round"] - 1] = raw
    return found


def metrics_of(samples: dict[str, tuple[str, Sequence[float | None]]]) -> dict[str, Any]:
    """Returns the metrics by name, from unit and samples, one a round; those without any sample are left out."""
    found = {}
    for name, (unit, by_round) in samples.items():
        present = [sample for sample in by_round if sample is not None]
        if present:
            found[name] = {"unit": unit, **_summary_json(summarize(present)), "samples": list(by_round)}
    return found


def ratio_of(cell: Cell, metric: str, baseline: str | None = None) -> dict[str, Any] | None:
    """Returns the cell's ratio of that metric to that baseline (to its first one where None), or None."""
    of_metric = (ratio for ratio in cell["ratios"] if ratio["metric"] == metric)
    return next((ratio for ratio in of_metric if baseline in (None, ratio["baseline"])), None)


def ratio_to(
    samples: Sequence[float | None], baseline: Sequence[float | None], name: str
) -> dict[str, Any] | None:
    """Returns the ratio of the samples to those of the baseline of that name, paired by round, or None."""
    ratio = paired_ratio(samples, baseline)
    if ratio is None:
        return None
    bounds = {"low": ratio.low, "high": ratio.high} if ratio.has_interval else {"low": None, "high": None}
    return {
        "baseline": name,
        "median": ratio.median,
        **bounds,
        "interval": ratio.kind if ratio.has_interval else "none",
        "verdict": verdict(ratio),
    }


def ratios_of(cell: Cell, baseline: Cell, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the cell's ratios to the baseline, paired by round, of those metrics that both have.

    Across dialects the work differs: such a ratio is shown, and nobody is ranked by it.
    """
    found = []
    for metric in metrics:
        if metric not in cell["metrics"] or metric not in baseline["metrics"]:
            continue
        samples, others = (each["metrics"][metric]["samples"] for each in (cell, baseline))
        if ratio := ratio_to(samples, others, baseline["entry"]):
            found.append({"metric": metric, **ratio, "cross_dialect": cell["dialect"] != baseline["dialect"]})
    return found


def add_headroom(cell: Cell, null: Cell) -> None:
    """Adds how many times the cell's rate a server can reach that does next to nothing, in the same scenario."""
    if "ops_per_s" not in cell["metrics"] or "ops_per_s" not in null["metrics"]:
        return
    pairs = zip(null["metrics"]["ops_per_s"]["samples"], cell["metrics"]["ops_per_s"]["samples"], strict=True)
    samples = [fastest / own if fastest is not None and own else None for fastest, own in pairs]
    cell["metrics"] |= metrics_of({"null_headroom": ("1", samples)})


def crowding(raw: Raw, ours: float, *, late: bool = False) -> str | None:
    """Returns who else used the CPUs while it was watched, or None where that was little; `ours` in CPU seconds."""
    if raw["stolen_seconds"] / raw["watched_seconds"] > STOLEN:
        return f"the hypervisor gave more than {STOLEN:.0%} of a CPU to others"
    if late:
        return "the counters were read late, for want of a CPU"
    if (raw["machine_busy_seconds"] - ours) / raw["watched_seconds"] > ELSEWHERE:
        return f"other programs used more than {ELSEWHERE:.0%} of a CPU"
    return None
