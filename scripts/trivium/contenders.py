# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which contenders there are, how each is started, and how many connections it can hold."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from trivium.paths import BUILD
from trivium.scenarios import Scenario

MOST_BLOCKING_WORKERS = 1024
SPLIT = "+split"


@dataclass(frozen=True)
class Contender:
    """A server that can be measured.

    `pool` says what `--workers` means to it: "blocking" (a worker holds one connection), "async" (a worker is a
    loop or a thread of the scheduler) or "" (it has no pool). `keeps_contract` is false for what speaks the protocol
    but does not know all flags, signals and counters of the command-line contract.
    """

    name: str
    program: Path
    arguments: tuple[str, ...]
    about: str
    pool: str = ""
    holds_one: bool = False
    keeps_contract: bool = True
    dialect: str = "trivium"

    @property
    def unsplit(self) -> str | None:
        """The name of the contender that differs from it by `--connection loop` alone, or None where it is no split."""
        return self.name.removesuffix(SPLIT) if self.name.endswith(SPLIT) else None

    def workers(self, connections: int, server_cpus: int) -> int | None:
        """Returns how many workers it gets, or None where it has no pool."""
        if self.pool == "blocking":
            return min(connections, MOST_BLOCKING_WORKERS)
        return max(2, server_cpus) if self.pool == "async" else None

    def command(self, listen: str, connections: int, server_cpus: int) -> list[str]:
        """Returns the command that starts it on HOST:PORT."""
        workers = self.workers(connections, server_cpus)
        sized = [] if workers is None else ["--workers", str(workers)]
        return [str(self.program), "--listen", listen, *self.arguments, *sized]

    def cannot(self, scenario: Scenario) -> str | None:
        """Returns why the scenario is not for it ("n/a (...)"), or None where it is."""
        if not scenario.is_for(self.name):
            return "n/a (the scenario is not meant for it)"
        capacity = self.capacity(scenario.connections)
        if scenario.held and capacity is not None and capacity < scenario.connections:
            return f"n/a (capacity): holds {capacity} of the {scenario.connections} connections"
        return None

    def capacity(self, connections: int) -> int | None:
        """Returns how many connections it holds at once when sized for so many, or None: as many as descriptors."""
        if self.holds_one:
            return 1
        return min(connections, MOST_BLOCKING_WORKERS) if self.pool == "blocking" else None


def _echo(model: str, strategy: str, about: str, pool: str = "", *, holds_one: bool = False) -> Contender:
    return Contender(
        name=f"{model}/{strategy}",
        program=BUILD / model / "echo",
        arguments=("--strategy", strategy),
        about=about,
        pool=pool,
        holds_one=holds_one,
    )


def _floor(name: str, program: str, arguments: tuple[str, ...], about: str, pool: str = "") -> Contender:
    path = BUILD / "tests" / program
    return Contender(f"floor/{name}", path, arguments, about, pool, keeps_contract=False)


_ECHOS = (
    _echo("multiprocess", "per-connection", "fork for each connection"),
    _echo("multiprocess", "handoff", "a supervisor passes sockets to worker programs", "blocking"),
    _echo("multiprocess", "shared-accept", "pre-forked workers accept from one listener", "blocking"),
    _echo("multithread", "per-connection", "a thread for each connection"),
    _echo("multithread", "handoff", "an acceptor feeds a fixed pool through a channel", "blocking"),
    _echo("multithread", "shared-accept", "pool threads accept from one listener", "blocking"),
    _echo("async", "per-connection", "a task for each connection, one loop, one thread"),
    _echo("async", "handoff", "tasks on a fixed pool of threads that share a scheduler", "async"),
    _echo("async", "shared-accept", "one loop for each core, each with its own listener", "async"),
    _echo("async", "sequential", "one task serves one connection at a time: the mistake", holds_one=True),
)


def _split(contender: Contender) -> Contender:
    """Returns the contender with each connection split between a unit that reads and one that writes."""
    return replace(
        contender,
        name=contender.name + SPLIT,
        arguments=(*contender.arguments, "--connection", "split"),
        about=f"{contender.about}; one unit reads, another writes",
    )


CONTENDERS = (
    *_ECHOS,
    *(_split(echo) for echo in _ECHOS if not echo.holds_one),
    _floor("epoll", "floor_epoll", (), "one thread on bare epoll: what an event loop costs at least"),
    _floor(
        "blocking-process",
        "floor_blocking",
        ("--model", "process"),
        "bare recv and send in pre-forked processes",
        "blocking",
    ),
    _floor(
        "blocking-thread",
        "floor_blocking",
        ("--model", "thread"),
        "bare recv and send in pool threads",
        "blocking",
    ),
)

DEFAULT_BASELINE = "async/per-connection"


def find(name: str) -> Contender | None:
    """Returns the contender of that name."""
    return next((contender for contender in CONTENDERS if contender.name == name), None)


def wanted(contenders: list[Contender], scenarios: tuple[Scenario, ...]) -> list[Contender]:
    """Returns those that at least one of the scenarios is meant for."""
    return [c for c in contenders if any(scenario.is_for(c.name) for scenario in scenarios)]


def select(globs: list[str]) -> list[Contender]:
    """Returns the contenders that match any of the globs, in the catalogue's order; all for no glob."""
    if not globs:
        return list(CONTENDERS)
    return [c for c in CONTENDERS if any(fnmatchcase(c.name, glob) for glob in globs)]
