# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Makes a microbenchmark's cells from its raw measurements, in the form of all other cells of results.json."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from trivium.cells import Cell, crowding, in_rounds, metrics_of, ratios_of
from trivium.microbenchmarks import Case, Raw, baseline_of, case_label
from trivium.scenarios import Microbenchmark
from trivium.statistics import outliers
from trivium.steady import steadiness

_NOT_MEASURED = "not measured: the comparison ended before"
RATIO_METRICS = ("time_per_op", "cpu_per_op")

# What the library itself says of a run; every other number is a counter of the program's own.
_LIBRARY = frozenset(
    (
        "family_index",
        "per_family_instance_index",
        "repetitions",
        "repetition_index",
        "threads",
        "iterations",
        "real_time",
        "cpu_time",
        "items_per_second",
        "bytes_per_second",
    )
)
_TO_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
# The counters with names that all programs share; what they count is for one operation.
_COUNTERS = {
    "cpu_ns": ("cpu_per_op", "ns"),
    "voluntary_switches": ("voluntary_switches_per_op", "1"),
    "involuntary_switches": ("involuntary_switches_per_op", "1"),
}


def operations_per_iteration(run: Raw) -> float:
    """Returns how many operations an iteration stands for: what the program told as its items, else 1."""
    if "items_per_second" not in run:
        return 1.0
    # The library divides the items by real time only where the benchmark was registered so, and its name says that.
    by_real_time = run["name"].endswith(("/real_time", "/manual_time"))
    seconds = run["real_time" if by_real_time else "cpu_time"] * _TO_NS[run["time_unit"]] / 1e9
    return run["items_per_second"] * seconds


def figures(run: Raw) -> dict[str, tuple[str, float]]:
    """Returns what a run says of one operation: metric to unit and value."""
    operations, unit = operations_per_iteration(run), _TO_NS[run["time_unit"]]
    if not operations or not run["real_time"]:
        return {}
    nanoseconds = run["real_time"] * unit / operations
    found = {"time_per_op": ("ns", nanoseconds), "ops_per_s": ("1/s", 1e9 / nanoseconds)}
    # The library's CPU time is the whole process's only where the benchmark asked for that.
    if "/process_time" in run["name"]:
        found["cpu_per_op"] = ("ns", run["cpu_time"] * unit / operations)
    for key, value in run.items():
        if key not in _LIBRARY and isinstance(value, int | float) and not isinstance(value, bool):
            name, counted_in = _COUNTERS.get(key, (key, "1"))
            found[name] = (counted_in, float(value))
    return found


def _metrics(by_round: Sequence[Raw | None]) -> dict[str, Any]:
    told = [None if raw is None else figures(raw["benchmark"]) for raw in by_round]
    units: dict[str, str] = {}
    for of_round in told:
        units |= {name: unit for name, (unit, _) in (of_round or {}).items()}
    return metrics_of(
        {
            name: (unit, [of_round[name][1] if of_round and name in of_round else None for of_round in told])
            for name, unit in units.items()
        }
    )


def disturbance(raw: Raw) -> str | None:
    """Returns what else used the CPUs while the program ran, or None where that was little."""
    return crowding(raw, raw["cpu_seconds"])


def _cell(rounds: int, case: Case, raws: Sequence[Raw]) -> Cell:
    by_round = in_rounds(raws, rounds)
    errors = Counter(raw["error"] for raw in raws if raw["error"] is not None)
    good = [raw for raw in by_round if raw is not None]
    notes = [text if n == len(raws) else f"{text} ({n} of {len(raws)} rounds)" for text, n in errors.items()]
    metrics = _metrics(by_round)
    samples = metrics.get(case.scenario.headline, {}).get("samples", [])
    settled = steadiness([], samples)
    return {
        "scenario": case.scenario.name,
        "params": dict(case.params),
        "entry": case.entry,
        "contender": case.contender,
        "dialect": "none",
        "valid": "time_per_op" in metrics,
        "ranked": "time_per_op" in metrics and not errors,
        "rank": None,
        "alike": [],
        "capacity": None,
        "load_limited": False,
        "steady": settled.steady,
        "outliers": [place + 1 for place in outliers(samples)],
        "nonconforming": False,
        "disturbances": dict(Counter(text for raw in good if (text := disturbance(raw)))),
        "notes": [*notes, *(settled.reasons if settled.steady is False else ())] if raws else [_NOT_MEASURED],
        "metrics": metrics,
        "unmeasured": {},
        "attribution": None,
        "ratios": [],
    }


def make_micro_cells(
    scenario: Microbenchmark, cases: Sequence[Case], raws: Sequence[Raw], rounds: int
) -> list[Cell]:
    """Returns a cell for each of the scenario's cases, measured or not."""
    own: dict[str, list[Raw]] = {}
    for raw in raws:
        if raw["scenario"] == scenario.name:
            own.setdefault(case_label(raw["params"], raw["entry"]), []).append(raw)
    cells = [_cell(rounds, case, own.get(case.label, [])) for case in cases]
    known = [(cell["params"], cell["entry"]) for cell in cells]
    for cell in cells:
        index = baseline_of(scenario.baseline, cell["params"], cell["contender"], known)
        cell["baseline"] = None if index is None else {"entry": known[index][1], "params": known[index][0]}
        if index is not None and cells[index] is not cell:
            cell["ratios"] = ratios_of(cell, cells[index], RATIO_METRICS)
    return cells


def is_baseline(cell: Cell) -> bool:
    """Says whether the cell is what its own ratios would refer to."""
    return cell["baseline"] == {"entry": cell["entry"], "params": cell["params"]}


def is_twin(cell: Cell) -> bool:
    """Says whether the cell is the second of an A/A pair."""
    return cell["entry"] != cell["contender"]
