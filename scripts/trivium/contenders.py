# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which contenders there are, how each is started, and how many connections it can hold."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from trivium.paths import BUILD
from trivium.scenarios import PROFILE_NAMES, Scenario, Variant

MOST_BLOCKING_WORKERS = 1024
SPLIT = "+split"
_SHARE = re.compile(r"\{workers/([1-9]\d*)\}")
DIALECTS = ("trivium", "echo", "http")


@dataclass(frozen=True)
class Contender:
    """A server (or, `role` "fetch", a fetch client) that can be measured.

    The `arguments` of what is `foreign` may hold the fields that contenders.toml tells of, and so may its `files` (name
    and text), which stand in the folder {dir}. `pool` says what `--workers` means to it: "blocking" (a
    worker holds one connection), "async" (a worker is a loop or a thread of the scheduler) or "" (it has no pool).
    `keeps_contract` is false for what speaks the protocol but does not know all flags, signals and counters of the
    command-line contract; `foreign` is true for what is not ours and knows none of our flags. `unit` is what a
    connection gets of its own. `missing` says why it can't run here, or nothing.
    """

    name: str
    program: Path
    arguments: tuple[str, ...]
    about: str
    pool: str = ""
    holds_one: bool = False
    keeps_contract: bool = True
    dialect: str = "trivium"
    role: str = "server"
    can: frozenset[str] = frozenset()
    unit: str = ""
    holds: int = 0
    foreign: bool = False
    files: tuple[tuple[str, str], ...] = ()
    path: str = "/"
    missing: str = ""
    profiles: tuple[str, ...] = PROFILE_NAMES

    @property
    def key(self) -> str:
        """What tells it from all others: a server and a fetch client may have the same name."""
        return self.name if self.role == "server" else f"fetch:{self.name}"

    @property
    def unsplit(self) -> str | None:
        """The name of the contender that differs from it by `--connection loop` alone, or None where it is no split."""
        return self.name.removesuffix(SPLIT) if self.name.endswith(SPLIT) else None

    @property
    def finds_port(self) -> bool:
        """Says whether it finds a free port where it is given 0, and tells it in its ready line."""
        return not self.foreign

    def workers(self, connections: int, server_cpus: int) -> int | None:
        """Returns how many workers it gets, or None where it has no pool."""
        if self.pool == "blocking":
            return min(connections, self.holds or MOST_BLOCKING_WORKERS)
        return max(2, server_cpus) if self.pool == "async" else None

    def command(self, port: int | str, variant: Variant, server_cpus: int, folder: Path) -> list[str]:
        """Returns the command that starts it on that port of 127.0.0.1; what it reads is written into the folder."""
        workers = self.workers(variant.connections, server_cpus)
        sized_to = workers or max(2, server_cpus)
        fields = {
            "{port}": str(port),
            "{workers}": str(sized_to),
            "{connections}": str(variant.connections),
            "{cpus}": str(server_cpus),
            "{dir}": str(folder),
        }

        def filled(text: str) -> str:
            for name, value in fields.items():
                text = text.replace(name, value)
            return _SHARE.sub(lambda share: str(-(-sized_to // int(share[1]))), text)

        for name, text in self.files:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(filled(text), encoding="utf-8")
        if self.foreign:
            words: list[str] = []
            for word in self.arguments:
                words += list(variant.server) if word == "{flags}" else [filled(word)]
            return [str(self.program), *words]
        sized = [] if workers is None else ["--workers", str(workers)]
        listen = ["--listen", f"127.0.0.1:{port}"]
        return [str(self.program), *listen, *self.arguments, *sized, *variant.server]

    def cannot(self, variant: Variant) -> str | None:
        """Returns why the scenario is not for it ("n/a (...)"), or None where it is."""
        scenario = variant.scenario
        if (scenario.kind == "fetch") != (self.role == "fetch") or not scenario.is_for(self.name):
            return "n/a (the scenario is not meant for it)"
        if self.missing:
            return f"n/a (not here): {self.missing}"
        if self.dialect not in scenario.dialects:
            return f"n/a (dialect): the scenario is for {', '.join(scenario.dialects)}, and it speaks {self.dialect}"
        if lacking := [need for need in variant.needs if need not in self.can]:
            return f"n/a ({lacking[0]}): the scenario needs {' and '.join(lacking)}, which it does not have"
        capacity = self.capacity(variant.connections)
        if scenario.held and capacity is not None and capacity < variant.connections:
            return (
                f"n/a (capacity): holds {capacity:,} of {variant.connections:,} connections; "
                "the kernel would queue the rest"
            )
        return None

    def capacity(self, connections: int) -> int | None:
        """Returns how many connections it holds at once when sized for so many, or None: as many as descriptors."""
        if self.holds_one:
            return 1
        if self.pool == "blocking":
            return self.workers(connections, 1)
        return self.holds or None


_OURS = frozenset({"hazards", "stats", "capacity", "handles-sigterm"})
_BY_FLAG = ("hazards", "offload")  # what a server can only where it has a flag of that name


def _echo(model: str, strategy: str, about: str, unit: str, pool: str = "", *, holds_one: bool = False) -> Contender:
    return Contender(
        name=f"{model}/{strategy}",
        program=BUILD / model / "echo",
        arguments=("--strategy", strategy),
        about=about,
        pool=pool,
        holds_one=holds_one,
        can=_OURS | {"offload"} if unit == "task" else _OURS,  # what has a loop that could be held up
        unit=unit,
    )


def _floor(name: str, program: str, arguments: tuple[str, ...], about: str, unit: str, pool: str = "") -> Contender:
    path = BUILD / "tests" / program
    return Contender(
        f"floor/{name}",
        path,
        arguments,
        about,
        pool,
        keeps_contract=False,
        can=frozenset({"handles-sigterm"}),
        unit=unit,
    )


def _fetch(model: str, strategy: str, about: str) -> Contender:
    return Contender(
        name=f"{model}/{strategy}",
        program=BUILD / model / "fetch",
        arguments=("--strategy", strategy),
        about=about,
        role="fetch",
    )


_ECHOS = (
    _echo("multiprocess", "per-connection", "fork for each connection", "process"),
    _echo("multiprocess", "handoff", "a supervisor passes sockets to worker programs", "process", "blocking"),
    _echo("multiprocess", "shared-accept", "pre-forked workers accept from one listener", "process", "blocking"),
    _echo("multithread", "per-connection", "a thread for each connection", "thread"),
    _echo("multithread", "handoff", "an acceptor feeds a fixed pool through a channel", "thread", "blocking"),
    _echo("multithread", "shared-accept", "pool threads accept from one listener", "thread", "blocking"),
    _echo("async", "per-connection", "a task for each connection, one loop, one thread", "task"),
    _echo("async", "handoff", "tasks on a fixed pool of threads that share a scheduler", "task", "async"),
    _echo("async", "shared-accept", "one loop for each core, each with its own listener", "task", "async"),
    _echo("async", "sequential", "one task serves one connection at a time: the mistake", "task", holds_one=True),
)


def _split(contender: Contender) -> Contender:
    """Returns the contender with each connection split between a unit that reads and one that writes."""
    return replace(
        contender,
        name=contender.name + SPLIT,
        arguments=(*contender.arguments, "--connection", "split"),
        about=f"{contender.about}; one unit reads, another writes",
    )


_PROCESSES = "bare recv and send in pre-forked processes"
_THREADS = "bare recv and send in pool threads"

CONTENDERS = (
    *_ECHOS,
    *(_split(echo) for echo in _ECHOS if not echo.holds_one),
    _floor("epoll", "floor_epoll", (), "one thread on bare epoll: what an event loop costs at least", "task"),
    _floor("blocking-process", "floor_blocking", ("--model", "process"), _PROCESSES, "process", "blocking"),
    _floor("blocking-thread", "floor_blocking", ("--model", "thread"), _THREADS, "thread", "blocking"),
)

FETCHERS = (
    _fetch("multiprocess", "per-url", "fork for each URL"),
    _fetch("multiprocess", "handoff", "URLs are sent to worker programs, results come back"),
    _fetch("multiprocess", "shared-queue", "a forked pool takes the next index from shared memory"),
    _fetch("multithread", "per-url", "a thread for each URL"),
    _fetch("multithread", "handoff", "a channel feeds a fixed pool, another brings results back"),
    _fetch("multithread", "shared-queue", "pool threads take the next index"),
    _fetch("async", "per-url", "a task for each URL, joined on one thread"),
    _fetch("async", "handoff", "tasks on a pool, results come back over a channel"),
    _fetch("async", "shared-queue", "one loop for each core takes the next index"),
)

DEFAULT_BASELINE = "async/per-connection"
DEFAULT_FETCH_BASELINE = "async/per-url"


def find(name: str, among: Sequence[Contender] = CONTENDERS) -> Contender | None:
    """Returns the contender of that name."""
    return next((contender for contender in among if contender.name == name), None)


def wanted(contenders: Sequence[Contender], scenarios: tuple[Scenario, ...]) -> list[Contender]:
    """Returns those that at least one of the scenarios is meant for."""
    kinds = {"server": "served", "fetch": "fetch"}
    return [c for c in contenders if any(s.kind == kinds[c.role] and s.is_for(c.name) for s in scenarios)]


def select(globs: Sequence[str], among: Sequence[Contender] = CONTENDERS) -> list[Contender]:
    """Returns the contenders that match any of the globs, in the catalogue's order; all for no glob."""
    if not globs:
        return list(among)
    return [c for c in among if any(fnmatchcase(c.name, glob) for glob in globs)]


def units(contender: Contender, variant: Variant) -> int:
    """Returns how many processes or threads of its own serve the variant's connections; 0 where tasks do."""
    if contender.unit not in ("process", "thread"):
        return 0
    at_once = contender.capacity(variant.connections) or variant.connections
    return at_once * (2 if contender.unsplit else 1)


@lru_cache
def _help_of(program: Path) -> str | None:
    try:
        done = subprocess.run(
            [str(program), "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def learned(contender: Contender) -> Contender:
    """Returns the contender without what it was expected to be able to, but its program's --help does not tell of.

    For contenders of ours, once they are built.
    """
    text = None if contender.foreign or contender.role == "fetch" else _help_of(contender.program)
    if text is None:
        return contender
    absent = {capability for capability in _BY_FLAG if f"--{capability}" not in text}
    return replace(contender, can=contender.can - absent)
