# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Runs the load client against one server, and says when its measured phase begins and ends."""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.errors import LoadFailed
from trivium.paths import LOAD
from trivium.processes import die_with_parent, kill_all
from trivium.scenarios import Scenario

FAILURES = ("refused", "reset", "timed_out", "wrong", "unsent", "drained")
_SLACK = 15.0


@dataclass(frozen=True)
class Phases:
    """How long the load client runs, in seconds."""

    warmup: float
    duration: float

    @property
    def total(self) -> float:
        """Both phases together."""
        return self.warmup + self.duration


@dataclass(frozen=True)
class Moments:
    """What to do while the load runs: as its measured phase begins, half-way through it, as it ends."""

    begin: Callable[[], None]
    middle: Callable[[], None]
    end: Callable[[], None]


def command_for(scenario: Scenario, address: str, phases: Phases, output: Path) -> list[str]:
    """Returns the load client's command line."""
    return [
        str(LOAD),
        *("--target", address),
        *("--connections", str(scenario.connections)),
        *("--warmup", f"{round(phases.warmup * 1000)}ms"),
        *("--duration", f"{round(phases.duration * 1000)}ms"),
        *("--json", str(output)),
        *scenario.load,
    ]


class _Lines:
    """The lines of a process's standard output, each as soon as it is there."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._descriptor = process.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._descriptor, selectors.EVENT_READ)
        self._pending = b""
        self.ended = False

    def next(self, deadline: float) -> str | None:
        """Returns the next line; None where there is none by the deadline, or no more at all (`ended`)."""
        while b"\n" not in self._pending and not self.ended:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                return None
            piece = os.read(self._descriptor, 4096)
            self.ended = not piece
            self._pending += piece
        line, newline, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="replace").strip() if newline else None

    def close(self) -> None:
        """Gives back what it holds."""
        self._selector.close()


def _follow(lines: _Lines, phases: Phases, moments: Moments) -> None:
    """Calls the moments as the load client announces them; LoadFailed where it does not."""
    deadline = time.monotonic() + phases.total + _SLACK
    middle: float | None = None
    begun = False
    while not lines.ended:
        line = lines.next(deadline if middle is None else middle)
        if line == "measuring":
            moments.begin()
            begun, middle = True, time.monotonic() + phases.duration / 2
        elif line == "measured" and begun:
            moments.end()
            return
        elif line is None and middle is not None:
            moments.middle()
            middle = None
        elif time.monotonic() > deadline:
            raise LoadFailed(f"the load client was not done {_SLACK:g} s after its time")
    raise LoadFailed("the load client ended before it had measured")


def run_load(command: Sequence[str], cpus: Sequence[int], phases: Phases, moments: Moments, output: Path) -> Any:
    """Runs the load client and returns its JSON; LoadFailed says why there is none."""
    errors = output.with_suffix(".stderr")

    def prepare() -> None:
        die_with_parent()
        os.sched_setaffinity(0, cpus)

    with errors.open("wb") as standard_error:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=standard_error,
                start_new_session=True,
                preexec_fn=prepare,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise LoadFailed(f"the load client could not be started: {error}") from error
    lines = _Lines(process)
    try:
        _follow(lines, phases, moments)
        process.wait(_SLACK)
        return json.loads(output.read_text(encoding="utf-8"))
    except (LoadFailed, subprocess.TimeoutExpired, OSError, ValueError) as error:
        said = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise LoadFailed(f"{error}" + (f": {said[-1][:200]}" if said else "")) from error
    finally:
        lines.close()
        if process.poll() is None:
            kill_all([process.pid])
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        errors.unlink(missing_ok=True)
