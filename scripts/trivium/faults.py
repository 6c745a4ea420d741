# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How many page faults a process tree has taken, where no cgroup tells: /proc, which keeps those of the dead.

A process keeps what its ended threads took, and takes over what its children took once it has waited for them. What
children took that nobody waited for is lost; where processes have gone, the sum may fall, and there is none.
"""

from collections.abc import Iterable
from pathlib import Path

Faults = tuple[int, int]
LOST = "processes ended unwaited for, and what the kernel counted for them went too"


def read_faults(pids: Iterable[int]) -> Faults:
    """Returns (minor, major) of the processes, their ended threads and the children that they waited for."""
    minor = major = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        minor += int(fields[7]) + int(fields[8])
        major += int(fields[9]) + int(fields[10])
    return minor, major


def faults_between(before: Faults, after: Faults) -> Faults | str:
    """Returns the difference, or the reason why it can't be told."""
    found = after[0] - before[0], after[1] - before[1]
    return LOST if min(found) < 0 else found
