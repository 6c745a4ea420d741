# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How much memory a server holds: what its processes map, the page tables for that, and what the kernel keeps for it.

The proportional set size shares out what processes have in common, so that its sum over a tree is what the tree holds.
Sockets, stacks of the kernel and the like are in no process's set: only a memory cgroup tells them. A group keeps
what is charged to it beyond the death of its processes, so each server gets a fresh one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from trivium import cgroups

# The parts of memory.stat (v2) that are the kernel's own, for kernels before 5.18, which do not add them up.
_KERNEL_PARTS = ("kernel_stack", "pagetables", "sec_pagetables", "percpu", "vmalloc", "slab")


@dataclass(frozen=True)
class Held:
    """What a process tree holds at one moment: bytes, None where no process could be read; and its units."""

    pss: int | None
    page_tables: int | None
    processes: int
    threads: int


def _status(pid: int) -> tuple[int, int]:
    """Returns a process's page tables in bytes, and its threads; zeros where it has gone."""
    tables = threads = 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            if line.startswith("VmPTE:"):
                tables = int(line.split()[1]) * 1024
            elif line.startswith("Threads:"):
                threads = int(line.split()[1])
    except OSError:
        pass
    return tables, threads


def pss_bytes(pids: Iterable[int]) -> int | None:
    """Returns the sum of the processes' PSS; None where no process could be read.

    A process that ends meanwhile counts nothing: it holds nothing any more.
    """
    total, read_any = 0, False
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
                read_any = True
                break
    return total if read_any else None


def held_by(pids: list[int]) -> Held:
    """Returns what the processes hold now."""
    tables = threads = 0
    for pid in pids:
        own_tables, own_threads = _status(pid)
        tables, threads = tables + own_tables, threads + own_threads
    return Held(pss_bytes(pids), tables or None, len(pids), threads)


class MemoryGroup:
    """A memory cgroup for one server after another; what it tells is of the present one."""

    def __init__(self, group: Path, *, unified: bool) -> None:
        self._group = group
        self._unified = unified
        self._number = 0
        self._present = group
        self._before = 0
        self.source = "cgroup v2 memory.stat" if unified else "cgroup v1 memory"

    def renew(self) -> Callable[[], None]:
        """Sets up for the next server; returns what its first process calls between fork and exec."""
        if self._unified:
            # The group is that of CPU time, which the server joins anyway; what it held before is not the server's.
            self._before = self._kernel()
            return lambda: None
        self._drop()
        self._number += 1
        self._present = self._group / str(self._number)
        self._present.mkdir()
        return lambda: cgroups.join(self._present)

    def _drop(self) -> None:
        if self._present != self._group:
            cgroups.remove(self._present)  # where it can't be yet, close() tries again

    def _kernel(self) -> int:
        if self._unified:
            stat = cgroups.read_fields(self._present / "memory.stat")
            own = stat["kernel"] if "kernel" in stat else sum(stat.get(part, 0) for part in _KERNEL_PARTS)
            return own + stat.get("sock", 0)
        names = ("memory.kmem.usage_in_bytes", "memory.kmem.tcp.usage_in_bytes")
        return sum(int((self._present / name).read_text()) for name in names)

    def kernel_bytes(self) -> int | None:
        """Returns what the kernel holds for the server (sockets, buffers, stacks, page tables), or None: unknown."""
        try:
            return max(0, self._kernel() - self._before)
        except (OSError, ValueError):
            return None

    def faults(self) -> tuple[int, int] | None:
        """Returns (minor, major) page faults so far, those of what has ended included; None: unknown."""
        try:
            stat = cgroups.read_fields(self._present / "memory.stat")
            return stat["pgfault"] - stat["pgmajfault"], stat["pgmajfault"]
        except (OSError, ValueError, KeyError):
            return None

    def close(self) -> None:
        """Takes back what was set up. The servers must have ended."""
        if not self._unified:
            cgroups.remove(self._group)


def open_memory_group(unified: Path | None) -> MemoryGroup | None:
    """Returns a memory group, or None where this machine gives none; `unified` is the v2 group of CPU time, if any."""
    try:
        if unified is not None:
            return MemoryGroup(unified, unified=True) if (unified / "memory.stat").exists() else None
        group = cgroups.new_group("memory")
        if group is None:
            return None
        if cgroups.works(group) and (group / "memory.kmem.usage_in_bytes").exists():
            return MemoryGroup(group, unified=False)
        cgroups.remove(group)
    except OSError:
        pass
    return None
