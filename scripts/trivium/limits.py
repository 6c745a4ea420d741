# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Whether this machine's limits let the comparison run at all."""

import resource
from collections.abc import Sequence
from pathlib import Path

from trivium.scenarios import Variant


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


def problems(variants: Sequence[Variant]) -> list[str]:
    """Returns what is too small for the scenarios' variants, and what would do; nothing where all fits."""
    most = max((variant.connections for variant in variants), default=0)
    found = []

    def need(what: str, have: int | None, wanted: int, cure: str) -> None:
        if have is not None and have != resource.RLIM_INFINITY and have < wanted:
            found.append(f"{what}: {have} are allowed, {most} connections need {wanted} ({cure})")

    # A supervisor holds a channel and a process handle for each worker beside the connections.
    need("open files", resource.getrlimit(resource.RLIMIT_NOFILE)[1], 4 * most + 256, "ulimit -n")
    need("processes", resource.getrlimit(resource.RLIMIT_NPROC)[1], 2 * most + 256, "ulimit -u")
    need("accept queue", read_number("/proc/sys/net/core/somaxconn"), most, "sysctl net.core.somaxconn")
    need("local ports", local_ports(), most, "sysctl net.ipv4.ip_local_port_range")
    need("process ids", read_number("/proc/sys/kernel/pid_max"), 4 * most + 1024, "sysctl kernel.pid_max")
    return found
