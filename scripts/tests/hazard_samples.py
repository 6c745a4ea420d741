# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Made-up results of hazards, in the form that results.json has them."""

import random
from typing import Any

from tests.report_samples import cell
from trivium.hazard_words import is_hazard

CONTENDERS = (
    "multiprocess/per-connection",
    "multiprocess/handoff",
    "multiprocess/shared-accept",
    "multithread/per-connection",
    "multithread/handoff",
    "multithread/shared-accept",
    "async/per-connection",
    "async/handoff",
    "async/shared-accept",
    "async/sequential",
)
POOLS = tuple(name for name in CONTENDERS if name.startswith("multi") and not name.endswith("per-connection"))
QUESTIONS = {
    "crash": "a handler dies by SIGSEGV",
    "kill-worker": "kill -9 of one worker",
    "kill-supervisor": "kill -9 of the main process",
    "hang": "a handler computes for ever",
    "block": "a handler blocks its thread for 500 ms",
    "slow-sender": "clients dribble a line, a byte at a time",
    "hoard": "connections that never speak",
    "overload": "1.5 times the capacity, then back",
    "leak": "handlers leak 8 MiB each",
    "drain": "SIGTERM under load",
}
TESTS = {
    "crash": ("All/Crash.OfAProcessHarmsItsOwnConnectionAndOfAThreadOrTaskAll", "dies with all its connections"),
    "block": ("All/Stall.ABlockedHandlerHoldsUpWhomItsModelSays", "holds up whom its model says"),
}


def harm_of(hazard: str, contender: str) -> float | None:
    """Returns which share of the healthy requests is harmed; None: that can't happen there."""
    processes, task = contender.startswith("multiprocess"), contender.startswith("async")
    if hazard == "kill-worker":
        return 0.004 if processes else None
    if hazard == "crash":
        return 0.0 if processes else 0.98
    if hazard == "kill-supervisor":
        return 1.0
    if hazard in ("hang", "block"):
        return 0.96 if task and not contender.endswith("handoff") else 0.0004
    if hazard in ("slow-sender", "hoard"):
        return 0.995 if contender in POOLS or contender.endswith("sequential") else 0.0
    return {"overload": 0.31, "leak": 0.0, "drain": 0.02}[hazard] * (2 if task else 1)


def timeline(rng: random.Random, harm: float, begin: int, end: int | None) -> dict[str, Any]:
    """Returns 2.5 s in steps of 50 ms, ten requests in each, of which so many are harmed while the hazard lasts."""
    found: dict[str, Any] = {"step_ms": 50, "start_ms": -500, "hazard_begin_ms": begin, "hazard_end_ms": end}
    found |= {key: [] for key in ("ok", "failed", "late", "p50_us", "p99_us")}
    for step in range(50):
        now = -500 + 50 * step
        within = now >= begin and (end is None or now < end)
        bad = min(10, round(10 * harm * rng.uniform(0.8, 1.2))) if within else 0
        failed = bad // 2
        found["ok"].append(10 - bad)
        found["failed"].append(failed)
        found["late"].append(bad - failed)
        slow = 1 + 400 * harm * within
        silent = within and harm > 0.97 and step % 3
        found["p50_us"].append(None if silent else 180 * slow * rng.lognormvariate(0, 0.2))
        found["p99_us"].append(None if silent else 900 * slow * rng.lognormvariate(0, 0.3))
    return found


def _item(rng: random.Random, hazard: str, contender: str) -> dict[str, Any]:
    harm = harm_of(hazard, contender)
    test, claim = TESTS.get(hazard, ("", ""))
    model = contender.partition("/")[0]
    own = "harms its own connection only" if hazard == "crash" and model == "multiprocess" else claim
    found: dict[str, Any] = {"contender": contender, "hazard": hazard, "question": QUESTIONS[hazard], "harm": harm}
    found |= {"label": "healthy requests failed or late", "unit": "share", "value": harm, "note": ""}
    found |= {"claim": f"a crash {own}" if hazard == "crash" else own, "interval": "95 %", "timeline": None}
    found["test"] = f"{test}/{contender.replace('/', '_').replace('-', '_')}" if test else ""
    if harm is None:
        return found | {
            "low": None,
            "high": None,
            "interval": None,
            "figures": [],
            "note": "n/a (no process serves alone)",
        }
    found |= {"low": max(0.0, harm - 0.02), "high": min(1.0, harm + 0.02)}
    if hazard == "leak":
        kept = 64.0 if model != "multiprocess" else 0.5
        found |= {"label": "memory kept", "unit": "MiB", "value": kept, "low": 0.9 * kept, "high": 1.1 * kept}
        found |= {"harm": 0.8 if kept > 1 else 0.0}
    if hazard == "kill-supervisor":
        found |= {"note": "it can't come back by itself: somebody must start it"}
    found["figures"] = [
        {"label": "failed", "value": harm / 2, "unit": "share", "low": harm / 3, "high": min(1.0, harm)},
        {"label": "p99 before", "value": 900.0, "unit": "us", "low": 800.0, "high": 1000.0},
        {"label": "p99 during", "value": 900 + 4e5 * harm, "unit": "us", "low": 700.0, "high": 1000 + 5e5 * harm},
        {"metric": "recover_s", "label": "time to recover", "value": None, "unit": "s", "low": None, "high": None},
    ]
    end = None if hazard == "kill-supervisor" else 0 if hazard == "kill-worker" else 1000
    found["timeline"] = timeline(rng, harm, 0, end)
    return found


def _doses(rng: random.Random) -> list[dict[str, Any]]:
    found = []
    for contender in CONTENDERS:
        points = []
        for clients in (1, 2, 4, 8, 16, 32):
            value = (9e5 if contender in POOLS and clients >= 16 else 900.0) * rng.lognormvariate(0, 0.1)
            points.append({"x": clients, "value": value, "low": 0.8 * value, "high": 1.2 * value})
        about = {"hazard": "slow-sender", "contender": contender, "axis": "clients", "axis_unit": "clients"}
        about |= {"metric": "p99_during", "unit": "us", "knee": 16 if contender in POOLS else None}
        found.append(about | {"points": points})
        points = []
        for load in (0.5, 0.75, 1.0, 1.25, 1.5, 2.0):
            value = 9000 * min(load, 1.0) * (1 if load <= 1.25 else 0.4)
            points.append({"x": load, "value": value, "low": 0.9 * value, "high": 1.1 * value})
        about = {"hazard": "overload", "contender": contender, "axis": "load", "axis_unit": "x capacity"}
        found.append(about | {"metric": "goodput", "unit": "1/s", "points": points, "knee": 1.25})
    return found


def _defences() -> list[dict[str, Any]]:
    found = []
    for contender in (*POOLS, "async/sequential"):
        about = {"name": "a line's deadline", "hazard": "slow-sender", "contender": contender}
        about |= {"flags": ["--line-timeout", "300ms"], "label": "healthy requests failed or late", "unit": "share"}
        about |= {
            "without": {"value": 0.99, "low": 0.97, "high": 1.0},
            "with": {"value": 0.21, "low": 0.2, "high": 0.4},
        }
        found.append(about | {"bought": "a slow sender holds a worker for 300 ms, and no longer"})
    for contender in ("multiprocess/handoff", "multiprocess/shared-accept"):
        about = {"name": "recycling", "hazard": "leak", "contender": contender, "flags": ["--max-requests", "100"]}
        about |= {"label": "memory kept", "unit": "MiB", "without": {"value": 64.0, "low": 60.0, "high": 70.0}}
        free, dear = ({"value": share, "low": share, "high": share} for share in (0.0, 0.25))
        about |= {"metric": "memory_kept", "harmed": {"without": free, "with": dear}}
        found.append(about | {"with": {"value": 1.2, "low": 1.0, "high": 1.5}, "bought": "what leaked is given back"})
    return found


def _cell(item: dict[str, Any]) -> dict[str, Any]:
    """Returns the cell that the item is made from."""
    params = {"hazard": item["hazard"], "dose": None, "defence": None, "server": ["--hazards"]}
    metrics = {} if item["value"] is None else {"share_failed": ("1", [item["harm"] / 2] * 6)}
    more = {"ranked": False, "notes": [item["note"]] if item["note"] else []}
    more["unmeasured"] = {"recover_s": "it was not back"} if metrics else {}
    return cell(item["hazard"], params, item["contender"], metrics, **more)


def facts() -> dict[str, dict[str, Any]]:
    """Returns what the results say of each hazard's scenario."""
    common = {"operation": "connection", "headline": "share_failed", "headlines": ["share_failed"], "kind": "hazard"}
    common |= {"loop": "open", "axis": None, "unit": None, "needs": ["hazards"], "better": "lower", "caveats": []}
    return {name: common | {"question": question, "ideal": None} for name, question in QUESTIONS.items()}


def add_to(results: dict[str, Any], seed: int = 5) -> dict[str, Any]:
    """Returns the results with hazards, doses and defences in them."""
    rng = random.Random(seed)
    items = [_item(rng, hazard, contender) for hazard in QUESTIONS for contender in CONTENDERS]
    scenarios = results["scenarios"] | facts()
    assert all(is_hazard(scenarios[name]) for name in QUESTIONS)
    cells = [_cell(item) for item in items]
    added = {"cells": [*results["cells"], *cells], "hazards": items, "doses": _doses(rng), "defences": _defences()}
    return results | {"scenarios": scenarios} | added
