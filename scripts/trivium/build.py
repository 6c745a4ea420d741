# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Prepares the machine and builds what is compared."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from trivium.errors import CannotCompare
from trivium.paths import BUILD, ROOT, SCRIPTS, shown
from trivium.processes import kill_all, tree

Say = Callable[[str], None]


def prepare(say: Say) -> None:
    """Installs what is missing; CannotCompare where that did not work (setup has said what to do)."""
    setup = str(SCRIPTS / "setup")
    check = subprocess.run([setup, "--check"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check.returncode == 0:
        return
    say(f"installing what is missing: {' '.join(check.stdout.split())}")
    # Its standard input stays ours: sudo may have to ask. Its words go to standard error: ours are results.
    if subprocess.run([setup], stdout=2, check=False).returncode != 0:
        raise CannotCompare("the machine is not prepared: see above")


def build(programs: Iterable[Path], say: Say, show: Say) -> None:
    """Configures the preset `release` and builds the programs, no more; where that fails, the whole log is shown.

    `say` gets what is worth keeping, `show` what the next line may replace.
    """
    if not (BUILD / "build.ninja").exists():
        say("configuring")
        _run(["cmake", "--preset", "release"], show, "configuring")
    say(f"building in {shown(BUILD)} (minutes for the first time)")
    # The generator is Ninja: a program's path is a target.
    targets = sorted({str(program.relative_to(BUILD)) for program in programs})
    _run(["cmake", "--build", "--preset", "release", "--target", *targets], show, "building")


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a build as ^C does, so that Ninja takes back what is half written; kills it where that does not help."""
    members = tree(process.pid)
    for pid in members:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        kill_all(tree(process.pid))


def _run(command: list[str], say: Say, what: str) -> None:
    log: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                log.append(line.rstrip())
                if line.startswith("["):  # Ninja's "[done/all] what"
                    say(f"{what} {line.partition(']')[0]}]")
        except BaseException:
            _end(process)
            raise
    if process.returncode != 0:
        if unknown := re.search(r"unknown target '([^']+)'", "\n".join(log)):
            raise CannotCompare(f"{shown(BUILD / unknown[1])} is not built: this source tree has no such program")
        raise CannotCompare("\n".join([*log, f"{what} failed: see above"]))
