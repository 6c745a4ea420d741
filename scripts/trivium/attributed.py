# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What the attribution pass says of a cell: system calls and what else was counted, for one operation.

Its figures have no interval, since counting disturbs; they say why, and not how much.
"""

from collections.abc import Sequence
from typing import Any

from trivium.attribution import by_name
from trivium.cells import Cell, metrics_of

Raw = dict[str, Any]

# What is counted there alone, and what stands in where the timed rounds could not tell it.
_ALONE = {"syscalls_per_op": "syscalls", "instructions_per_op": "instructions"}
_INSTEAD = {
    "voluntary_switches_per_op": "voluntary_switches",
    "involuntary_switches_per_op": "involuntary_switches",
    "migrations_per_op": "migrations",
    "minor_faults_per_op": "minor_faults",
    "major_faults_per_op": "major_faults",
}
NOT_RUN = "the attribution pass has not been run for it"


def _good(raws: Sequence[Raw]) -> list[Raw]:
    usable = (raw for raw in raws if raw["error"] is None and not raw.get("problem") and raw["instrument"] != "none")
    return [raw for raw in usable if raw.get("operations")]


def _why_none(raws: Sequence[Raw]) -> str:
    for raw in raws:
        if raw["instrument"] == "none":
            return raw["reason"]
        if said := raw["error"] or raw.get("problem"):
            return f"the attribution pass failed: {said}"
    return NOT_RUN if not raws else "no operation ended in the attribution pass"


def _why_not(raws: Sequence[Raw], counted: str) -> str:
    """Returns why a pass that counted did not count that."""
    reason = raws[0]["reason"]
    if raws[0]["instrument"] == "strace":
        return f"strace counts system calls alone; {reason}"
    return reason if counted == "instructions" and reason else "perf did not count it"


def add_attribution(cell: Cell, raws: Sequence[Raw]) -> None:
    """Adds to a measured cell what the attribution pass has found for it, or the reason why there is nothing."""
    good = _good(raws)
    cell["attribution"] = None
    unmeasured = cell["unmeasured"]
    if not good:
        unmeasured |= dict.fromkeys(_ALONE, _why_none(raws))
        return
    wanted = _ALONE | {metric: name for metric, name in _INSTEAD.items() if metric not in cell["metrics"]}
    for metric, counted in wanted.items():
        samples = [raw["counts"][counted] / raw["operations"] for raw in good if counted in raw["counts"]]
        if samples:
            cell["metrics"] |= metrics_of({metric: ("1", samples)})
            cell["metrics"][metric]["pass"] = "attribution"
            unmeasured.pop(metric, None)
        else:
            unmeasured.setdefault(metric, _why_not(good, counted))
    calls: dict[str, float] = {}
    for raw in good:
        for name, number in by_name(raw["counts"]).items():
            calls[name] = calls.get(name, 0.0) + number / raw["operations"] / len(good)
    cell["attribution"] = {
        "source": good[0]["instrument"],
        "passes": len(good),
        "operations": sum(raw["operations"] for raw in good),
        "syscalls": dict(sorted(calls.items(), key=lambda item: (item[0] == "other", -item[1], item[0]))),
    }
