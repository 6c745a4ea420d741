# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Makes the results from the raw measurements: metrics with their spread, ratios to the baseline, marks.

The form is the schema of results.json; nothing here measures, so the same raw measurements give the same results.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from trivium.cells import Cell, crowding, metrics_of, ratios_of
from trivium.gate import Judgement
from trivium.load import FAILURES
from trivium.measure import Raw
from trivium.micro_results import make_micro_cells
from trivium.plan import Entry, Plan
from trivium.scenarios import Microbenchmark, Scenario, Variant, variants_of

SCHEMA = 1
RATIO_METRICS = ("cpu_per_op", "ops_per_s")
SATURATED = 0.95
LATE = 0.05


def _rate(raw: Raw) -> float:
    return raw["load"]["ok"] / raw["load"]["duration_s"]


def _cpu_per_op(kind: str) -> Callable[[Raw], float | None]:
    def microseconds(raw: Raw) -> float | None:
        # Two rates, so that it does not matter how soon after the load client's first line the counters were read.
        busy = raw["cpu_ns"][kind] / raw["seconds"]
        return busy / 1000 / _rate(raw) if _rate(raw) else None

    return microseconds


def _switches_per_op(kind: str) -> Callable[[Raw], float | None]:
    def per_operation(raw: Raw) -> float | None:
        if raw["context_switches"] is None or not _rate(raw):
            return None
        return raw["context_switches"][kind] / raw["seconds"] / _rate(raw)

    return per_operation


def _latency(percentile: str) -> Callable[[Raw], float | None]:
    def microseconds(raw: Raw) -> float | None:
        return raw["load"]["latency_ns"][percentile] / 1000 if raw["load"]["ok"] else None

    return microseconds


def failures(raw: Raw) -> dict[str, int]:
    """Returns the operations that failed, by how, the warm-up's too; what did not happen is absent."""
    load = raw["load"]
    return {name: count for name in FAILURES if (count := load[name] + load["outside"][name])}


METRICS: dict[str, tuple[str, Callable[[Raw], float | None]]] = {
    "cpu_per_op": ("us", _cpu_per_op("total")),
    "user_cpu_per_op": ("us", _cpu_per_op("user")),
    "system_cpu_per_op": ("us", _cpu_per_op("system")),
    "ops_per_s": ("1/s", _rate),
    "p50": ("us", _latency("p50")),
    "p99": ("us", _latency("p99")),
    "pss": ("bytes", lambda raw: raw["pss_bytes"]),
    "voluntary_switches_per_op": ("1", _switches_per_op("voluntary")),
    "involuntary_switches_per_op": ("1", _switches_per_op("involuntary")),
    "server_cpu_share": ("1", lambda raw: raw["cpu_ns"]["total"] / 1e9 / raw["seconds"]),
    "client_cpu_share": ("1", lambda raw: raw["load"]["client_cpu_share"]),
    "failures": ("1", lambda raw: sum(failures(raw).values())),
}


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
    cell: Cell = {
        "scenario": variant.scenario.name,
        "params": variant.params,
        "entry": entry.name,
        "contender": entry.contender.name,
        "unsplit": entry.contender.unsplit,
        "dialect": entry.contender.dialect,
        "valid": False,
        "ranked": False,
        "load_limited": False,
        "nonconforming": False,
        "disturbances": {},
        "notes": [],
        "metrics": {},
        "ratios": [],
    }
    reason = entry.contender.cannot(variant)
    if reason is None and judgement is not None and not judgement.passed:
        reason = judgement.reason
        cell["nonconforming"] = True
    if reason is not None:
        cell["notes"] = [reason]
        return cell
    by_round: list[Raw | None] = [None] * plan.rounds
    for raw in raws:
        if raw["error"] is None:
            by_round[raw["round"] - 1] = raw
    good = [raw for raw in by_round if raw is not None]
    cell["notes"] = _notes(by_round, raws) if raws else ["not measured: the comparison ended before"]
    cell["valid"] = any(raw["load"]["ok"] for raw in good)
    spotless = len(good) == len(raws) and not any(failures(raw) for raw in good)
    cell["ranked"] = cell["valid"] and spotless
    cell["load_limited"] = any(_is_load_limited(raw) for raw in good)
    cell["disturbances"] = dict(Counter(text for raw in good if (text := disturbance(raw))))
    cell["metrics"] = _metrics(by_round)
    return cell


def _add_split_ratios(here: list[Cell], baseline: Cell) -> None:
    """Adds the ratios of split contenders to those that differ by nothing else, where the baseline is not that."""
    for cell in here:
        unsplit = next((other for other in here if other["entry"] == cell["unsplit"]), None)
        if unsplit and unsplit is not baseline and cell["valid"] and unsplit["valid"]:
            cell["ratios"] += ratios_of(cell, unsplit, RATIO_METRICS)


def make_cells(plan: Plan, raws: Sequence[Raw], judgements: dict[str, Judgement]) -> list[Cell]:
    """Returns a cell for each scenario and entry, measured or not."""
    cells = []
    for variant in variants_of(plan.scenarios):
        here = []
        scenario = variant.scenario
        measured_here = [raw for raw in raws if raw["scenario"] == scenario.name and raw["params"] == variant.params]
        for entry in plan.entries_of(scenario):
            own = [raw for raw in measured_here if raw["entry"] == entry.name]
            here.append(_cell(plan, variant, entry, own, judgements.get(entry.contender.key)))
        baseline = next(cell for cell in here if cell["entry"] == plan.baseline_of(scenario))
        for cell in here:
            if cell is not baseline and cell["valid"] and baseline["valid"]:
                cell["ratios"] = ratios_of(cell, baseline, RATIO_METRICS)
        _add_split_ratios(here, baseline)
        cells += here
    for micro in plan.microbenchmarks:
        cases = [case for case in plan.cases if case.scenario == micro]
        cells += make_micro_cells(micro, cases, raws, plan.rounds)
    return cells


def _facts(scenario: Scenario | Microbenchmark) -> dict[str, Any]:
    """Returns what a reader of the results must know of a scenario."""
    if isinstance(scenario, Scenario):
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
) -> dict[str, Any]:
    """Returns what results.json holds."""
    return {
        "schema": SCHEMA,
        "environment": environment,
        "run": run,
        "scenarios": {s.name: _facts(s) for s in (*plan.scenarios, *plan.microbenchmarks)},
        "cells": make_cells(plan, raws, judgements),
    }
