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
    """Accounts for one server after another."""

    source: str
    group: Path | None = None

    def joiner(self) -> Callable[[], None]:
        """Returns what a server's first process calls between fork and exec, to be accounted for."""
        procs = None if self.group is None else str(self.group / "cgroup.procs")

        def join() -> None:
            if procs is not None:
                descriptor = os.open(procs, os.O_WRONLY)
                os.write(descriptor, b"0")
                os.close(descriptor)

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
        if self.group is not None:
            try:
                self.group.rmdir()
            except OSError:
                pass  # it holds a process that is not gone yet; the next run removes it


class CgroupV1(CpuAccount):
    """The cpuacct controller: nanoseconds in total, user and system in ticks."""

    def __init__(self, group: Path) -> None:
        self.group = group
        self.source = "cgroup v1 cpuacct"
        self._usage = group / "cpuacct.usage"
        self._stat = group / "cpuacct.stat"

    def read(self, root: int) -> CpuTime:
        total = int(self._usage.read_text())
        stat = dict(line.split() for line in self._stat.read_text().splitlines())
        return CpuTime(total, int(stat["user"]) * _TICK_NS, int(stat["system"]) * _TICK_NS)


class CgroupV2(CpuAccount):
    """cpu.stat of the unified hierarchy: microseconds."""

    def __init__(self, group: Path) -> None:
        self.group = group
        self.source = "cgroup v2 cpu.stat"
        self._stat = group / "cpu.stat"

    def read(self, root: int) -> CpuTime:
        stat = dict(line.split() for line in self._stat.read_text().splitlines())
        return CpuTime(*(int(stat[key]) * 1000 for key in ("usage_usec", "user_usec", "system_usec")))


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


def _own_cgroup(controller: str) -> tuple[str, str] | None:
    """Returns the path of this process's cgroup in a hierarchy, and the hierarchy's mount point.

    `controller` is "cpuacct", or empty for the unified hierarchy.
    """
    path = None
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if controller in controllers.split(","):
            path = name
    if path is None:
        return None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        mount_root, mount_point = left.split()[3:5]
        wanted = (kind == "cgroup" and controller in options.split(",")) if controller else kind == "cgroup2"
        if wanted and (path + "/").startswith(mount_root.rstrip("/") + "/"):
            return path[len(mount_root.rstrip("/")) :], mount_point
    return None


def _new_group(controller: str) -> Path | None:
    """Returns a new cgroup under our own, or None where there can be none."""
    found = _own_cgroup(controller)
    if found is None:
        return None
    parent = Path(found[1]) / found[0].lstrip("/")
    for stale in parent.glob("trivium-*"):
        if not Path("/proc", stale.name.removeprefix("trivium-")).exists():
            try:
                stale.rmdir()
            except OSError:
                pass
    group = parent / f"trivium-{os.getpid()}"
    try:
        group.mkdir(exist_ok=True)
    except OSError:
        return None
    return group


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
    """Returns the most exact account that this machine allows."""
    kinds: tuple[tuple[str, Callable[[Path], CpuAccount]], ...] = (("cpuacct", CgroupV1), ("", CgroupV2))
    for controller, kind in kinds:
        try:
            group = _new_group(controller)
            if group is None:
                continue
            account = kind(group)
            if _works(account):
                return account
            account.close()
        except (OSError, ValueError, KeyError):
            continue
    return ProcFiles()
