# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Control groups of our own: where they can be made, and that no stale one stays."""

import os
from pathlib import Path

_NAME = "trivium-"


def own_path(controller: str) -> Path | None:
    """Returns the folder of this process's group in a hierarchy, or None where there is no such hierarchy.

    `controller` is that of a v1 hierarchy, as "cpuacct", or empty for the unified one (v2).
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
            return Path(mount_point) / path[len(mount_root.rstrip("/")) :].lstrip("/")
    return None


def remove(group: Path) -> bool:
    """Takes the group back, those in it first; says whether it has gone. One with a process in it stays."""
    try:
        for inner in group.iterdir():
            if inner.is_dir():
                remove(inner)
        group.rmdir()
    except OSError:
        return not group.exists()
    return True


def new_group(controller: str) -> Path | None:
    """Returns a new group under our own, or None where there can be none. Stale ones of the dead are removed."""
    parent = own_path(controller)
    if parent is None:
        return None
    for stale in parent.glob(f"{_NAME}*"):
        if not Path("/proc", stale.name.removeprefix(_NAME)).exists():
            remove(stale)
    group = parent / f"{_NAME}{os.getpid()}"
    try:
        group.mkdir(exist_ok=True)
    except OSError:
        return None
    return group


def join(group: Path) -> None:
    """Moves this process into the group. For use between fork and exec."""
    descriptor = os.open(group / "cgroup.procs", os.O_WRONLY)
    try:
        os.write(descriptor, b"0")
    finally:
        os.close(descriptor)


def works(group: Path) -> bool:
    """Tries the group on a child: says whether one can join it."""
    child = os.fork()
    if child == 0:
        try:
            join(group)
            os._exit(0)
        except BaseException:  # whatever it is: this copy of the program must not go on
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return status == 0


def read_fields(path: Path) -> dict[str, int]:
    """Returns the numbers of a file of "NAME NUMBER" lines."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
