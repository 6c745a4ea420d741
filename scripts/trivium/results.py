# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Makes the results from the raw measurements: metrics with their spread, ratios to the baseline, marks.

The form is the schema of results.json; nothing here measures, so the same raw measurements give the same results.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from trivium.attributed import add_attribution
from trivium.cells import Cell, add_headroom, crowding, empty_cell, in_rounds, metrics_of, ratio_to, ratios_of
from trivium.gate import Judgement
from trivium.hazard_results import HazardResults
from trivium.hazards import AnyScenario
from trivium.metrics import METRICS, failures, is_idle, reasons
from trivium.micro_results import make_micro_cells
from trivium.plan import Entry, Plan
from trivium.ranks import standings
from trivium.scenarios import Microbenchmark, Scenario, Variant, variants_of
from trivium.slopes import SLOPED, slopes_of
from trivium.statistics import outliers
from trivium.steady import steadiness

Raw = dict[str, Any]
_ByCell = dict[tuple[str, str, str], list[Raw]]

SCHEMA = 1
RATIO_METRICS = (
    "cpu_per_op",
    "ops_per_s",
    "mb_per_s",
    *("p50", "p90", "p99", "p99.9", "p99.99", "max"),
    *("pss", "page_tables", "kernel_memory"),
    "makespan",
)
NULL_SERVER = "floor/epoll"
HEADROOM = 1.05
SATURATED = 0.95
LATE = 0.05


def _is_load_limited(raw: Raw) -> bool:
    return bool(raw["load"].get("saturated")) or raw["load"]["client_cpu_share"] > SATURATED


def _metrics(by_round: list[Raw | None]) -> dict[str, Any]:
    return metrics_of(
        {
            name: (unit, [None if raw is None else value_of(raw) for raw in by_round])
            for name, (unit, value_of) in METRICS.items()
        }
    )


def disturbance(raw: Raw) -> str | None:
    """Returns what else used the CPUs in the measured phase, or None where that was little."""
    load = raw["load"]
    ours = raw["cpu_ns"]["total"] / 1e9 + load["cpu_user_s"] + load["cpu_system_s"]
    late = max(load["duration_s"], raw["watched_seconds"]) - raw["seconds"] > LATE * load["duration_s"]
    return crowding(raw, ours, late=late)


def _notes(by_round: list[Raw | None], raws: Sequence[Raw]) -> list[str]:
    """Returns what a reader must know of the cell, each once, with how many rounds it is true of."""
    good = [raw for raw in by_round if raw is not None]
    count: Counter[str] = Counter()
    for raw in raws:
        count.update(raw["notes"])
        if raw["error"]:
            count[raw["error"]] += 1
        for key in ("ListenOverflows", "ListenDrops"):
            if raw["tcp"].get(key):
                count[f"the kernel counted {key} (of the whole machine)"] += 1
    notes = []
    failed: Counter[str] = Counter()
    for raw in good:
        failed.update(failures(raw))
    if failed:
        notes.append("failures: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in failed.items()))
    limited = sum(_is_load_limited(raw) for raw in good)
    if limited:
        notes.append("load-limited" + ("" if limited == len(good) else f" {limited}/{len(good)}"))
    everywhere = len(raws)
    notes += [text if n == everywhere else f"{text} ({n} of {everywhere} rounds)" for text, n in count.items()]
    return notes


def _cell(plan: Plan, variant: Variant, entry: Entry, raws: Sequence[Raw], judgement: Judgement | None) -> Cell:
    capacity = entry.contender.capacity(variant.connections)
    cell = empty_cell(variant.scenario.name, variant.params, entry, capacity)
    reason = entry.contender.cannot(variant)
    if reason is None and judgement is not None and not judgement.passed:
        reason = judgement.reason
        cell["nonconforming"] = True
    if reason is not None:
        cell["notes"] = [reason]
        return cell
    by_round = in_rounds(raws, plan.rounds)
    good = [raw for raw in by_round if raw is not None]
    cell["notes"] = _notes(by_round, raws) if raws else ["not measured: the comparison ended before"]
    cell["valid"] = any(raw["load"]["ok"] for raw in good)
    spotless = len(good) == len(raws) and not any(failures(raw) for raw in good)
    cell["ranked"] = cell["valid"] and spotless
    cell["load_limited"] = any(_is_load_limited(raw) for raw in good)
    cell["disturbances"] = dict(Counter(text for raw in good if (text := disturbance(raw))))
    cell["metrics"] = _metrics(by_round)
    cell["unmeasured"] = reasons(good, set(cell["metrics"])) if cell["valid"] else {}
    _judge_samples(cell, variant.scenario.headline, good)
    return cell


def _judge_samples(cell: Cell, headline: str, good: Sequence[Raw]) -> None:
    """Flags the rounds that lie far from the others, all of which are kept, and says whether it had settled."""
    samples = cell["metrics"].get(headline, {}).get("samples", [])
    cell["outliers"] = [place + 1 for place in outliers(samples)]
    if good and not all(is_idle(raw) for raw in good):
        found = steadiness([raw["load"] for raw in good], samples)
        cell["steady"] = found.steady
        cell["notes"] += found.reasons if found.steady is False else ()


def _add_split_ratios(here: list[Cell], baseline: Cell) -> None:
    """Adds the ratios of split contenders to those that differ by nothing else, where the baseline is not that."""
    for cell in here:
        unsplit = next((other for other in here if other["entry"] == cell["unsplit"]), None)
        if unsplit and unsplit is not baseline and cell["valid"] and unsplit["valid"]:
            cell["ratios"] += ratios_of(cell, unsplit, RATIO_METRICS)


def _add_ranks(here: Sequence[Cell], baseline: Cell, scenario: Scenario) -> None:
    """Gives the ranked cells of the baseline's dialect their places by the headline; a twin has none of its own."""
    compared = {
        cell["entry"]: cell
        for cell in here
        if cell["ranked"] and cell["dialect"] == baseline["dialect"] and not cell["entry"].endswith("#2")
    }
    samples = {
        entry: cell["metrics"][scenario.headline]["samples"]
        for entry, cell in compared.items()
        if scenario.headline in cell["metrics"]
    }
    for entry, standing in standings(samples, lower_is_better=scenario.better == "lower").items():
        compared[entry]["rank"], compared[entry]["alike"] = standing.place, list(standing.alike)


def _mark_where_nothing_is_left(here: Sequence[Cell]) -> None:
    """Marks as load-limited what is as fast as the null server, where the load client limits even that."""
    null = next((cell for cell in here if cell["entry"] == NULL_SERVER), None)
    if null is None:
        return
    for cell in here:
        headroom = cell["metrics"].get("null_headroom")
        if headroom and null["load_limited"] and not cell["load_limited"] and headroom["median"] < HEADROOM:
            cell["load_limited"] = True
            cell["notes"].append("load-limited: as fast as the null server, which the load client limits")


def _place(scenario: str, params: dict[str, Any], entry: str) -> tuple[str, str, str]:
    """Returns what tells a cell from all others."""
    return scenario, json.dumps(params, sort_keys=True), entry


def _by_cell(raws: Sequence[Raw]) -> _ByCell:
    found: _ByCell = {}
    for raw in raws:
        found.setdefault(_place(raw["scenario"], raw["params"], raw["entry"]), []).append(raw)
    return found


def _cells_of(
    plan: Plan,
    variant: Variant,
    raws: _ByCell,
    attributions: _ByCell,
    judgements: dict[str, Judgement],
) -> list[Cell]:
    """Returns the cells of one variant, one for each entry."""
    scenario = variant.scenario
    here = []
    for entry in plan.entries_of(scenario):
        own = raws.get(_place(scenario.name, variant.params, entry.name), [])
        cell = _cell(plan, variant, entry, own, judgements.get(entry.contender.key))
        here.append(cell)
        if cell["valid"]:
            # A twin is the same program: what was counted for one was counted for both.
            counted = attributions.get(_place(scenario.name, variant.params, entry.contender.name), [])
            add_attribution(cell, counted)
    baseline = next(cell for cell in here if cell["entry"] == plan.baseline_of(scenario))
    null = next((cell for cell in here if cell["entry"] == NULL_SERVER and cell["valid"]), None)
    for cell in here:
        if cell is not baseline and cell["valid"] and baseline["valid"]:
            cell["ratios"] = ratios_of(cell, baseline, RATIO_METRICS)
        if cell["valid"] and null is not None:
            add_headroom(cell, null)
    _add_split_ratios(here, baseline)
    _mark_where_nothing_is_left(here)
    _add_ranks(here, baseline, scenario)
    return here


def make_cells(
    plan: Plan, raws: Sequence[Raw], judgements: dict[str, Judgement], attributions: Sequence[Raw] = ()
) -> list[Cell]:
    """Returns a cell for each variant of a scenario and entry, measured or not."""
    cells = []
    timed, counted = _by_cell(raws), _by_cell(attributions)
    for variant in variants_of(plan.scenarios):
        cells += _cells_of(plan, variant, timed, counted, judgements)
    for micro in plan.microbenchmarks:
        cases = [case for case in plan.cases if case.scenario == micro]
        cells += make_micro_cells(micro, cases, raws, plan.rounds)
    return cells


def _slopes(plan: Plan, cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Returns what a connection takes in memory, over the axis of each scenario whose axis is connections."""
    found = []
    for scenario in plan.scenarios:
        if scenario.axis != "connections":
            continue
        slopes = slopes_of(scenario.name, [cell for cell in cells if cell["scenario"] == scenario.name])
        for slope in slopes:
            same = (s for s in slopes if s["metric"] == slope["metric"] and s["entry"] == plan.baseline_of(scenario))
            baseline = next(same, None)
            slope["ratio"] = None
            if baseline is not None and baseline is not slope:
                slope["ratio"] = ratio_to(slope["samples"], baseline["samples"], baseline["entry"])
        found += slopes
    return found


def _facts(scenario: AnyScenario) -> dict[str, Any]:
    """Returns what a reader of the results must know of a scenario."""
    if not isinstance(scenario, Microbenchmark):
        return scenario.facts()
    facts: dict[str, Any] = {
        "question": scenario.question,
        "operation": scenario.operation,
        "headline": scenario.headline,
    }
    told = ("programs", "baseline", "columns", "shown", "seconds")
    facts["microbenchmark"] = {key: getattr(scenario, key) for key in told}
    return facts


def make_results(
    plan: Plan,
    raws: Sequence[Raw],
    judgements: dict[str, Judgement],
    environment: dict[str, Any],
    run: dict[str, Any],
    attributions: Sequence[Raw] = (),
) -> dict[str, Any]:
    """Returns what results.json holds; the same arguments give the same, to the last digit."""
    cells = make_cells(plan, raws, judgements, attributions)
    slopes = _slopes(plan, cells)
    results = {
        "schema": SCHEMA,
        "environment": environment,
        "run": run,
        "scenarios": {s.name: _facts(s) for s in (*plan.scenarios, *plan.microbenchmarks, *plan.hazards)},
        "cells": cells,
        "slopes": [slope for slope in slopes if slope["metric"] == SLOPED[0]],
        "other_slopes": [slope for slope in slopes if slope["metric"] != SLOPED[0]],
    }
    if plan.hazards:
        found = HazardResults(plan, raws, judgements)
        results["cells"] = cells + found.cells()
        results |= {"hazards": found.matrix(), "doses": found.doses(), "defences": found.defences()}
    return results
