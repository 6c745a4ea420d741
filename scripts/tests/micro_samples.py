# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Made-up microbenchmarks for the tests."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests import samples
from trivium.microbenchmarks import Case, read_name, with_pairs
from trivium.plan import MicroTask, Plan
from trivium.scenarios import Microbenchmark

PROGRAM = Path("/nowhere/bench_pass")
PASS = Microbenchmark(
    name="pass",
    question="is it passed?",
    operation="message",
    headline="time_per_op",
    programs=("bench_pass",),
    baseline="spin:0us/of:{model}.channel",
    columns=("shape",),
    shown=("time_per_op", "cpu_per_op"),
    seconds=0.1,
)
NAMES = (
    "pass/op:send/shape:1-1/spin:0us/of:thread.channel/real_time",
    "pass/op:send/shape:1-1/spin:9us/of:thread.channel/real_time",
    "pass/op:send/shape:4-1/spin:0us/of:thread.channel/real_time",
    "pass/op:send/shape:1-1/of:thread.pipe/real_time",
    "pass/op:send/shape:1-1/spin:0us/of:task.channel/real_time",
    "pass/op:turn/shape:1-1/spin:0us/of:thread.channel/real_time",
)


def cases(names: tuple[str, ...] = NAMES) -> list[Case]:
    """Returns the cases of those names, without their A/A pairs."""
    return [read_name(PASS, PROGRAM, name) for name in names]


def plan(rounds: int = 6, names: tuple[str, ...] = NAMES) -> Plan:
    """Returns a plan of nothing but the microbenchmark."""
    bare = replace(samples.plan(rounds), scenarios=(), entries=())
    return replace(bare, microbenchmarks=(PASS,), cases=tuple(with_pairs(cases(names))))


def run(name: str, nanoseconds: float, **changes: Any) -> dict[str, Any]:
    """Returns what the library says of a benchmark: 1,000 operations an iteration, each as long as that."""
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "repetitions": 1,
        "threads": 1,
        "iterations": 50,
        "real_time": nanoseconds,
        "cpu_time": nanoseconds / 10,
        "time_unit": "us",
        "items_per_second": 1e9 / nanoseconds,
        "cpu_ns": nanoseconds / 2,
        "voluntary_switches": 0.25,
        **changes,
    }


def raw(task: MicroTask, nanoseconds: float, **changes: Any) -> dict[str, Any]:
    """Returns one raw measurement."""
    case = task.case
    return {
        "scenario": case.scenario.name,
        "params": dict(case.params),
        "entry": case.entry,
        "contender": case.contender,
        "round": task.round,
        "error": None,
        "notes": [],
        "benchmark": run(case.benchmark, nanoseconds),
        "cpu_seconds": 0.1,
        "watched_seconds": 0.2,
        "machine_busy_seconds": 0.1,
        "stolen_seconds": 0.0,
        **changes,
    }


def all_raws(of: Plan, nanoseconds: dict[str, float]) -> list[dict[str, Any]]:
    """Returns a measurement for every task; the cost drifts from round to round, for all alike."""
    raws = []
    for number in range(1, of.rounds + 1):
        for task in of.tasks_of(number):
            assert isinstance(task, MicroTask)
            raws.append(raw(task, nanoseconds.get(task.case.contender, 100) + number))
    return raws
