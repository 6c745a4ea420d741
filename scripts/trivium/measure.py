# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Measures one cell in one round: a fresh server, the load client, and what the server cost meanwhile."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from trivium.attribution import Counter, Instrument
from trivium.cpu_time import CpuAccount
from trivium.errors import LoadFailed, ServerFailed
from trivium.ideals import ideal_of
from trivium.kernel_counters import increase, tcp_counters
from trivium.load import FAILURES, Moments, command_for, patience, run_load
from trivium.placement import Placement
from trivium.plan import Task
from trivium.scenarios import Phases, Variant
from trivium.server import Server, free_port, running
from trivium.steady import stretch_width
from trivium.watch import Watch

# The attribution pass: long enough to count, since what it counts is a number per operation and no time.
_ATTRIBUTION = Phases(0.2, 0.5)

_THOROUGH_EVERY = 3  # rounds: in these, what takes long to read is read, too

Raw = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What every measurement of a comparison uses."""

    placement: Placement
    account: CpuAccount
    scratch: Path


def _timeline(variant: Variant, phases: Phases) -> list[str]:
    """Returns the load client's flags for a timeline, by which it is judged whether the server had settled."""
    if "--timeline" in variant.load or "idle" in variant.load:
        return []
    return ["--timeline", f"{round(stretch_width(phases.duration) * 1e6)}us"]


def _begun(task: Task, bench: Bench) -> tuple[Raw, list[str], int | None]:
    """Returns what is known before it runs: the raw measurement, the server's command, and its port if it needs one."""
    scenario, variant, contender = task.scenario, task.variant, task.entry.contender
    placement = bench.placement.of(scenario)
    port = free_port() if contender.foreign else None
    files = bench.scratch / "files"
    shutil.rmtree(files, ignore_errors=True)
    command = contender.command(port or 0, variant, len(placement.server), files)
    raw: Raw = {
        "scenario": scenario.name,
        "params": variant.params,
        "entry": task.entry.name,
        "contender": contender.name,
        "label": task.folder,
        "round": task.round,
        "server_command": command,
        "server_cpus": list(placement.server),
        "load_cpus": list(placement.load),
        "ideal": ideal_of(variant, contender, len(placement.server)),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "error": None,
        "notes": [],
    }
    return raw, command, port


class _Reader(Protocol):
    """What is called at the load client's moments, and then tells what it found."""

    def begin(self) -> None: ...
    def middle(self) -> None: ...
    def end(self) -> None: ...
    def findings(self, load: Raw) -> Raw: ...


def _run(task: Task, bench: Bench, phases: Phases, reader_of: Callable[[Server], _Reader]) -> Raw:
    """Runs a fresh server under the load client, with a reader beside it; returns the raw measurement."""
    raw, command, port = _begun(task, bench)
    variant, contender = task.variant, task.entry.contender
    placement = bench.placement.of(task.scenario)
    tcp, began = tcp_counters(), time.monotonic()
    output, errors = bench.scratch / "load.json", bench.scratch / "server.stderr"
    output.unlink(missing_ok=True)
    polite, patient = "handles-sigterm" in contender.can, patience(variant, contender)
    server: Server | None = None
    try:
        account = bench.account
        with running(command, placement.server, account, errors, port, polite=polite, patience=patient) as server:
            reader = reader_of(server)
            load = command_for(variant, contender, server.address, phases, output)
            load += _timeline(variant, phases)
            raw["load_command"] = load
            moments = Moments(reader.begin, reader.middle, reader.end)
            raw["load"] = run_load(load, placement.load, phases, moments, output, patient)
            raw |= reader.findings(raw["load"])
    except (ServerFailed, LoadFailed) as error:
        raw.pop("load", None)
        raw["error"] = str(error)
    if server is not None:
        raw["notes"] += server.notes
    raw["tcp"] = increase(tcp, tcp_counters())
    raw["wall_seconds"] = time.monotonic() - began
    return raw


def measure(task: Task, bench: Bench) -> Raw:
    """Returns the raw measurement; one that failed has the reason in `error` and no `load`."""
    phases = task.variant.phases
    # Where connections are silent, nothing is disturbed by reading.
    thorough = task.round % _THOROUGH_EVERY == 1 or "idle" in task.variant.load
    return _run(task, bench, phases, lambda server: Watch(server, phases.duration, thorough=thorough))


class _Counting:
    """The reader of the attribution pass."""

    def __init__(self, server: Server, instrument: Instrument, scratch: Path) -> None:
        self._counter = Counter(instrument, server.members(), scratch)
        self._instrument = instrument
        self._counts: Raw | None = None

    def begin(self) -> None:
        self._counter.begin()

    def middle(self) -> None:
        pass

    def end(self) -> None:
        self._counter.end()

    def close(self) -> Raw:
        """Ends the instrument and returns its counts."""
        if self._counts is None:
            self._counts = self._counter.close()
        return self._counts

    def findings(self, load: Raw) -> Raw:
        """Returns the counts, and for how many operations they are."""
        operations = load.get("completed", load["ok"])
        if self._instrument.kind == "strace":  # it counts from the first connection to the last
            operations = load["ok"] + load["outside"]["ok"]
        return {"counts": self.close(), "operations": operations, "problem": self._counter.problem}


def attribute(task: Task, bench: Bench, instrument: Instrument) -> Raw:
    """Returns what the instrument counts for the task; one that failed has the reason in `error` and no `counts`."""
    whole = task.variant.phases
    phases = Phases(min(whole.warmup, _ATTRIBUTION.warmup), min(whole.duration, _ATTRIBUTION.duration))
    counting: list[_Counting] = []

    def reader(server: Server) -> _Counting:
        counting.append(_Counting(server, instrument, bench.scratch))
        return counting[-1]

    try:
        raw = _run(task, bench, phases, reader)
    finally:
        for each in counting:
            each.close()
    load = raw.pop("load", None)
    if load is not None:
        raw["failures"] = sum(load[name] + load["outside"][name] for name in FAILURES)
    return raw | {"instrument": instrument.kind, "reason": instrument.reason}
