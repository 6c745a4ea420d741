# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What is read of a server from outside, while the load client's measured phase runs."""

import time
from dataclasses import asdict
from typing import Any

from trivium.cpu_time import CpuTime
from trivium.faults import faults_between, read_faults
from trivium.kernel_counters import MachineTime, machine_time
from trivium.memory import held_by
from trivium.server import Server
from trivium.switches import FEW_THREADS, MOST_THREADS, UNREADABLE, Counts, read_switches, switches_between

_NO_MEMORY_GROUP = "there is no memory cgroup that could be made here"
# A sample that took longer than this share of the phase is the last one: reading must not become the load.
_DEAREST_SAMPLE = 0.02

Raw = dict[str, Any]


class Watch:
    """Reads as the measured phase begins, several times within it, and as it ends.

    Reading a thousand processes takes a CPU for a good part of a short phase, and would count against whoever has them.
    Where there are many, they are read only when `thorough`, which few rounds are: the others tell the rate.
    """

    def __init__(self, server: Server, duration: float, *, thorough: bool) -> None:
        self._server = server
        self._duration = duration
        self._thorough = thorough
        self._when: dict[str, float] = {}
        self._cpu: dict[str, CpuTime] = {}
        self._machine: dict[str, MachineTime] = {}
        self._faults: dict[str, tuple[int, int]] = {}
        self._switches: dict[str, Counts | None] = {}
        self._samples: list[Raw] = []
        self._too_dear = False

    def _mark(self, name: str) -> None:
        # The CPU counter first: reading everything else takes time.
        self._when[name] = time.monotonic()
        self._cpu[name] = self._server.account.read(self._server.pid)
        self._machine[name] = machine_time()
        members = self._server.members()
        memory = self._server.account.memory
        of_group = memory.faults() if memory is not None else None
        self._faults[name] = of_group if of_group is not None else read_faults(members)
        self._switches[name] = read_switches(members, MOST_THREADS if self._thorough else FEW_THREADS)

    def begin(self) -> None:
        """Reads what counts up, for the first time."""
        self._mark("begin")

    def middle(self) -> None:
        """Reads what goes up and down: memory and units."""
        members = self._server.members()
        if self._too_dear or (len(members) > FEW_THREADS and not self._thorough):
            return
        began = time.monotonic()
        held = held_by(members)
        memory = self._server.account.memory
        kernel = None if memory is None else memory.kernel_bytes()
        self._samples.append({"at": began - self._when["begin"], **asdict(held), "kernel": kernel})
        self._too_dear = time.monotonic() - began > _DEAREST_SAMPLE * self._duration

    def end(self) -> None:
        """Reads what counts up, for the last time."""
        self._mark("end")
        if not self._samples:  # no CPU was free for it in time: what is held now is nearly what was held
            self.middle()

    def _counted(self, unmeasured: dict[str, str]) -> Raw:
        """Returns the differences of what counts up; what can't be told is None, with its reason in `unmeasured`."""
        switches = switches_between(self._switches["begin"], self._switches["end"])
        faults = faults_between(self._faults["begin"], self._faults["end"])
        if isinstance(switches, str):
            names = ("voluntary_switches_per_op", "involuntary_switches_per_op", "migrations_per_op")
            unmeasured |= dict.fromkeys(names, switches)
        elif switches.migrations is None:
            unmeasured["migrations_per_op"] = UNREADABLE
        if isinstance(faults, str):
            unmeasured |= dict.fromkeys(("minor_faults_per_op", "major_faults_per_op"), faults)
        return {
            "context_switches": None if isinstance(switches, str) else asdict(switches),
            "faults": None if isinstance(faults, str) else dict(zip(("minor", "major"), faults, strict=True)),
        }

    def findings(self, load: Raw) -> Raw:
        """Returns what was found over the measured phase, whose bounds the load client tells."""
        # What was read late covers less of the phase at its begin, and nothing but an idle server at its end.
        first = max(self._when["begin"], load["start_monotonic_ns"] / 1e9)
        last = min(self._when["end"], load["end_monotonic_ns"] / 1e9)
        used = self._cpu["end"].since(self._cpu["begin"])
        began, ended = self._machine["begin"], self._machine["end"]
        memory = self._server.account.memory
        unmeasured: dict[str, str] = {}
        if memory is None:
            unmeasured["kernel_memory"] = _NO_MEMORY_GROUP
        return {
            "seconds": last - first,
            "watched_seconds": self._when["end"] - self._when["begin"],
            "cpu_ns": {"total": used.total, "user": used.user, "system": used.system},
            "cpu_source": self._server.account.source,
            "memory_source": memory.source if memory else "/proc",
            "machine_busy_seconds": ended.busy - began.busy,
            "stolen_seconds": ended.stolen - began.stolen,
            "memory": self._samples,
            **self._counted(unmeasured),
            "unmeasured": unmeasured,
        }
