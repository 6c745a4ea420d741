# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How much CPU time a server has used: all of its processes, those that have ended included.

A cgroup tells it exactly. Without one that can be written to, /proc tells nearly as much: what short-lived
processes used is known only once their parent has waited for them.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trivium import cgroups
from trivium.memory import MemoryGroup, open_memory_group
from trivium.processes import tree

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuTime:
    """Nanoseconds so far. `user` and `system` may be coarser than `total`, which they share out."""

    total: int
    user: int
    system: int

    def since(self, earlier: "CpuTime") -> "CpuTime":
        """Returns the difference, its total shared out as user and system were."""
        total = self.total - earlier.total
        user, system = self.user - earlier.user, self.system - earlier.system
        if user + system <= 0:
            return CpuTime(total, 0, total)
        share = user / (user + system)
        return CpuTime(total, round(total * share), total - round(total * share))


class CpuAccount(ABC):
    """Accounts for one server after another; with `memory`, for what the kernel holds for it too."""

    source: str
    group: Path | None = None
    memory: MemoryGroup | None = None

    def joiner(self) -> Callable[[], None]:
        """Returns what a server's first process calls between fork and exec, to be accounted for."""
        group = self.group
        join_memory = None if self.memory is None else self.memory.renew()

        def join() -> None:
            if group is not None:
                cgroups.join(group)
            if join_memory is not None:
                join_memory()

        return join

    def members(self, root: int) -> list[int]:
        """Returns the living processes of the server whose first process is root."""
        if self.group is None:
            return tree(root)
        return [int(line) for line in (self.group / "cgroup.procs").read_text().split()]

    @abstractmethod
    def read(self, root: int) -> CpuTime:
        """Returns what the server whose first process is root has used so far."""

    def close(self) -> None:
        """Takes back what was set up. The servers must have ended."""
        if self.memory is not None:
            self.memory.close()
        if self.group is not None:
            cgroups.remove(self.group)  # one that holds a process which is not gone yet is the next run's to remove


class CgroupV1(CpuAccount):
    """The cpuacct controller: nanoseconds in total, user and system in ticks."""

    def __init__(self, group: Path) -> None:
        self.group = group
        self.source = "cgroup v1 cpuacct"
        self._usage = group / "cpuacct.usage"
        self._stat = group / "cpuacct.stat"

    def read(self, root: int) -> CpuTime:
        total = int(self._usage.read_text())
        stat = cgroups.read_fields(self._stat)
        return CpuTime(total, stat["user"] * _TICK_NS, stat["system"] * _TICK_NS)


class CgroupV2(CpuAccount):
    """cpu.stat of the unified hierarchy: microseconds."""

    def __init__(self, group: Path) -> None:
        self.group = group
        self.source = "cgroup v2 cpu.stat"
        self._stat = group / "cpu.stat"

    def read(self, root: int) -> CpuTime:
        stat = cgroups.read_fields(self._stat)
        return CpuTime(*(stat[key] * 1000 for key in ("usage_usec", "user_usec", "system_usec")))


class ProcFiles(CpuAccount):
    """/proc: nanoseconds of living threads, ticks of what has ended and was waited for."""

    source = "/proc schedstat and stat, over the process tree"

    def read(self, root: int) -> CpuTime:
        total = user = system = 0
        for pid in tree(root):
            own, children, own_user, own_system = _read_proc(pid)
            total += own + children
            user, system = user + own_user, system + own_system
        return CpuTime(total, user, system)


def _read_proc(pid: int) -> tuple[int, int, int, int]:
    """Returns own and waited-for children's nanoseconds, then user and system of both; zeros where it has gone."""
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        user, system, children_user, children_system = (int(field) * _TICK_NS for field in fields[11:15])
        living = sum(_schedstat(folder / "task" / task) for task in os.listdir(folder / "task"))
    except (OSError, ValueError):
        return 0, 0, 0, 0
    # `stat` has the ended threads in coarse ticks, `schedstat` the living ones in nanoseconds: neither overstates.
    own = max(living, user + system)
    return own, children_user + children_system, user + children_user, system + children_system


def _schedstat(task: Path) -> int:
    try:
        return int((task / "schedstat").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _works(account: CpuAccount) -> bool:
    """Tries the account on a child that burns some CPU: a group that can't be joined or does not count is useless."""
    join = account.joiner()
    before = account.read(os.getpid())
    child = os.fork()
    if child == 0:
        try:
            join()
            sum(range(200_000))
            os._exit(0)
        except BaseException:  # whatever it is: this copy of the program must not go on
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return status == 0 and account.read(os.getpid()).total > before.total


def open_account() -> CpuAccount:
    """Returns the most exact account that this machine allows, with a memory group where there can be one."""
    account = _open_cpu_account()
    account.memory = open_memory_group(account.group if isinstance(account, CgroupV2) else None)
    return account


def _open_cpu_account() -> CpuAccount:
    kinds: tuple[tuple[str, Callable[[Path], CpuAccount]], ...] = (("cpuacct", CgroupV1), ("", CgroupV2))
    for controller, kind in kinds:
        try:
            group = cgroups.new_group(controller)
            if group is None:
                continue
            account = kind(group)
            if _works(account):
                return account
            account.close()
        except (OSError, ValueError, KeyError):
            continue
    return ProcFiles()
