# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Made-up measurements of hazards for the tests."""

from dataclasses import asdict
from typing import Any

from tests import samples
from trivium.hazards import Case, Claim, Defence, Exempt, Hazard
from trivium.load import FAILURES
from trivium.plan import PROFILES, Entry, Plan, why_not

Raw = dict[str, Any]

NAMES = ("multiprocess/handoff", "multithread/handoff", "async/per-connection")
FREE = Defence("deadline", ("--line-timeout", "1s"), ("multi*",), "share_harmed", "it frees the workers")
SLOW = Hazard(
    "slow",
    "whom do they hold up?",
    "dribble",
    "share_harmed",
    ("*", "!*+split"),
    clients=(4, 8, 16),
    at=8.0,
    claims=(Claim(("multi*",), "they hold the pool", "All/Slow.A"), Claim(("*",), "nobody", "All/Slow.A")),
    defences=(FREE,),
)
KILL = Hazard(
    "kill",
    "whom does it take along?",
    "kill-worker",
    "lost",
    ("*",),
    neighbours=4,
    exempt=(Exempt(("async/*",), "no worker processes"),),
)


def plan(*hazards: Hazard, rounds: int = 6) -> Plan:
    """Returns a plan of hazards for one contender of each model."""
    entries = tuple(Entry(name, samples.contender(name)) for name in NAMES)
    return Plan(PROFILES["full"], rounds, 7, "async/per-connection", (), entries, hazards=hazards)


def load(outcomes: str) -> Raw:
    """Returns what the load client tells where these are the outcomes."""
    count = {name: 0 for name in FAILURES} | {
        "refused": outcomes.count("r"),
        "timed_out": outcomes.count("t"),
        "unsent": outcomes.count("u"),
    }
    ok = outcomes.count("o") + outcomes.count("l")
    planned = len(outcomes)
    outside = dict.fromkeys(("planned", "sent", "ok", *FAILURES, "abandoned"), 0)
    return {"planned": planned, "sent": planned - count["unsent"], "ok": ok, **count, "outside": outside}


def raw(case: Case, entry: str, number: int = 1, outcomes: str = "o" * 400, **found: Any) -> Raw:
    """Returns one raw measurement: a request every 5 ms, from 500 ms before the hazard, which takes a second."""
    told = load(outcomes)
    connected = told["sent"] - told["refused"] + 1
    closed = {"end": told["ok"] + 1, "eof": connected - told["ok"] - 1}
    accepted = {"accepted": connected, "active": 0, "closed": closed}
    hazard = {
        "begin_ms": 498.0,
        "end_ms": 1500.0,
        "facts": {},
        "neighbours": case.hazard.neighbours,
        "neighbours_lost": 0,
        "pss_before": None,
        "pss_during": None,
        "pss_after": None,
        "listens": True,
        "back": True,
        "alive": True,
        "exit": 0,
        "stop_s": 0.01,
        "left_behind": 0,
        "said": "",
        "connected": connected,
        "unaccepted": 0,
        "counters": accepted | {"units_started": 9, "units_died": 1},
    }
    return {
        "scenario": case.hazard.name,
        "params": case.params,
        "label": "/".join(filter(None, (case.slug, entry))),
        "entry": entry,
        "contender": entry,
        "round": number,
        "error": None,
        "notes": [],
        "units": 8,
        "supervised": entry == "multiprocess/handoff",
        "spans": asdict(case.hazard.spans) | {"before": 0.5, "during": 1.0, "after": 0.5},
        "leaked_mib": 2.0,
        "requests": {
            "width_ms": 5.0,
            "outcomes": outcomes,
            "latency_us": [None if letter in "rtu" else 150_000 if letter == "l" else 1_000 for letter in outcomes],
        },
        "load": told,
        "hazard": hazard | found,
        "watched_seconds": 2.0,
        "machine_busy_seconds": 0.5,
        "stolen_seconds": 0.0,
        "wall_seconds": 2.5,
    }


def all_raws(of: Plan, outcomes: dict[tuple[str, float, str | None], str]) -> list[Raw]:
    """Returns a measurement for each round of the plan; outcomes by contender, dose, and defence."""
    return [
        raw(
            case,
            entry.name,
            number,
            outcomes.get((entry.name, case.dose, case.defence.name if case.defence else None), "o" * 400),
        )
        for number in range(1, of.rounds + 1)
        for hazard in of.hazards
        for case in hazard.cases()
        for entry in of.hazard_entries()
        if why_not(case, entry.contender) is None
    ]
