# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Made-up measurements for the tests."""

from typing import Any

from trivium.contenders import Contender, find
from trivium.gate import Judgement
from trivium.plan import PROFILES, Plan, make_entries
from trivium.results import make_results
from trivium.scenarios import Scenario

CHURN = Scenario("churn", "is it short?", "connection", "cpu_per_op", 32, False, (), ("--mode", "churn"), ("*",), ())
LINES = Scenario("lines", "is it a line?", "line", "cpu_per_op", 32, True, (), ("--mode", "lines"), ("*",), ())
OUTCOMES = ("ok", "refused", "reset", "timed_out", "wrong", "unsent", "drained")


def contender(name: str) -> Contender:
    """Returns the catalogue's contender of that name."""
    found = find(name)
    assert found is not None
    return found


def plan(rounds: int = 6, scenarios: tuple[Scenario, ...] = (CHURN, LINES), seed: int = 7) -> Plan:
    """Returns a plan for three contenders and the baseline's twin."""
    names = ("multithread/handoff", "async/per-connection", "async/sequential")
    baseline = contender("async/per-connection")
    entries = make_entries([contender(name) for name in names], baseline)
    return Plan(PROFILES["quick"], rounds, seed, baseline.name, scenarios, entries)


def raw(scenario: str, entry: str, round_number: int, cpu_us: float = 40.0, **changes: Any) -> dict[str, Any]:
    """Returns one raw measurement: 1,000 operations in a second, each at that cost."""
    load: dict[str, Any] = dict.fromkeys(OUTCOMES, 0)
    load |= {
        "ok": 1000,
        "duration_s": 1.0,
        "client_cpu_share": 0.5,
        "saturated": False,
        "cpu_user_s": 0.2,
        "cpu_system_s": 0.3,
        "latency_ns": {"p50": 200_000, "p99": 900_000},
        "outside": dict.fromkeys(OUTCOMES, 0),
    }
    load |= changes.pop("load", {})
    return {
        "scenario": scenario,
        "params": {"churn": CHURN, "lines": LINES}[scenario].variants()[0].params,
        "label": entry,
        "entry": entry,
        "contender": entry.removesuffix("#2"),
        "round": round_number,
        "error": None,
        "notes": [],
        "load": load,
        "seconds": 1.0,
        "watched_seconds": 1.0,
        "cpu_ns": {"total": cpu_us * 1e6, "user": cpu_us * 4e5, "system": cpu_us * 6e5},
        "machine_busy_seconds": 0.55,
        "stolen_seconds": 0.0,
        "memory": [{"at": 0.5, "pss": 3 << 20, "page_tables": 1 << 16, "kernel": None, "processes": 1, "threads": 2}],
        "context_switches": {"voluntary": 2000, "involuntary": 10, "migrations": 0},
        "faults": {"minor": 100, "major": 0},
        "unmeasured": {"kernel_memory": "there is no memory cgroup that could be made here"},
        "tcp": {},
        **changes,
    }


def all_raws(of: Plan, cpu_us: dict[str, float]) -> list[dict[str, Any]]:
    """Returns a measurement for every task of the plan; the cost drifts from round to round, for all alike."""
    return [
        raw(task.scenario.name, task.entry.name, task.round, cpu_us.get(task.entry.contender.name, 40) + task.round)
        for number in range(1, of.rounds + 1)
        for task in of.tasks_of(number)
    ]


def results(of: Plan, raws: list[dict[str, Any]], judgements: dict[str, Judgement] | None = None) -> dict[str, Any]:
    """Returns the results of made-up measurements on a made-up machine."""
    environment = {
        "cpu": "a CPU",
        "cpus": 2,
        "virtual_machine": False,
        "governor": "n/a",
        "system": "a system",
        "kernel": "a kernel",
        "source": {"commit": "abc", "dirty": True},
        "build": {"type": "Release", "compiler": "c++", "flags": "-O2"},
        "versions": {"boost": "1.81"},
        "limits": {"descriptors": 1024},
    }
    run = {
        "complete": True,
        "rounds": of.rounds,
        "rounds_measured": of.rounds,
        "warmup": 0.2,
        "duration": 0.6,
        "seed": of.seed,
        "baseline": of.baseline,
        "started": "then",
        "ended": "now",
        "command": "scripts/compare",
        "server_cpus": "0",
        "load_cpus": "1",
        "cpu_source": "a clock",
        "notes": [],
        "gate": {},
    }
    return make_results(of, raws, judgements or {}, environment, run)
