# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What to pick for which need: who leads, who cannot be told apart from the leader, who is behind by how much, and why.

All of it comes from the results, and each claim has its interval: ratios of the same round, leader against each other.
Floors, A/A twins, other dialects and what is not ranked lead nothing. Where the A/A pair differs from itself, no
difference of that size is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trivium.causes import why
from trivium.cells import Cell, ratio_of
from trivium.figures import axis_of, axis_text, axis_value, figure_of, is_micro, least, number, where_text
from trivium.hazard_verdict import HAZARDS, hazard_sentences
from trivium.hazard_words import plain_scenarios
from trivium.micro_table import case_name
from trivium.microbenchmarks import read_parts
from trivium.palette import model_of
from trivium.ranking import baseline_of, cells_of, is_foreign, is_twin, marks, ordered, telling_value
from trivium.statistics import FEWEST_FOR_INTERVAL, Summary, paired_ratio

NEEDS = {
    "churn": "Many short connections",
    "lines": "Long-lived connections, a line at a time",
    "pipeline": "Many lines in flight on each connection",
    "bulk": "Large lines",
    "latency": "Low tail latency under a given load",
    "first-byte": "A quick first byte",
    "scale": "Thousands of active connections",
    "idle": "Many idle connections",
    "wait": "Waiting for something slow",
    "compute": "Heavy computation",
    "mixed": "Heavy lines among light ones",
    "split": "Reading and writing apart",
    "fetch": "Fetching many URLs",
    "spawn": "Starting a unit",
    "channel": "Passing messages",
    "shared-state": "Sharing state",
}
BAD_DAY = "A bad day"


@dataclass(frozen=True)
class Behind:
    """Who is behind the leader: how many times as much, from, to, and the cause."""

    entry: str
    times: Summary
    cause: str


@dataclass(frozen=True)
class Finding:
    """What the measurements say about one need."""

    need: str
    scenario: str
    where: str
    criterion: str
    leader: str | None
    figure: str
    alike: list[tuple[str, Summary]] = field(default_factory=list)
    behind: list[Behind] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)
    reason: str = ""  # why there is no leader
    better: str = "lower"
    said: list[str] = field(default_factory=list)  # in place of all else, where the need is no contest


def _bound(value: float) -> str:
    """Returns a ratio; near 1 with a digit more, so that 1.003 does not read as 1.00."""
    return f"{value:.3f}" if 0 < abs(value - 1) < 0.005 else number(value)


def times_text(times: Summary) -> str:
    """Returns a ratio with its interval: "1.34 times (1.26 to 1.69)"."""
    return f"{number(times.median)} times ({bounds_text(times)})"


def _times_that(times: Summary, better: str) -> str:
    """Returns how much worse than the leader: "1.34 times that (1.26 to 1.69)"."""
    factor, bounds = number(times.median), bounds_text(times)
    return f"less, by a factor of {factor} ({bounds})" if better == "higher" else f"{factor} times that ({bounds})"


def bounds_text(times: Summary) -> str:
    """Returns an interval: "0.90 to 1.15"."""
    return f"{_bound(times.low)} to {_bound(times.high)}"


def times_of(leader: dict[str, Any], other: dict[str, Any], better: str) -> Summary | None:
    """Returns how many times worse the other metric is, paired by round; None where no round has both."""
    pair = (leader, other) if better == "higher" else (other, leader)
    return paired_ratio(pair[0]["samples"], pair[1]["samples"])


def _margin(cells: Sequence[Cell], metric: str) -> float:
    """Returns by which factor the A/A pair differs from itself, where its interval misses 1; else 1."""
    for cell in cells:
        if is_twin(cell):
            ratio = ratio_of(cell, metric)
            if ratio and ratio["verdict"] in ("more", "less") and ratio["median"] > 0:
                return max(ratio["median"], 1 / ratio["median"])
    return 1.0


def _candidates(baseline: str, cells: Sequence[Cell], metric: str) -> list[Cell]:
    return [
        cell
        for cell in cells
        if cell["ranked"]
        and metric in cell["metrics"]
        and not is_twin(cell)
        and not is_foreign(cell, baseline)
        and model_of(cell["entry"]) != "floor"
        and not (cell["load_limited"] and metric not in ("cpu_per_op", "pss"))
    ]


def _judge(
    facts: dict[str, Any], ranked: Sequence[Cell], metric: str, better: str, margin: float
) -> tuple[list[tuple[str, Summary]], list[Behind]]:
    """Returns who cannot be told apart from the first of the ranked, and who is behind."""
    leader, alike, behind = ranked[0], [], []
    for cell in ranked[1:]:
        times = times_of(leader["metrics"][metric], cell["metrics"][metric], better)
        if times is None or not times.has_interval:
            continue
        if times.low > margin:
            behind.append(Behind(cell["entry"], times, why(facts, cell, leader)))
        else:
            alike.append((cell["entry"], times))
    behind.sort(key=lambda item: (item.times.median, item.entry))
    return alike, behind


def _told(facts: dict[str, Any], metric: str, found: dict[str, Any]) -> str:
    figure = figure_of(facts, metric)
    bounds = (
        "" if found.get("interval") == "range" else f" ({figure.text(found['low'])} to {figure.text(found['high'])})"
    )
    return f"{figure.told(found['median'])}{bounds}"


def _caveats(cells: Sequence[Cell], leader: Cell, margin: float) -> list[str]:
    said = []
    if margin > 1:
        said.append(f"The A/A pair differs from itself by {margin:.3f} here: no smaller difference is claimed.")
    if marks(leader):
        said.append(f"{leader['entry']} is {' and '.join(marks(leader))} here.")
    if limited := [cell["entry"] for cell in cells if cell["load_limited"] and cell["entry"] != leader["entry"]]:
        said.append(f"The load client limited {len(limited)} of the others.")
    return said


def _finding(results: dict[str, Any], name: str, need: str, metric: str) -> Finding | None:
    """Returns what a scenario of servers or fetch clients says by that metric, or None where it has none of it."""
    facts = results["scenarios"][name]
    everywhere = cells_of(results, name)
    value = telling_value(facts, [cell for cell in everywhere if metric in cell["metrics"] or not cell["valid"]])
    cells = [cell for cell in everywhere if axis_value(facts, cell) == value]
    if not any(metric in cell["metrics"] for cell in cells):
        return None
    where = where_text(facts, cells[0])
    criterion = least(facts, metric)
    candidates = _candidates(baseline_of(results, name), cells, metric)
    facts_by = facts | {"headline": metric, "better": figure_of(facts, metric).better}
    ranked = ordered(facts_by, candidates, baseline_of(results, name))
    if len(ranked) < 2:
        only = f"{ranked[0]['entry']} alone" if ranked else "nobody"
        return Finding(need, name, where, criterion, None, "", reason=f"{only} was measured without fault")
    if sum(sample is not None for sample in ranked[0]["metrics"][metric]["samples"]) < FEWEST_FOR_INTERVAL:
        reason = f"fewer than {FEWEST_FOR_INTERVAL} rounds give no interval, so nothing is claimed"
        return Finding(need, name, where, criterion, None, "", reason=reason)
    margin = _margin(cells, metric)
    alike, behind = _judge(facts, ranked, metric, figure_of(facts, metric).better, margin)
    told = _told(facts, metric, ranked[0]["metrics"][metric])
    leader = ranked[0]["entry"]
    caveats, better = _caveats(cells, ranked[0], margin), figure_of(facts, metric).better
    return Finding(need, name, where, criterion, leader, told, alike, behind, caveats, better=better)


def _split_finding(results: dict[str, Any], name: str) -> Finding | None:
    """Returns what each split contender pays, where such were measured beside the same without."""
    facts = results["scenarios"][name]
    figure = figure_of(facts, "cpu_per_op")
    costs = []
    for cell in cells_of(results, name):
        ratio = ratio_of(cell, "cpu_per_op", cell.get("unsplit") or "") if cell["ranked"] else None
        if ratio and ratio["low"] is not None and not is_twin(cell):
            costs.append((ratio["median"], cell["entry"], ratio))
    if not costs:
        return None
    said = []
    for _, entry, ratio in sorted(costs, key=lambda item: item[:2]):
        times = Summary(ratio["median"], ratio["low"], ratio["high"], ratio["interval"])
        same = ratio["verdict"] == "no difference"
        told = f"no difference is to be seen ({bounds_text(times)})" if same else times_text(times)
        said.append(f"{entry}: {told}.")
    said.insert(0, f"The {figure.title} of each, to that of the same contender with one unit for both:")
    return Finding(NEEDS["split"], name, "", "", None, "", said=said)


def _slope_finding(results: dict[str, Any], name: str) -> Finding | None:
    """Returns who takes the least memory for each connection."""
    facts = results["scenarios"][name]
    bad = {cell["entry"] for cell in cells_of(results, name) if cell["valid"] and not cell["ranked"]}
    slopes = [
        slope
        for slope in results.get("slopes", ())
        if slope["scenario"] == name
        and slope["entry"] not in bad
        and model_of(slope["entry"]) in ("process", "thread", "task")
        and not slope["entry"].endswith("#2")
    ]
    if len(slopes) < 2:
        return None
    slopes.sort(key=lambda slope: (slope["median"], slope["entry"]))
    leader, alike, behind = slopes[0], [], []
    for slope in slopes[1:]:
        times = times_of(leader, slope, "lower")
        if times is None or not times.has_interval:
            return None
        if times.low > 1:
            behind.append(Behind(slope["entry"], times, ""))
        else:
            alike.append((slope["entry"], times))
    over = leader["over"]
    where = f"over {axis_text(over[0])} to {axis_text(over[-1])} connections"
    criterion = least(facts, "bytes_per_connection")
    told = _told(facts, "bytes_per_connection", leader)
    return Finding(NEEDS["idle"], name, where, criterion, leader["entry"], told, alike, behind)


def _micro_finding(results: dict[str, Any], name: str) -> Finding | None:
    """Returns which entry is the cheapest under a microbenchmark's first parameters."""
    facts = results["scenarios"][name]
    metric = facts["headline"]
    fixed, _ = read_parts(facts["microbenchmark"]["baseline"])
    cells = [c for c in cells_of(results, name) if c["ranked"] and not is_twin(c) and metric in c["metrics"]]
    if not cells:
        return None
    first = {key: value for key, value in cells[0]["params"].items() if key not in fixed}
    here = [cell for cell in cells if all(cell["params"].get(key) == value for key, value in first.items())]
    # What rows tell beside the entry (as how long it spins before it sleeps) is part of who it is.
    named = [cell | {"entry": case_name(cell, fixed)} for cell in here]
    ranked = sorted(named, key=lambda cell: (cell["metrics"][metric]["median"], cell["entry"]))
    if len(ranked) < 2 or ranked[0]["metrics"][metric]["interval"] == "range":
        return None
    alike, behind = _judge(facts, ranked, metric, "lower", 1.0)
    where = "with " + ", ".join(f"{key} {value}" for key, value in first.items()) if first else ""
    told = _told(facts, metric, ranked[0]["metrics"][metric])
    return Finding(
        NEEDS.get(name, facts["question"]), name, where, least(facts, metric), ranked[0]["entry"], told, alike, behind
    )


def findings(results: dict[str, Any]) -> list[Finding]:
    """Returns what there is to say, need by need: first of hazards, then in the order of the scenarios."""
    found: list[Finding | None] = []
    if risks := hazard_sentences(results):
        found.append(Finding(BAD_DAY, HAZARDS, "", "", None, "", said=risks))
    for name in plain_scenarios(results):
        facts = results["scenarios"][name]
        if is_micro(facts):
            found.append(_micro_finding(results, name))
            continue
        if split := _split_finding(results, name):
            found.append(split)
            continue
        slope = _slope_finding(results, name)
        found.append(slope)
        if slope is None or axis_of(facts) != "connections" or name != "idle":
            found.append(_finding(results, name, NEEDS.get(name, facts["question"]), facts["headline"]))
    memory = next((name for name in ("scale", "lines", "churn") if name in results["scenarios"]), None)
    if memory and not any(finding and finding.scenario == "idle" for finding in found):
        found.append(_finding(results, memory, "Little memory", "pss"))
    return [finding for finding in found if finding is not None]


def telling(behind: Sequence[Behind], leader: str) -> list[Behind]:
    """Returns who of those behind tells most: the best of each model that is not the leader's, and the last of all."""
    found: dict[str, Behind] = {}
    for item in behind:
        if model_of(item.entry) != model_of(leader):
            found.setdefault(model_of(item.entry), item)
    kept = list(found.values())
    if behind and behind[-1] not in kept:
        kept.append(behind[-1])
    return sorted(kept, key=lambda item: (item.times.median, item.entry))


def sentences(finding: Finding) -> list[str]:
    """Returns the finding in plain words: who leads, who is like it, who is behind and why."""
    if finding.said:
        return finding.said
    where = f", {finding.where}" if finding.where else ""
    if finding.leader is None:
        return [f"No claim about {finding.criterion}{where}: {finding.reason}."]
    if not finding.behind:
        said = [f"No difference is to be seen in {finding.criterion}{where}: choose by another need."]
    else:
        said = [f"{finding.leader} has {finding.criterion}{where}: {finding.figure}."]
    if finding.alike and finding.behind:
        names = ", ".join(f"{entry} ({bounds_text(times)})" for entry, times in finding.alike)
        said.append(f"Not to be told apart from it: {names}.")
    for item in telling(finding.behind, finding.leader):
        cause = f". {item.cause[:1].upper()}{item.cause[1:]}" if item.cause else ""
        said.append(f"{item.entry}: {_times_that(item.times, finding.better)}{cause}.")
    return said + finding.caveats
