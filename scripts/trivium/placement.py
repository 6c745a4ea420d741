# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which CPUs the server gets, and which the load client."""

import os
from dataclasses import dataclass
from pathlib import Path

from trivium.errors import WrongUsage
from trivium.scenarios import Scenario

FEW_CPUS = 4  # fewer than these are shared in the scenarios about parallelism
_TOPOLOGY = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class Placement:
    """The CPUs of the two sides, and what a reader must know about them."""

    server: tuple[int, ...]
    load: tuple[int, ...]
    notes: tuple[str, ...]
    asked_for: bool = False

    def of(self, scenario: Scenario) -> "Placement":
        """Returns the placement in that scenario.

        Few CPUs are shared where halving them would take away what is asked about: parallelism.
        """
        both = tuple(sorted({*self.server, *self.load}))
        if scenario.cpus == "apart" or self.asked_for or len(both) >= FEW_CPUS:
            return self
        return Placement(both, both, (f"server and load client share CPU {format_cpu_list(both)}",))


def usable_cpus() -> list[int]:
    """Returns the CPUs that this process may run on."""
    return sorted(os.sched_getaffinity(0))


def parse_cpu_list(text: str) -> list[int]:
    """Returns the CPUs of a list such as "0-3,6"; ValueError where it is none."""
    cpus: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(text)
        span = range(int(first), int(last if dash else first) + 1)
        if not span:
            raise ValueError(text)
        cpus.update(span)
    return sorted(cpus)


def format_cpu_list(cpus: tuple[int, ...]) -> str:
    """Returns the CPUs as the kernel writes them: "0-3,6"."""
    parts: list[list[int]] = []
    for cpu in sorted(cpus):
        if parts and parts[-1][1] == cpu - 1:
            parts[-1][1] = cpu
        else:
            parts.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _core(cpu: int) -> tuple[int, int, int]:
    """Returns a key that puts the hardware threads of one core side by side."""
    folder = _TOPOLOGY / f"cpu{cpu}" / "topology"
    try:
        package = int((folder / "physical_package_id").read_text())
        return package, int((folder / "core_id").read_text()), cpu
    except (OSError, ValueError):
        return 0, cpu, cpu


def default_split(cpus: list[int]) -> tuple[list[int], list[int]]:
    """Returns the server's and the load client's CPUs: halves, no core in both; a lone CPU is shared."""
    if len(cpus) == 1:
        return cpus, cpus
    by_core = sorted(cpus, key=_core)
    middle = len(by_core) - len(by_core) // 2
    # With a core in both halves, it goes whole to the server.
    while 0 < middle < len(by_core) - 1 and _core(by_core[middle])[:2] == _core(by_core[middle - 1])[:2]:
        middle += 1
    return sorted(by_core[:middle]), sorted(by_core[middle:])


def place(server: list[int] | None, load: list[int] | None) -> Placement:
    """Returns the placement for what was asked; WrongUsage names CPUs that this process may not use."""
    usable = usable_cpus()
    for flag, asked in (("--server-cpus", server), ("--load-cpus", load)):
        if asked is not None and not set(asked) <= set(usable):
            raise WrongUsage(f"{flag} takes CPUs out of {format_cpu_list(tuple(usable))}")
    asked_for = server is not None or load is not None
    if server is None and load is None:
        server, load = default_split(usable)
    elif server is None:
        server = [cpu for cpu in usable if cpu not in (load or [])] or usable
    elif load is None:
        load = [cpu for cpu in usable if cpu not in server] or usable
    assert server and load
    notes = []
    if shared := set(server) & set(load):
        notes.append(f"server and load client share CPU {format_cpu_list(tuple(shared))}")
    elif {_core(cpu)[:2] for cpu in server} & {_core(cpu)[:2] for cpu in load}:
        notes.append("server and load client run on hardware threads of the same core")
    return Placement(tuple(server), tuple(load), tuple(notes), asked_for)
