# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Makes from the raw measurements of hazards what results.json has of them: cells, the matrix, doses, defences."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from trivium.cells import Cell, crowding, empty_cell, in_rounds, metrics_of
from trivium.gate import Judgement
from trivium.hazard_figures import BAD, FAILED, METRICS, before, mismatches, reasons, share_of
from trivium.hazards import AXES, DOSES, Case, Hazard
from trivium.plan import Entry, Plan, why_not
from trivium.statistics import median

Raw = dict[str, Any]

STEP_MS = 50
_INTERVALS = {"exact": "95 %", "bootstrap": "95 %", "range": "range"}
# Where a dose begins to tell: latency is so many times the one before; goodput misses so much of what was asked for.
_KNEE_TIMES = 5.0
_KNEE_SHARE = 0.9
_KNEE_HARMED = 0.1

_HARMED = "share_harmed"

BUSY = "healthy clients were harmed before the hazard already: this machine was busy, or is too slow"
_BUSY = 0.1
GONE = "gone: whoever started it has to start it again"
STUCK = "it does not serve again by itself: somebody has to kill it"
SLOW_TO_RECOVER = "it serves, but not as before: healthy clients were harmed until the measurement ended"


def _notes(raws: Sequence[Raw]) -> list[str]:
    """Returns what a reader must know of the cell, each once, with how many rounds it is true of."""
    count: Counter[str] = Counter()
    for raw in raws:
        count.update(raw["notes"])
        count.update([raw["error"]] if raw["error"] else mismatches(raw))
    return [text if n == len(raws) else f"{text} ({n} of {len(raws)} rounds)" for text, n in count.items()]


def _disturbances(raws: Sequence[Raw]) -> dict[str, int]:
    """Returns what else harmed healthy clients, with in how many rounds."""
    found = Counter(text for raw in raws if (text := crowding(raw, raw["machine_busy_seconds"])))
    found.update(BUSY for raw in raws if (share_of(raw, before(raw), BAD) or 0.0) > _BUSY)
    return dict(found)


def _cell(plan: Plan, case: Case, entry: Entry, raws: Sequence[Raw], judgement: Judgement | None) -> Cell:
    contender = entry.contender
    cell = empty_cell(case.hazard.name, case.params, entry, contender.capacity(case.hazard.workers))
    reason = why_not(case, contender)
    if reason is None and judgement is not None and not judgement.passed:
        reason, cell["nonconforming"] = judgement.reason, True
    if reason is not None:
        return cell | {"notes": [reason]}
    good = [raw for raw in raws if raw["error"] is None]
    by_round = in_rounds(raws, plan.rounds)
    cell["notes"] = _notes(raws) if raws else ["not measured: the comparison ended before"]
    cell["valid"] = bool(good) and not any(mismatches(raw) for raw in good)
    cell["disturbances"] = _disturbances(good)
    if busy := cell["disturbances"].get(BUSY):
        cell["notes"].append(BUSY + ("" if busy == len(good) else f" ({busy} of {len(good)} rounds)"))
    cell["metrics"] = metrics_of(
        {
            name: (unit, [None if raw is None else value_of(raw) for raw in by_round])
            for name, (unit, _, value_of) in METRICS.items()
        }
    )
    cell["unmeasured"] = reasons(good, set(cell["metrics"])) if good else {}
    return cell


class HazardResults:
    """The results of a plan's hazards; the same raw measurements give the same."""

    def __init__(self, plan: Plan, raws: Sequence[Raw], judgements: dict[str, Judgement]) -> None:
        self._plan = plan
        self._raws: dict[tuple[str, str, str], list[Raw]] = {}
        for raw in raws:
            key = (raw["scenario"], raw["label"] if "label" in raw else "", raw["entry"])
            self._raws.setdefault(key, []).append(raw)
        self._cells = {
            (hazard.name, case.slug, entry.name): _cell(
                plan, case, entry, self._of(case, entry), judgements.get(entry.contender.key)
            )
            for hazard in plan.hazards
            for case in hazard.cases()
            for entry in plan.hazard_entries()
        }

    def _of(self, case: Case, entry: Entry) -> list[Raw]:
        folder = "/".join(filter(None, (case.slug, entry.name)))
        return self._raws.get((case.hazard.name, folder, entry.name), [])

    def cells(self) -> list[Cell]:
        """Returns a cell for each case and contender; a defence has none for those whom it is not meant for."""
        return [cell for cell in self._cells.values() if cell["notes"] != ["n/a (the defence is not meant for it)"]]

    def matrix(self) -> list[dict[str, Any]]:
        """Returns an item for each contender and hazard."""
        found = []
        for hazard in self._plan.hazards:
            if not hazard.matrix:
                continue
            case = Case(hazard, hazard.matrix_dose)
            for entry in self._plan.hazard_entries():
                cell = self._cells[hazard.name, case.slug, entry.name]
                found.append(_item(hazard, cell, [raw for raw in self._of(case, entry) if raw["error"] is None]))
        return found

    def doses(self) -> list[dict[str, Any]]:
        """Returns a curve for each contender and hazard whose dose varies."""
        found = []
        for hazard in self._plan.hazards:
            if hazard.axis is None:
                continue
            for entry in self._plan.hazard_entries():
                cases = [case for case in hazard.cases() if case.defence is None]
                cells = [(case.dose, self._cells[hazard.name, case.slug, entry.name]) for case in cases]
                if curve := _curve(hazard, entry.name, cells):
                    found.append(curve)
        return found

    def defences(self) -> list[dict[str, Any]]:
        """Returns a pair for each defence that was measured, and each contender that it is for."""
        found = []
        for hazard in self._plan.hazards:
            for case in hazard.cases():
                if case.defence is None:
                    continue
                plain = Case(hazard, case.dose)
                without_it, that_has_it = (case, plain) if case.defence.by_itself else (plain, case)
                for entry in self._plan.hazard_entries():
                    with_it = self._cells[hazard.name, that_has_it.slug, entry.name]
                    without = self._cells[hazard.name, without_it.slug, entry.name]
                    if with_it["valid"] and without["valid"]:
                        found.append(_pair(case, entry.name, without, with_it))
        return found


def _pair(case: Case, contender: str, without: Cell, with_it: Cell) -> dict[str, Any]:
    """Returns what a defence changed, and what it did meanwhile to the healthy requests, which may be its price."""
    assert case.defence is not None
    unit, title, _ = METRICS[case.defence.metric]
    return {
        "name": case.defence.name,
        "hazard": case.hazard.name,
        "contender": contender,
        "flags": list(case.defence.flags),
        "by_itself": case.defence.by_itself,
        "metric": case.defence.metric,
        "label": title,
        "unit": unit,
        "without": _bounds(without, case.defence.metric),
        "with": _bounds(with_it, case.defence.metric),
        "harmed": {"without": _bounds(without, _HARMED), "with": _bounds(with_it, _HARMED)},
        "bought": case.defence.bought,
    }


def _bounds(cell: Cell, metric: str) -> dict[str, Any]:
    """Returns a metric's median and what surrounds it; None where there is none, or nothing around it."""
    found = cell["metrics"].get(metric)
    if found is None:
        return {"value": None, "low": None, "high": None, "interval": None}
    alone = sum(sample is not None for sample in found["samples"]) < 2
    low, high = (None, None) if alone else (found["low"], found["high"])
    return {
        "value": found["median"],
        "low": low,
        "high": high,
        "interval": None if alone else _INTERVALS[found["interval"]],
    }


def _harm(hazard: Hazard, value: float) -> float:
    """Returns the headline as a harm from 0 to 1; of connections that were lost, the share of those held open."""
    return min(1.0, value / max(1, hazard.neighbours) if hazard.headline == "lost" else value)


def _how_it_ended(hazard: Hazard, raws: Sequence[Raw]) -> list[str]:
    """Returns in words what is not as it was."""
    said: Counter[str] = Counter()
    for raw in raws:
        found = raw["hazard"]
        if found["left_behind"]:
            said[f"{found['left_behind']} processes were left behind"] += 1
        if hazard.inject == "terminate":
            if found["exit"] != 0:
                said[f"it ended with {found['exit']}"] += 1
        elif not found["back"]:
            said[STUCK if found["alive"] else GONE] += 1
        elif METRICS["recover_s"][2](raw) is None:
            said[SLOW_TO_RECOVER] += 1
    return [text if n == len(raws) else f"{text} ({n} of {len(raws)} rounds)" for text, n in said.items()]


def _item(hazard: Hazard, cell: Cell, raws: Sequence[Raw]) -> dict[str, Any]:
    unit, label, value_of = METRICS[hazard.headline]
    bounds = _bounds(cell, hazard.headline)
    measured = cell["valid"] and bounds["value"] is not None
    if not measured:
        bounds = dict.fromkeys(bounds)
    claim = hazard.claim_of(cell["contender"])
    notes = [*cell["notes"], *(_how_it_ended(hazard, raws) if measured else [])]
    figures = [
        {"metric": name, "label": title, "unit": its_unit, **_bounds(cell, name)}
        for name, (its_unit, title, _) in METRICS.items()
        if name in cell["metrics"]
    ]
    return {
        "contender": cell["contender"],
        "hazard": hazard.name,
        "question": hazard.question,
        "label": label,
        "unit": unit,
        **bounds,
        "harm": _harm(hazard, bounds["value"]) if measured else None,
        "claim": claim.claim if claim and raws else "",
        "test": _test_name(claim.test, cell["contender"]) if claim and raws else "",
        "note": "; ".join(notes),
        "figures": figures if measured else [],
        "timeline": _timeline(_median_round(raws, value_of)) if measured else None,
    }


def _test_name(test: str, contender: str) -> str:
    """Returns the name that the test of that contender has in tests/hazards."""
    return f"{test}/{re.sub(r'[^A-Za-z0-9]', '_', contender)}"


def _median_round(raws: Sequence[Raw], value_of: Any) -> Raw:
    """Returns the measurement whose headline is in the middle; the lower one of two."""
    ordered = sorted(raws, key=lambda raw: (value_of(raw) is None, value_of(raw) or 0.0, raw["round"]))
    return ordered[(len(ordered) - 1) // 2]


def _timeline(raw: Raw) -> dict[str, Any]:
    """Returns what became of the healthy requests, by when they were planned; `ok` is answered in time."""
    requests = raw["requests"]
    outcomes, latencies, width = requests["outcomes"], requests["latency_us"], requests["width_ms"]
    total = len(outcomes) * width
    line: dict[str, Any] = {
        "step_ms": STEP_MS,
        "start_ms": 0,
        "hazard_begin_ms": round(raw["hazard"]["begin_ms"], 1),
        "hazard_end_ms": round(raw["hazard"]["end_ms"], 1),
        "round": raw["round"],
        **{key: [] for key in ("ok", "failed", "late", "p50_us", "p99_us")},
    }
    for start in range(0, round(total), STEP_MS):
        places = [place for place in range(len(outcomes)) if start <= place * width < start + STEP_MS]
        letters = [outcomes[place] for place in places]
        failed = sum(letter in FAILED for letter in letters)
        late = sum(letter in BAD for letter in letters) - failed
        times = sorted(latencies[p] for p in places if outcomes[p] not in FAILED and latencies[p] is not None)
        line["failed"].append(failed)
        line["late"].append(late)
        line["ok"].append(len(times) - late)
        line["p50_us"].append(round(median(times)) if times else None)
        line["p99_us"].append(times[-(-99 * len(times) // 100) - 1] if times else None)
    return line


def _curve(hazard: Hazard, contender: str, cells: Sequence[tuple[float, Cell]]) -> dict[str, Any] | None:
    unit, title, _ = METRICS[hazard.dose_metric]
    points = [
        {"x": dose, **{key: value for key, value in _bounds(cell, hazard.dose_metric).items() if key != "interval"}}
        for dose, cell in cells
        if cell["valid"] and hazard.dose_metric in cell["metrics"]
    ]
    if len(points) < 2:
        return None
    assert hazard.axis is not None
    usual = [cell["metrics"]["p99_before"]["median"] for _, cell in cells if "p99_before" in cell["metrics"]]
    return {
        "hazard": hazard.name,
        "contender": contender,
        "axis": hazard.axis,
        "axis_unit": AXES[hazard.axis],
        "metric": hazard.dose_metric,
        "label": title,
        "unit": unit,
        "better": DOSES[hazard.dose_metric],
        "points": points,
        "knee": _knee(hazard.dose_metric, points, median(usual) if usual else None),
    }


def _knee(metric: str, points: Sequence[dict[str, Any]], usual: float | None) -> float | None:
    """Returns the dose from which on every one tells, or None. `usual` is the p99 without a hazard, in ms."""
    knee = None
    for point in reversed(points):
        if metric == "goodput":
            told = point["value"] < _KNEE_SHARE * min(1.0, point["x"])
        elif metric == "p99_during":
            told = usual is not None and point["value"] > _KNEE_TIMES * usual
        else:
            told = point["value"] > _KNEE_HARMED
        if not told:
            break
        knee = float(point["x"])
    return knee
