# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Made-up results of every kind of scenario, for what shows them."""

import math
import random
from typing import Any

from trivium.cells import metrics_of, ratios_of

BASELINE = "async/per-connection"
# What an idle connection takes, in KiB.
KIB_EACH = {
    "multiprocess/per-connection": 27.9,
    "multithread/per-connection": 12.3,
    BASELINE: 2.31,
    "async/handoff": 2.3,
}
FETCH_BASELINE = "async/per-url"
# Server CPU for a short connection and for a line, in us.
COSTS = {
    "multiprocess/per-connection": (540.0, 14.0),
    "multiprocess/handoff": (92.0, 17.6),
    "multiprocess/shared-accept": (78.0, 15.7),
    "multithread/per-connection": (107.0, 16.3),
    "multithread/handoff": (76.0, 15.6),
    "multithread/shared-accept": (69.0, 15.8),
    "async/per-connection": (67.0, 11.2),
    "async/per-connection#2": (67.0, 11.2),
    "async/handoff": (69.5, 11.3),
    "async/shared-accept": (72.0, 10.8),
    "async/sequential": (117.0, 11.0),
    "floor/epoll": (56.0, 9.5),
}
SPLITS = {"multiprocess/handoff+split": 40.0, "multithread/handoff+split": 30.0, "async/handoff+split": 14.0}
FETCHERS = ("multiprocess/per-url", "multithread/handoff", "async/per-url", "async/per-url#2", "async/shared-queue")


def facts(question: str, operation: str, headline: str, **more: Any) -> dict[str, Any]:
    """Returns what the results say of a scenario."""
    found = {"question": question, "operation": operation, "headline": headline, "headlines": [headline]}
    found |= {"kind": "served", "loop": "closed", "axis": None, "unit": None, "needs": [], "better": "lower"}
    return found | {"caveats": [], "ideal": None} | more


def samples(rng: random.Random, middle: float, rounds: int, noise: float = 0.03) -> list[float]:
    """Returns a sample for each round."""
    return [middle * rng.lognormvariate(0, noise) for _ in range(rounds)]


def cell(scenario: str, params: dict[str, Any], entry: str, metrics: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Returns a cell that is fine unless told otherwise; no metrics: it was not measured."""
    contender = entry.removesuffix("#2")
    found: dict[str, Any] = {"scenario": scenario, "params": params, "entry": entry, "contender": contender}
    found |= {"unsplit": contender.removesuffix("+split") if contender.endswith("+split") else None}
    found |= {"dialect": "trivium", "valid": bool(metrics), "ranked": bool(metrics), "load_limited": False}
    found |= {"nonconforming": False, "steady": True, "outliers": [], "disturbances": {}, "notes": []}
    found |= {"capacity": None, "unmeasured": {}, "attribution": None, "metrics": metrics_of(metrics), "ratios": []}
    return found | more


def add_ratios(cells: list[dict[str, Any]], baseline: str = BASELINE) -> None:
    """Gives each cell its ratios to the baseline under the same parameters, and to the unsplit."""
    names = ("cpu_per_op", "ops_per_s", "p50", "p99", "p99.9", "mb_per_s", "makespan")
    for own in cells:
        for other in cells:
            alike = other["scenario"] == own["scenario"] and other["params"] == own["params"] and other is not own
            if alike and other["entry"] in (baseline, own["unsplit"]):
                own["ratios"] += ratios_of(own, other, names)
                for ratio in own["ratios"]:
                    ratio["cross_dialect"] = own["dialect"] != other["dialect"]


def served(rng: random.Random, cpu: float, rounds: int, scale: float = 1.0) -> dict[str, Any]:
    """Returns the metrics of a server that spends so much CPU, `scale` times as loaded as usual."""
    p50 = 20 * cpu * scale
    return {
        "cpu_per_op": ("us", samples(rng, cpu, rounds)),
        "user_cpu_per_op": ("us", samples(rng, 0.2 * cpu, rounds)),
        "system_cpu_per_op": ("us", samples(rng, 0.8 * cpu, rounds)),
        "ops_per_s": ("1/s", samples(rng, 8e5 / cpu, rounds, 0.08)),
        "p50": ("us", samples(rng, p50, rounds, 0.1)),
        "p99": ("us", samples(rng, 4 * p50, rounds, 0.2)),
        "p99.9": ("us", samples(rng, 11 * p50, rounds, 0.3)),
        "pss": ("bytes", samples(rng, 2.5e6 + 2e4 * cpu, rounds, 0.01)),
        "voluntary_switches_per_op": ("1", samples(rng, cpu / 60, rounds)),
        "involuntary_switches_per_op": ("1", samples(rng, cpu / 600, rounds)),
        "minor_faults_per_op": ("1", samples(rng, cpu / 3 if cpu > 200 else 0.01, rounds)),
        "syscalls_per_op": ("1", [6 + cpu / 40]),
        "server_cpu_share": ("1", samples(rng, 0.7, rounds)),
        "client_cpu_share": ("1", samples(rng, 0.6, rounds)),
    }


def _plain(rng: random.Random, rounds: int) -> list[dict[str, Any]]:
    cells = []
    for index, scenario in enumerate(("churn", "lines")):
        for entry, costs in COSTS.items():
            params = {"connections": 32, "loop": "closed", "load": ["--mode", scenario], "server": []}
            if scenario == "lines" and entry == "async/sequential":
                why = "n/a (capacity): holds 1 of the 32 connections"
                cells.append(cell(scenario, params, entry, {}, notes=[why]))
                continue
            calls = {"recvfrom": 2.0, "sendto": 2.0, "epoll_wait": 0.2 if "async" in entry else 0.0}
            if "handoff" in entry:
                calls["futex"] = 1.4
            more = {"attribution": {"syscalls": calls}, "load_limited": entry == "floor/epoll"}
            cells.append(cell(scenario, params, entry, served(rng, costs[index], rounds), **more))
    broken = next(c for c in cells if c["scenario"] == "churn" and c["entry"] == "async/shared-accept")
    broken |= {"ranked": False, "notes": ["failures: 3 reset"]}
    nginx = cell("churn", cells[0]["params"], "nginx", served(rng, 61.0, rounds), dialect="http")
    return [*cells, nginx]


def _split(rng: random.Random, rounds: int) -> list[dict[str, Any]]:
    params = {"connections": 32, "loop": "closed", "load": ["--mode", "lines"], "server": []}
    costs = {entry.removesuffix("+split"): COSTS[entry.removesuffix("+split")][1] for entry in SPLITS}
    every = {BASELINE: 11.2, f"{BASELINE}#2": 11.2} | costs | SPLITS
    return [cell("split", params, entry, served(rng, cpu, rounds)) for entry, cpu in every.items()]


def _over_axes(rng: random.Random, rounds: int) -> list[dict[str, Any]]:
    cells = []
    for entry, (_, cpu) in COSTS.items():
        if entry in ("async/sequential", f"{BASELINE}#2"):
            continue
        for rate in (1000, 2000, 5000, 10000, 20000):
            params = {"connections": 64, "loop": "open", "rate": rate, "load": ["--mode", "lines"], "server": []}
            load = rate * cpu / 3.6e5
            metrics = served(rng, cpu, rounds, 0.3 / max(0.02, 1 - load))
            more = {"ranked": load < 0.98, "notes": [] if load < 0.98 else ["failures: 120 unsent"]}
            cells.append(cell("latency", params, entry, metrics, **more))
        for connections in (1, 10, 100, 1000, 10000):
            params = {"connections": connections, "loop": "closed", "load": ["--mode", "lines"], "server": []}
            blocking = "handoff" in entry or "shared-accept" in entry
            if connections > 1024 and blocking and "async" not in entry:
                why = "n/a (capacity): holds 1024 of the 10000 connections"
                cells.append(cell("scale", params, entry, {}, notes=[why]))
                continue
            metrics = served(rng, cpu * (1 + 0.1 * math.log10(connections)), rounds)
            each = 28e3 if entry.startswith("multiprocess") else 12e3 if entry.startswith("multithread") else 2.3e3
            metrics["pss"] = ("bytes", samples(rng, 2.5e6 + each * connections, rounds, 0.01))
            cells.append(cell("scale", params, entry, metrics))
        params = {"connections": 32, "loop": "closed", "load": ["--line", "@work 100us"], "server": []}
        reached = 0.5 if entry in (BASELINE, "floor/epoll") else 0.93
        metrics = served(rng, 100 + cpu, rounds) | {"of_ideal": ("1", samples(rng, reached, rounds))}
        metrics["ops_per_s"] = ("1/s", [share * 2e4 for share in metrics["of_ideal"][1]])
        cells.append(cell("compute", params, entry, metrics))
    for entry in ("multithread/handoff", BASELINE, "async/handoff"):
        for offload in (0, 2):
            params = {"connections": 32, "loop": "open", "rate": 1000, "offload": offload, "load": [], "server": []}
            harm = 1.0 if offload else 12.0 if entry == BASELINE else 3.0
            cells.append(cell("mixed", params, entry, served(rng, 40.0, rounds, harm)))
    for entry in FETCHERS:
        for jobs in (1, 4, 16, 64):
            ideal = 64 * 0.05 / jobs
            makespan = samples(rng, ideal * (1.4 if "multiprocess" in entry else 1.1), rounds)
            metrics = {"makespan": ("s", makespan), "of_ideal": ("1", [ideal / took for took in makespan])}
            metrics["cpu_per_op"] = ("us", samples(rng, 900 if "multiprocess" in entry else 150, rounds))
            cells.append(cell("fetch", {"jobs": jobs, "urls": 64}, entry, metrics))
    return cells


def _spawn(rng: random.Random, rounds: int) -> list[dict[str, Any]]:
    cells = []
    for alive, factor in ((1, 1.0), (100, 1.3)):
        baseline = {"entry": "async.task", "params": {"alive": alive}}
        for entry, cost in {
            "async.task": 80.0,
            "async.task#2": 80.0,
            "multithread.thread": 9e3,
            "multiprocess.fork": 9e4,
        }.items():
            metrics = {"time_per_op": ("ns", samples(rng, cost * factor, rounds))}
            metrics |= {
                "cpu_per_op": ("ns", samples(rng, cost * factor / 2, rounds)),
                "ops_per_s": ("1/s", [1e9 / cost] * rounds),
            }
            cells.append(cell("spawn", {"alive": alive}, entry, metrics, dialect="none", baseline=baseline))
    for own in cells:
        for other in cells:
            if other is not own and other["params"] == own["params"] and other["entry"] == "async.task":
                own["ratios"] = ratios_of(own, other, ("time_per_op", "cpu_per_op"))
    return cells


def _slopes(rng: random.Random, rounds: int) -> list[dict[str, Any]]:
    found = []
    for entry, each in KIB_EACH.items():
        metric = metrics_of({"slope": ("bytes/connection", samples(rng, each * 1024, rounds, 0.02))})["slope"]
        about = {"scenario": "idle", "entry": entry, "contender": entry, "metric": "pss", "over": [100, 1000, 10000]}
        found.append(about | metric)
    return found


SCENARIOS = {
    "churn": facts("a short connection: connect, ask, read to the end", "connection", "cpu_per_op"),
    "lines": facts("a line on an open connection, one in flight on each", "line", "cpu_per_op"),
    "split": facts("lines with a unit that reads and one that writes", "line", "cpu_per_op"),
    "latency": facts(
        "how late are lines that come on a schedule?",
        "line",
        "p99",
        headlines=["p99", "p99.9", "p50"],
        loop="open",
        axis="rate",
        unit="1/s",
        caveats=["Two CPUs for server and load client: beyond the knee both are late."],
    ),
    "scale": facts("what do ever more connections cost?", "line", "cpu_per_op", axis="connections", unit="1"),
    "idle": facts("what does a connection cost that says nothing?", "connection", "pss", axis="connections", unit="1"),
    "compute": facts("lines that compute 100 us", "line", "ops_per_s", better="higher", ideal="compute"),
    "mixed": facts("1 line in 100 computes", "line", "p99", headlines=["p99", "p50"], loop="open", axis="offload"),
    "fetch": facts("64 URLs of a slow origin", "URL", "makespan", kind="fetch", axis="jobs", unit="1", ideal="fetch"),
    "spawn": {
        "question": "start a unit that does nothing, and wait for its end",
        "operation": "unit",
        "headline": "time_per_op",
        "microbenchmark": {
            "programs": ["bench_spawn"],
            "baseline": "of:async.task",
            "columns": ["alive"],
            "shown": ["time_per_op"],
            "seconds": 0.2,
        },
    },
}


def environment() -> dict[str, Any]:
    """Returns a made-up machine."""
    return {
        "cpu": "a CPU",
        "cpus": 2,
        "virtual_machine": True,
        "governor": "n/a",
        "system": "a system",
        "kernel": "a kernel",
        "source": {"commit": "0123456789abcdef", "dirty": False},
        "build": {"type": "Release", "compiler": "c++ 12", "flags": "-O2 -DNDEBUG"},
        "versions": {"boost": "1.81"},
        "limits": {"descriptors": 20000},
    }


def run_facts(rounds: int) -> dict[str, Any]:
    """Returns what the results say of the run itself."""
    return {
        "profile": "standard",
        "complete": True,
        "rounds": rounds,
        "rounds_measured": rounds,
        "warmup": 0.5,
        "duration": 3.0,
        "seed": 7,
        "baseline": BASELINE,
        "fetch_baseline": FETCH_BASELINE,
        "started": "2026-01-02T03:04:05Z",
        "ended": "2026-01-02T03:30:05Z",
        "command": "scripts/compare --profile standard --seed 7",
        "server_cpus": "0",
        "load_cpus": "1",
        "cpu_source": "a cgroup",
        "notes": [],
        "gate": {
            "multiprocess/odd": {
                "passed": False,
                "reason": "conformance: 1 case failed",
                "remembered": False,
                "tried_again": [],
            }
        },
    }


def results(rounds: int = 12, seed: int = 1) -> dict[str, Any]:
    """Returns results that have something of everything."""
    rng = random.Random(seed)
    cells = [*_plain(rng, rounds), *_split(rng, rounds), *_over_axes(rng, rounds)]
    slopes = _slopes(rng, rounds)
    for slope in slopes:
        for connections in (100, 1000, 10000):
            pss = samples(rng, 2.5e6 + KIB_EACH[slope["entry"]] * 1024 * connections, rounds, 0.01)
            params = {"connections": connections, "loop": "closed", "load": ["--mode", "idle"], "server": []}
            cells.append(
                cell("idle", params, slope["entry"], {"pss": ("bytes", pss), "ops_per_s": ("1/s", [1.0] * rounds)})
            )
    add_ratios(cells)
    add_ratios([own for own in cells if own["scenario"] == "fetch"], FETCH_BASELINE)
    cells += _spawn(rng, rounds)
    return {
        "schema": 1,
        "environment": environment(),
        "run": run_facts(rounds),
        "scenarios": SCENARIOS,
        "cells": cells,
        "slopes": slopes,
    }


def raws(of: dict[str, Any], rounds: int = 2) -> list[dict[str, Any]]:
    """Returns raw samples with a histogram for each cell of an open loop."""
    rng = random.Random(3)
    found = []
    for own in of["cells"]:
        if own["scenario"] != "latency" or not own["valid"]:
            continue
        for number in range(1, rounds + 1):
            middle = own["metrics"]["p50"]["median"] * 1000
            buckets: dict[int, int] = {}
            for _ in range(2000):
                value = int(middle * rng.lognormvariate(0, 0.6))
                width = 1 << max(0, value.bit_length() - 8)
                buckets[value // width * width] = buckets.get(value // width * width, 0) + 1
            load = {"histogram": {"unit": "ns", "sub_buckets": 128, "buckets": sorted(buckets.items())}}
            about = {key: own[key] for key in ("scenario", "params", "entry", "contender")}
            found.append(about | {"round": number, "error": None, "notes": [], "load": load})
    return found
