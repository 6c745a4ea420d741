# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What has changed between two comparisons beyond noise.

Two runs are not paired: minutes or months lie between them, and the machine's own speed may differ by more than any
contender. So what is compared is each contender's ratio to a reference of its own run, round by round, in which that
speed cancels out: a ratio of ratios. The reference is the floor, whose code is nobody's work in progress, where both
runs have it under the same parameters; else the run's baseline, with which every other moves if it changes itself.
What has neither is compared as it stands, which is said; memory too, since no speed is in it. The interval is of
unpaired samples (see two_samples). There are many figures, so a change is one that stands among all of them: among
the headlines, and apart from those among the others.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trivium.cells import Cell
from trivium.errors import WrongUsage
from trivium.figures import axis_of, axis_values, figure_of, is_micro, number, shown_metrics
from trivium.hazards import AnyScenario
from trivium.micro_results import is_baseline
from trivium.microbenchmarks import case_label
from trivium.palette import FLOOR
from trivium.ranking import baseline_of, cells_of, is_twin
from trivium.scenarios import Scenario
from trivium.two_samples import Ratio, beyond_chance, unpaired_ratio

AS_IT_STANDS = ("pss", "page_tables", "kernel_memory", "bytes_per_connection")
_RUN = ("profile", "warmup", "duration", "rounds_measured", "baseline", "server_cpus", "load_cpus", "cpu_source")
_NOT_TOLD = frozenset(("load_average", "reason"))


@dataclass(frozen=True)
class Change:
    """How one figure of one cell differs: `relative_to` is what it was divided by in its own run ("": nothing)."""

    scenario: str
    label: str
    metric: str
    title: str
    better: str
    relative_to: str
    ratio: Ratio
    stands: bool

    @property
    def worse(self) -> bool:
        """Says whether the new run has the worse figure."""
        return (self.ratio.median > 1) == (self.better != "higher")


@dataclass(frozen=True)
class Difference:
    """All that two runs differ in."""

    environment: list[tuple[str, str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    only_old: list[str] = field(default_factory=list)
    only_new: list[str] = field(default_factory=list)


def read_results(folder: Path) -> dict[str, Any]:
    """Returns the results in a comparison's folder; WrongUsage where there are none."""
    path = folder / "results.json" if folder.is_dir() else folder
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongUsage(f"--against takes the folder of a comparison with its results.json: {error}") from error
    if not isinstance(found, dict) or found.get("schema") != 1 or "cells" not in found:
        raise WrongUsage(f"--against: {path} does not hold results of schema 1")
    return found


def ladder(results: dict[str, Any], scenario: str) -> list[Any]:
    """Returns the rates at which a run asked, in ascending order: what a later one must ask at to be comparable."""
    rates = {cell["params"]["rate"] for cell in cells_of(results, scenario) if cell["params"].get("rate")}
    return sorted(rates)


def at_old_rates(scenarios: Sequence[AnyScenario], old: dict[str, Any]) -> list[AnyScenario]:
    """Returns the scenarios, those that the old run knows at the rates that it asked at."""
    found: list[AnyScenario] = []
    for scenario in scenarios:
        if isinstance(scenario, Scenario) and scenario.rate and (rates := ladder(old, scenario.name)):
            scenario = replace(scenario, rate=rates[0] if len(rates) == 1 else tuple(rates))
        found.append(scenario)
    return found


def _key(cell: Cell) -> str:
    params = {"loop": "closed"} | cell["params"] if "connections" in cell["params"] else cell["params"]
    return json.dumps([cell["scenario"], params, cell["entry"]], sort_keys=True)


def _label(cell: Cell, facts: dict[str, Any]) -> str:
    if is_micro(facts):
        return case_label(cell["params"], cell["entry"])
    axis = axis_of(facts)
    return f"{cell['entry']} at {axis} {cell['params'].get(axis):,}" if axis else cell["entry"]


def _flat(value: Any, name: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NOT_TOLD:
                yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, str(value)


def _environments(new: dict[str, Any], old: dict[str, Any]) -> list[tuple[str, str, str]]:
    told = []
    for results in (old, new):
        found = dict(_flat(results["environment"], ""))
        found |= {key: str(results["run"][key]) for key in _RUN if key in results["run"]}
        for name, facts in results["scenarios"].items():
            if axis_of(facts):
                values = axis_values(facts, cells_of(results, name))
                found[f"{name}: {facts['axis']}"] = " ".join(
                    f"{v:g}" if isinstance(v, float) else str(v) for v in values
                )
        told.append(found)
    before, after = told
    # What only one of them knows of is no difference: it may have been written by another version.
    return [(key, before[key], after[key]) for key in after if key in before and before[key] != after[key]]


def _samples(cell: Cell, metric: str, other: Cell | None) -> list[float]:
    """Returns the metric's samples, each divided by the other cell's of the same round where there is one."""
    own = cell["metrics"][metric]["samples"]
    if other is None:
        return [sample for sample in own if sample is not None]
    theirs = other["metrics"][metric]["samples"]
    return [a / b for a, b in zip(own, theirs, strict=False) if a is not None and b]


def _references(results: dict[str, Any], cell: Cell) -> list[str]:
    """Returns the entries that the cell's figures may be divided by, the best first."""
    if is_micro(results["scenarios"][cell["scenario"]]):
        known = cell.get("baseline")
        return [] if known is None or is_baseline(cell) else [known["entry"]]
    return [entry for entry in (FLOOR, baseline_of(results, cell["scenario"])) if entry != cell["entry"]]


def _beside(results: dict[str, Any], cell: Cell, entry: str) -> Cell | None:
    """Returns the cell of that entry under the same parameters (a microbenchmark's: under its baseline's)."""
    micro = is_micro(results["scenarios"][cell["scenario"]])
    params = cell["baseline"]["params"] if micro and cell.get("baseline") else cell["params"]
    for other in results["cells"]:
        if other["scenario"] == cell["scenario"] and other["entry"] == entry and other["params"] == params:
            return other if other["valid"] else None
    return None


def _metrics(facts: dict[str, Any], cell: Cell) -> list[str]:
    return [metric for metric in dict.fromkeys([*shown_metrics(facts, [cell]), "pss"]) if metric in cell["metrics"]]


def _common_reference(
    new: dict[str, Any], old: dict[str, Any], cell: Cell, was: Cell, metric: str
) -> tuple[str, list[Cell | None]]:
    """Returns the entry that both figures are divided by, and its cells in the new and the old run; "" for none."""
    for entry in [] if metric in AS_IT_STANDS else _references(new, cell):
        others = [_beside(run, own, entry) for run, own in ((new, cell), (old, was))]
        if all(other is not None and metric in other["metrics"] for other in others):
            return entry, others
    return "", [None, None]


def _compared(new: dict[str, Any], old: dict[str, Any], cell: Cell, was: Cell) -> list[tuple[str, str, Ratio]]:
    """Returns (metric, what it is relative to, ratio of new to old)."""
    facts, found = new["scenarios"][cell["scenario"]], []
    for metric in _metrics(facts, cell):
        if metric not in was["metrics"]:
            continue
        entry, others = _common_reference(new, old, cell, was, metric)
        ratio = unpaired_ratio(_samples(cell, metric, others[0]), _samples(was, metric, others[1]))
        if ratio is not None:
            found.append((metric, entry, ratio))
    return found


def _standing(cell: Cell) -> str:
    return "not measured" if not cell["valid"] else "not ranked" if not cell["ranked"] else "ranked"


def _without_hazards(results: dict[str, Any]) -> dict[str, Any]:
    """Returns the results without hazards: what these measure is what failed, which no ratio tells."""
    scenarios = {name: facts for name, facts in results["scenarios"].items() if facts.get("kind") != "hazard"}
    return results | {
        "scenarios": scenarios,
        "cells": [cell for cell in results["cells"] if cell["scenario"] in scenarios],
    }


def difference(new: dict[str, Any], old: dict[str, Any]) -> Difference:
    """Returns in what the new run differs from the old one, but for hazards."""
    new, old = _without_hazards(new), _without_hazards(old)
    known = {_key(cell): cell for cell in old["cells"] if cell["scenario"] in old["scenarios"]}
    found: list[tuple[Cell, str, str, Ratio]] = []
    status, only_new, matched = [], [], set()
    for cell in new["cells"]:
        key, facts = _key(cell), new["scenarios"][cell["scenario"]]
        name = f"{cell['scenario']}, {_label(cell, facts)}"
        if key not in known:
            only_new += [name] if cell["valid"] else []
            continue
        matched.add(key)
        was = known[key]
        if _standing(was) != _standing(cell):
            why = f" ({cell['notes'][0]})" if cell["notes"] and not cell["ranked"] else ""
            status.append(f"{name}: {_standing(was)}, now {_standing(cell)}{why}")
        if was["valid"] and cell["valid"] and not is_twin(cell):
            found += [(cell, *told) for told in _compared(new, old, cell, was)]
    stands, changes = _stand(found, new), []
    for (cell, metric, entry, ratio), stood in zip(found, stands, strict=True):
        facts = new["scenarios"][cell["scenario"]]
        figure = figure_of(facts, metric)
        label = _label(cell, facts)
        changes.append(
            Change(cell["scenario"], label, metric, figure.title, figure.better, entry, ratio, stood and _is_off(ratio))
        )
    only_old = [
        f"{cell['scenario']}, {_label(cell, old['scenarios'][cell['scenario']])}"
        for key, cell in known.items()
        if key not in matched and cell["valid"]
    ]
    return Difference(_environments(new, old), changes, status, only_old, only_new)


def _stand(found: Sequence[tuple[Cell, str, str, Ratio]], new: dict[str, Any]) -> list[bool]:
    """Returns which findings are beyond chance, headlines among headlines and others among others."""
    is_headline = [metric == new["scenarios"][cell["scenario"]]["headline"] for cell, metric, _, _ in found]
    stands = [False] * len(found)
    for kind in (True, False):
        indices = [index for index, headline in enumerate(is_headline) if headline == kind]
        for index, stood in zip(indices, beyond_chance([found[i][3].chance for i in indices]), strict=True):
            stands[index] = stood
    return stands


def _is_off(ratio: Ratio) -> bool:
    return ratio.low is not None and ratio.high is not None and not ratio.low <= 1 <= ratio.high


def _told(change: Change) -> str:
    by = f", relative to {change.relative_to}" if change.relative_to else ""
    if not change.relative_to and change.metric not in AS_IT_STANDS:
        by = ", as it stands: the machine's own speed is part of it"
    bounds = f"{number(change.ratio.low or 0)} to {number(change.ratio.high or 0)}"
    sense = "" if not change.better else " (worse)" if change.worse else " (better)"
    return (
        f"{change.scenario}, {change.label}: {change.title} {number(change.ratio.median)} times ({bounds}){sense}{by}"
    )


def _section(title: str, lines: Sequence[str], most: int = 40) -> list[str]:
    if not lines:
        return []
    more = [f"- and {len(lines) - most} more"] if len(lines) > most else []
    return ["", title, "", *(f"- {line}" for line in lines[:most]), *more]


def lines_of(found: Difference, old_name: str) -> list[str]:
    """Returns in words what has changed, the environment first."""
    lines = [f"Against {old_name}"]
    lines += _section(
        "The environment differs:", [f"{what}: {before}, now {after}" for what, before, after in found.environment]
    )
    if not found.environment:
        lines += ["", "The environment is the same."]
    standing = [change for change in found.changes if change.stands]
    standing.sort(key=lambda change: (not change.worse, change.ratio.chance, change.scenario, change.label))
    hints = [change for change in found.changes if not change.stands and _is_off(change.ratio)]
    untold = [change for change in found.changes if change.ratio.low is None]
    count = len(found.changes)
    if standing:
        lines += _section(f"Changed beyond noise ({len(standing)} of {count} figures):", [_told(c) for c in standing])
    elif count > len(untold):
        lines += ["", f"Nothing has changed beyond noise, in {count - len(untold)} figures."]
    if hints:
        told = f"{len(hints)} more have an interval that misses 1; among so many some do by chance:"
        lines += _section(told, [_told(change) for change in hints], 10)
    if untold:
        lines += ["", f"{len(untold)} figures have too few rounds for an interval."]
    lines += _section("Measured or ranked in one of the runs only:", found.status)
    lines += _section("Only in this run:", found.only_new, 10)
    lines += _section("Only in the old run:", found.only_old, 10)
    lines += ["", _method(found)]
    return lines


def _method(found: Difference) -> str:
    references = sorted({change.relative_to for change in found.changes if change.relative_to})
    divided = ""
    if references:
        divided = (
            " Where both runs have it, a figure was first divided by that of "
            f"{' or '.join(references)} in the same run and round: the machine's speed cancels out."
        )
    return (
        f"Each figure is the ratio of this run's to the old run's.{divided} Intervals: 95 %, unpaired "
        "(rank-sum, exact); a change stands where no more than 1 in 20 of those that stand is by chance. Hazards "
        "are not compared: they measure shares that are often none, of which there is no ratio; see the two matrices."
    )


def tell(results: dict[str, Any], old: dict[str, Any], old_name: str, output: Path) -> list[str]:
    """Writes against.md into the folder `output`, and returns what it says for the terminal."""
    lines = lines_of(difference(results, old), old_name)
    head, *rest = lines
    (output / "against.md").write_text("\n".join([f"# {head}", *rest, ""]), encoding="utf-8")
    return lines
