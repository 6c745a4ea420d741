# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How often a server's threads were switched out, because they waited or were made to, and moved to another CPU.

The kernel keeps these for each thread and forgets them with it. Where threads came or went, a sum would be too small,
and so there is none; the attribution pass may have it.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Reading a thread's files takes some 50 us: more threads than these would be read for longer than they are measured.
MOST_THREADS = 1500

FEW_THREADS = 128

CAME_AND_WENT = "threads came and went, and what the kernel counted for them went too"
TOO_MANY = f"so many threads (more than {FEW_THREADS}) are read in few rounds, and more than {MOST_THREADS} in none"
UNREADABLE = "this kernel does not tell it of a thread"


@dataclass(frozen=True)
class OfThread:
    """What the kernel counted for one thread so far; migrations None where it does not tell."""

    voluntary: int
    involuntary: int
    migrations: int | None


Counts = dict[tuple[int, int], OfThread]


@dataclass(frozen=True)
class Switches:
    """Context switches and migrations in a span of time."""

    voluntary: int
    involuntary: int
    migrations: int | None


def _migrations(folder: Path) -> int | None:
    try:
        for line in (folder / "sched").read_text().splitlines():
            if line.startswith(("se.nr_migrations", "nr_migrations")):
                return int(line.rpartition(":")[2])
    except (OSError, ValueError):
        pass
    return None


def read_switches(pids: Iterable[int], most: int = MOST_THREADS) -> Counts | None:
    """Returns the counts of every living thread, by process and thread; None: there are more than `most` threads."""
    folders: list[tuple[int, Sequence[str]]] = []
    number = 0
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        folders.append((pid, tasks))
        number += len(tasks)
        if number > most:
            return None
    counts: Counts = {}
    for pid, tasks in folders:
        for task in tasks:
            folder = Path(f"/proc/{pid}/task/{task}")
            try:
                lines = (folder / "status").read_text(errors="replace").splitlines()
                voluntary, involuntary = (int(line.split()[1]) for line in lines if "ctxt_switches" in line)
            except (OSError, ValueError):
                continue
            counts[pid, int(task)] = OfThread(voluntary, involuntary, _migrations(folder))
    return counts


def switches_between(before: Counts | None, after: Counts | None) -> Switches | str:
    """Returns the difference, or the reason why it can't be told."""
    if before is None or after is None:
        return TOO_MANY
    if not before or before.keys() != after.keys():
        return CAME_AND_WENT
    moved = [(before[key].migrations, after[key].migrations) for key in before]
    return Switches(
        sum(after[key].voluntary - before[key].voluntary for key in before),
        sum(after[key].involuntary - before[key].involuntary for key in before),
        sum(late - early for early, late in moved if early is not None and late is not None)
        if all(None not in pair for pair in moved)
        else None,
    )
