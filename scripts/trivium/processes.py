# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which processes belong to a server, and how all of them are ended."""

import ctypes
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Process:
    """A line of the process table."""

    pid: int
    parent: int
    session: int
    state: str

    @property
    def is_zombie(self) -> bool:
        """Says whether it has ended, and only its exit status is left."""
        return self.state in "ZX"


def adopt_orphans() -> None:
    """Makes this process the parent of every descendant that loses its own, so that none escapes."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent dies. For use between fork and exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def read_process(pid: int) -> Process | None:
    """Returns the process, or None where it has gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # The command's name may hold spaces and parentheses: what counts begins after the last one.
    state, parent, _group, session = text.rpartition(")")[2].split()[:4]
    return Process(pid, int(parent), int(session), state)


def all_processes() -> list[Process]:
    """Returns every process that can be seen."""
    pids = (int(entry) for entry in os.listdir(PROC) if entry.isdigit())
    return [process for pid in pids if (process := read_process(pid)) is not None]


def tree(root: int) -> list[int]:
    """Returns the living processes that descend from root, or are in its session, root first."""
    processes = all_processes()
    members = {root}
    grown = True
    while grown:
        more = {p.pid for p in processes if p.parent in members or p.session == root}
        grown = not more <= members
        members |= more
    living = {p.pid for p in processes if not p.is_zombie}
    return sorted(members & living, key=lambda pid: (pid != root, pid))


def descendants() -> list[int]:
    """Returns all living descendants of this process."""
    own = os.getpid()
    processes = all_processes()
    members = {own}
    grown = True
    while grown:
        more = {p.pid for p in processes if p.parent in members}
        grown = not more <= members
        members |= more
    living = {p.pid for p in processes if not p.is_zombie}
    return sorted((members & living) - {own})


def reap_orphans(pids: Iterable[int]) -> None:
    """Collects those of the processes that have ended and have become children of this one."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue


def kill_all(pids: Iterable[int], within: float = 5.0) -> list[int]:
    """Kills the processes and waits until they have gone; returns what is still there after that time."""
    left = list(pids)
    deadline = time.monotonic() + within
    while left:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        reap_orphans(left)
        left = [p for p in left if (found := read_process(p)) is not None and not found.is_zombie]
        if time.monotonic() > deadline:
            break
        if left:
            time.sleep(0.005)
    return left


def kill_descendants() -> list[int]:
    """Kills whatever this process has started and has not ended; returns what could not be killed."""
    left: list[int] = []
    for _ in range(20):  # one that is being killed can still fork once more
        found = descendants()
        if not found:
            return []
        left = kill_all(found)
    return left
