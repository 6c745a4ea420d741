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

from trivium.contenders import Contender, units
from trivium.errors import LoadFailed
from trivium.paths import LOAD
from trivium.processes import die_with_parent, kill_all
from trivium.scenarios import Phases, Variant

FAILURES = ("refused", "reset", "timed_out", "wrong", "unsent", "drained")
_SLACK = 15.0
_MIDDLES = (0.25, 0.5, 0.75)  # of the measured phase: when `middle` is called


@dataclass(frozen=True)
class Moments:
    """What to do while the load runs: as its measured phase begins, several times within it, as it ends."""

    begin: Callable[[], None]
    middle: Callable[[], None]
    end: Callable[[], None]


def _spoken(flags: Sequence[str], contender: Contender) -> list[str]:
    """Returns the flags as the contender's dialect has them: a GET has no line whose length could be chosen."""
    if contender.dialect == "trivium":
        return list(flags)
    kept: list[str] = []
    rest = iter(flags)
    for flag in rest:
        if contender.dialect == "http" and flag == "--line-bytes":
            next(rest, None)
        else:
            kept.append(flag)
    path = ["--path", contender.path] if contender.dialect == "http" else []
    return ["--dialect", contender.dialect, *path, *kept]


def command_for(variant: Variant, contender: Contender, address: str, phases: Phases, output: Path) -> list[str]:
    """Returns the load client's command line."""
    return [
        str(LOAD),
        *("--target", address),
        *("--connections", str(variant.connections)),
        *("--warmup", f"{round(phases.warmup * 1000)}ms"),
        *("--duration", f"{round(phases.duration * 1000)}ms"),
        *("--json", str(output)),
        *_spoken(variant.load, contender),
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


def _follow(lines: _Lines, phases: Phases, moments: Moments, slack: float) -> None:
    """Calls the moments as the load client announces them; LoadFailed where it does not."""
    deadline = time.monotonic() + phases.total + slack
    middles: list[float] = []
    begun = False
    while not lines.ended:
        line = lines.next(middles[0] if middles else deadline)
        if line == "measuring":
            began = time.monotonic()
            moments.begin()
            begun, middles = True, [began + share * phases.duration for share in _MIDDLES]
        elif line == "measured" and begun:
            moments.end()
            return
        elif line is None and middles:
            moments.middle()
            middles.pop(0)
        elif time.monotonic() > deadline:
            raise LoadFailed(f"the load client was not done {slack:g} s after its time")
    raise LoadFailed("the load client ended before it had measured")


def _await_end(process: subprocess.Popen[bytes], slack: float) -> None:
    """Waits while operations of the measured phase are answered, or their time is over; LoadFailed where none end."""
    try:
        process.wait(slack)
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"not all was answered {slack:g} s after the end of the measured phase") from None


def patience(variant: Variant, contender: Contender) -> float:
    """Returns the seconds that it may take longer, on a slow machine, to begin and to end so many units."""
    return 0.005 * variant.connections + 0.02 * units(contender, variant)


def run_load(
    command: Sequence[str], cpus: Sequence[int], phases: Phases, moments: Moments, output: Path, patient: float = 0.0
) -> Any:
    """Runs the load client and returns its JSON; LoadFailed says why there is none. `patient`: see patience."""
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
        _follow(lines, phases, moments, _SLACK + patient)
        _await_end(process, _SLACK + patient)
        return json.loads(output.read_text(encoding="utf-8"))
    except (LoadFailed, OSError, ValueError) as error:
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
