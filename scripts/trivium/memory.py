# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How much memory a server holds: the proportional set size, summed over its processes."""

from collections.abc import Iterable
from pathlib import Path


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
