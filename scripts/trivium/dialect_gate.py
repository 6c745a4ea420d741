# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The gate for servers that speak another dialect than ours, of which the conformance suite has no cases.

The load client puts each case to the server for a fraction of a second, and checks every byte that comes back. It
judges what a comparison relies on: that answers are right and whole, of any length, one by one, many at once, in flight
together; and that each exchange ends as it must.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium.contenders import Contender
from trivium.cpu_time import ProcFiles
from trivium.errors import ServerFailed
from trivium.load import FAILURES
from trivium.paths import LOAD
from trivium.processes import die_with_parent
from trivium.scenarios import Scenario, Variant
from trivium.server import free_port, running

MANY = 64  # connections at once: what a pool is sized for
SECONDS = 0.25
_WITHIN = 15.0
TIMEOUT = "2s"


@dataclass(frozen=True)
class DialectCase:
    """One requirement, and the load client's flags that hold a server to it."""

    name: str
    requirement: str
    connections: int
    flags: tuple[str, ...]


def _lines(size: str, depth: int = 1) -> tuple[str, ...]:
    return ("--mode", "lines", "--line-bytes", size, "--depth", str(depth))


CASES: dict[str, tuple[DialectCase, ...]] = {
    "echo": (
        DialectCase("echo.line.byte", "a line of one byte comes back", 1, _lines("1")),
        DialectCase("echo.line.usual", "lines of 64 bytes come back, each on its own connection", MANY, _lines("64")),
        DialectCase("echo.line.long", "lines of 4 KiB come back", 4, _lines("4KiB")),
        DialectCase("echo.line.order", "lines that are in flight together come back in order", 4, _lines("64", 16)),
        DialectCase(
            "echo.end", "what a client that ends its side has sent comes back, then the end", 4, ("--mode", "churn")
        ),
    ),
    "http": (
        DialectCase("http.get.close", "an answer is whole, and then the connection ends", 4, ("--mode", "churn")),
        DialectCase("http.get.keep-alive", "a connection that is kept alive answers again", 4, ("--mode", "lines")),
        DialectCase("http.get.many", "many connections are answered at once", MANY, ("--mode", "lines")),
    ),
}

# What the server is sized for while it is judged.
SIZED = Variant(Scenario("gate", "does it conform?", "operation", "cpu_per_op", MANY, True, (), (), ("*",)))


def _problem(case: DialectCase, contender: Contender, address: str, output: Path, load: Path) -> tuple[str, int]:
    """Returns what is wrong (or nothing), and how many operations were right."""
    output.unlink(missing_ok=True)
    path = ["--path", contender.path] if contender.dialect == "http" else []
    command = [
        str(load),
        *("--target", address, "--dialect", contender.dialect, *path),
        *("--connections", str(case.connections), "--warmup", "0s", "--duration", f"{round(SECONDS * 1000)}ms"),
        *("--timeout", TIMEOUT, "--progress", "never", "--json", str(output), *case.flags),
    ]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WITHIN,
            check=False,
            preexec_fn=die_with_parent,
        )
        found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    except subprocess.TimeoutExpired:
        return f"not done within {_WITHIN:g} s", 0
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"could not be judged: {error}", 0
    said = done.stderr.strip().splitlines()[:1]
    failed = {name: found[name] + found["outside"][name] for name in FAILURES}
    wrong = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in failed.items() if count)
    if wrong or done.returncode != 0:
        return "; ".join([wrong or f"ended with {done.returncode}", *said])[:300], found["ok"]
    return ("", found["ok"]) if found["ok"] else ("nothing was answered", 0)


def judge_dialect(contender: Contender, folder: Path, log: Path, load: Path = LOAD) -> tuple[tuple[str, ...], str]:
    """Returns the cases that failed, and why none could be judged (or nothing); the log has the whole story."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    cpus = sorted(os.sched_getaffinity(0))
    command = contender.command(port, SIZED, len(cpus), folder / "files")
    failed = []
    with log.open("w", encoding="utf-8") as told:
        try:
            with running(command, cpus, ProcFiles(), folder / "server.stderr", port, polite=False) as server:
                for case in CASES[contender.dialect]:
                    problem, right = _problem(case, contender, server.address, folder / "load.json", load)
                    verdict = f"FAILED: {problem}" if problem else "ok"
                    told.write(f"{case.name} (MUST): {case.requirement}: {verdict} ({right} operations were right)\n")
                    told.flush()
                    if problem:
                        failed.append(case.name)
        except ServerFailed as error:
            told.write(f"{error}\n")
            return tuple(failed), str(error)
    return tuple(failed), ""
