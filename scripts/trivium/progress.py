# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Shows on standard error how far a comparison is; standard output is for results."""

import shutil
import sys
import time


def duration(seconds: float) -> str:
    """Returns minutes and seconds: "4:05"."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class Progress:
    """One line that is overwritten on a terminal; elsewhere a line at each step worth keeping."""

    def __init__(self, program: str = "compare") -> None:
        self._program = program
        self._terminal = sys.stderr.isatty()
        self._shown = ""
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        """Says what begins now; stays readable."""
        self.clear()
        print(f"{self._program}: {text}", file=sys.stderr, flush=True)

    def line(self, text: str) -> None:
        """Shows something that the next one replaces; nothing where there is no terminal."""
        if not self._terminal:
            return
        width = shutil.get_terminal_size().columns
        self._shown = text[: width - 1]
        print(f"\r\033[K{self._shown}", end="", file=sys.stderr, flush=True)

    def bar(self, done: int, total: int, left: float, what: str) -> None:
        """Shows a bar, the time left and what is being measured."""
        filled = round(24 * done / total) if total else 24
        bar = "#" * filled + "." * (24 - filled)
        self.line(f"[{bar}] {done}/{total}  {duration(left)} left  {what}")

    def clear(self) -> None:
        """Takes back the line that was last shown."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._shown = ""
