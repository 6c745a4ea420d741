# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Measures one cell in one round: a fresh server, the load client, and what the server cost meanwhile."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.cpu_time import CpuAccount, CpuTime
from trivium.errors import LoadFailed, ServerFailed
from trivium.ideals import ideal_of
from trivium.kernel_counters import MachineTime, increase, machine_time, tcp_counters
from trivium.load import Moments, Phases, command_for, run_load
from trivium.memory import pss_bytes
from trivium.placement import Placement
from trivium.plan import Task
from trivium.server import Server, free_port, running
from trivium.switches import Counts, read_switches, switches_between

Raw = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What every measurement of a comparison uses."""

    placement: Placement
    account: CpuAccount
    phases: Phases
    scratch: Path


class _Watch:
    """What is read from outside while the load runs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.cpu: dict[str, CpuTime] = {}
        self.when: dict[str, float] = {}
        self.machine: dict[str, MachineTime] = {}
        self.switches: dict[str, Counts] = {}
        self.pss: int | None = None
        self.processes = 0

    def _mark(self, name: str) -> None:
        # The CPU counter first: reading everything else takes time.
        self.when[name] = time.monotonic()
        self.cpu[name] = self._server.account.read(self._server.pid)
        self.machine[name] = machine_time()
        self.switches[name] = read_switches(self._server.members())

    def begin(self) -> None:
        self._mark("begin")

    def middle(self) -> None:
        members = self._server.members()
        self.processes = len(members)
        self.pss = pss_bytes(members)

    def end(self) -> None:
        self._mark("end")

    def findings(self, load: Raw) -> Raw:
        """Returns what was found over the measured phase, whose bounds the load client tells."""
        # What was read late covers less of the phase at its begin, and nothing but an idle server at its end.
        first = max(self.when["begin"], load["start_monotonic_ns"] / 1e9)
        last = min(self.when["end"], load["end_monotonic_ns"] / 1e9)
        used = self.cpu["end"].since(self.cpu["begin"])
        switches = switches_between(self.switches["begin"], self.switches["end"])
        began, ended = self.machine["begin"], self.machine["end"]
        return {
            "seconds": last - first,
            "watched_seconds": self.when["end"] - self.when["begin"],
            "cpu_ns": {"total": used.total, "user": used.user, "system": used.system},
            "cpu_source": self._server.account.source,
            "machine_busy_seconds": ended.busy - began.busy,
            "stolen_seconds": ended.stolen - began.stolen,
            "pss_bytes": self.pss,
            "processes": self.processes,
            "threads": len(self.switches["end"]),
            "context_switches": None
            if switches is None
            else {"voluntary": switches.voluntary, "involuntary": switches.involuntary},
        }


def measure(task: Task, bench: Bench) -> Raw:
    """Returns the raw measurement; one that failed has the reason in `error` and no `load`."""
    scenario, variant, contender = task.scenario, task.variant, task.entry.contender
    placement = bench.placement.of(scenario)
    port = free_port() if contender.foreign else None
    files = bench.scratch / "files"
    shutil.rmtree(files, ignore_errors=True)
    command = contender.command(port or 0, variant, len(placement.server), files)
    polite = "handles-sigterm" in contender.can
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
    tcp, began = tcp_counters(), time.monotonic()
    output = bench.scratch / "load.json"
    output.unlink(missing_ok=True)
    errors = bench.scratch / "server.stderr"
    server: Server | None = None
    try:
        with running(command, placement.server, bench.account, errors, port, polite=polite) as server:
            watch = _Watch(server)
            moments = Moments(watch.begin, watch.middle, watch.end)
            load = command_for(variant, contender, server.address, variant.phases, output)
            raw["load_command"] = load
            raw["load"] = run_load(load, placement.load, variant.phases, moments, output)
            raw |= watch.findings(raw["load"])
    except (ServerFailed, LoadFailed) as error:
        raw.pop("load", None)
        raw["error"] = str(error)
    if server is not None:
        raw["notes"] += server.notes
    raw["tcp"] = increase(tcp, tcp_counters())
    raw["wall_seconds"] = time.monotonic() - began
    return raw
