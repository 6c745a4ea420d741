# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Whether this machine's limits let the comparison run at all."""

import resource
from collections.abc import Iterable
from pathlib import Path

from trivium.contenders import Contender, units
from trivium.scenarios import Variant

_MARGIN = 256  # what else runs, and what a server holds beside its connections
# A connection that a process, a thread or a task serves costs the whole system about so many bytes.
_BYTES = {"process": 150 << 10, "thread": 64 << 10, "task": 16 << 10, "": 16 << 10}
_PIDS_MAX = ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max")


def read_number(path: str) -> int | None:
    """Returns the number in a file of /proc or /sys, or None where there is none."""
    try:
        return int(Path(path).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def local_ports() -> int | None:
    """Returns how many ports a client may use from one address to one server."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(last) - int(first) + 1
    except (OSError, ValueError):
        return None


def raise_descriptors() -> int:
    """Lifts the soft limit of descriptors to the hard one, for us and what we start; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _available_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _smallest(*limits: int | None) -> int | None:
    known = [limit for limit in limits if limit is not None and limit != resource.RLIM_INFINITY]
    return min(known, default=None)


def problems(pairs: Iterable[tuple[Variant, Contender]]) -> list[str]:
    """Returns what is too small for what will be measured, and what would do; nothing where all fits."""
    have = {
        "open files": (resource.getrlimit(resource.RLIMIT_NOFILE)[1], "ulimit -n"),
        "processes and threads": (
            _smallest(
                resource.getrlimit(resource.RLIMIT_NPROC)[1],
                read_number("/proc/sys/kernel/pid_max"),
                read_number("/proc/sys/kernel/threads-max"),
                *(read_number(path) for path in _PIDS_MAX),
            ),
            "ulimit -u, sysctl kernel.pid_max, the cgroup's pids.max",
        ),
        "accept queue": (read_number("/proc/sys/net/core/somaxconn"), "sysctl net.core.somaxconn"),
        "bytes of memory": (_available_memory(), "free some, or leave the contender out"),
    }
    needed: dict[str, tuple[int, str]] = {}

    def need(what: str, wanted: int, who: str) -> None:
        if wanted > needed.get(what, (0, ""))[0]:
            needed[what] = (wanted, who)

    for variant, contender in pairs:
        if variant.scenario.kind != "served":
            continue
        who = f"{contender.name} in {variant.label}"
        need("open files", variant.connections + _MARGIN, who)
        need("processes and threads", units(contender, variant) + _MARGIN, who)
        # Connections that are to stay are opened a few at a time, short ones all at once.
        need("accept queue", 1 if variant.scenario.held else variant.connections, who)
        need("bytes of memory", variant.connections * _BYTES[contender.unit], who)
    found = []
    for what, (wanted, who) in needed.items():
        available, cure = have[what]
        if available is not None and available != resource.RLIM_INFINITY and available < wanted:
            found.append(f"{what}: {available:,} are there, {who} needs {wanted:,} ({cure})")
    return found
