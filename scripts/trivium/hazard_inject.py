# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Makes hazards happen: one class for each kind of what `hazards.INJECTIONS` names."""

import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trivium.errors import LoadFailed
from trivium.hazard_clients import Address, Client, Neighbour
from trivium.hazards import LATE_MS, TIMEOUT_MS, Case
from trivium.load import Moments, run_load
from trivium.paths import LOAD
from trivium.scenarios import Phases
from trivium.server import Server

_CAPACITY_PHASES = Phases(0.1, 0.4)
_CAPACITY_CONNECTIONS = 4  # for each worker of a pool: some always wait, so that the server never does
_FLOODERS = 1024  # connections that a flood may have at once

Raw = dict[str, Any]


@dataclass
class Scene:
    """Where a hazard happens."""

    case: Case
    server: Server
    address: Address
    load_cpus: Sequence[int]
    scratch: Path
    neighbours: list[Neighbour] = field(default_factory=list)


class Injector:
    """What happens: `prepare` before the healthy clients start, `begin` and `end` at their moments, `tick` between."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.connected = 0  # how many of our connections the kernel took

    def prepare(self) -> None:
        """Does what must be done before."""

    def begin(self) -> None:
        """Begins."""

    def tick(self) -> None:
        """Does what must be done again and again; returns at once."""

    def end(self) -> None:
        """Ends, and lets go of all that it holds."""

    def settle(self) -> None:
        """Does what is left to do after the end, again and again; returns at once."""

    def facts(self) -> Raw:
        """Returns what it has found."""
        return {}


class _Clients(Injector):
    """Clients that are there from begin to end."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.clients: list[Client] = []

    def open(self, *, deaf: bool = False) -> list[Client]:
        """Opens as many as the case has."""
        opened = [Client(self.scene.address, deaf=deaf) for _ in range(self.scene.case.clients)]
        self.connected += sum(client.connected for client in opened)
        self.clients += opened
        return opened

    def begin(self) -> None:
        self.open()

    def end(self) -> None:
        self.ended_by_server = sum(client.connected and client.gone for client in self.clients)
        for client in self.clients:
            client.close()

    def facts(self) -> Raw:
        return {"opened": self.connected, "ended_by_server": self.ended_by_server}


class Silent(_Clients):
    """They say nothing."""

    def tick(self) -> None:
        for client in self.clients:
            client.read()


class Dribble(_Clients):
    """They send a byte of a line now and then."""

    def tick(self) -> None:
        for client in self.clients:
            client.send(b"a")
            client.read()


class Deaf(_Clients):
    """They send as much as there is room for, and read nothing."""

    def begin(self) -> None:
        self.open(deaf=True)
        self.tick()

    def tick(self) -> None:
        for client in self.clients:
            client.flood()


class Line(_Clients):
    """They ask for something, once or every so often, each time over a new connection."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._line = scene.case.line.encode() + b"\n"
        self._every = scene.case.hazard.every_ms / 1000
        self._next = 0.0

    def _ask(self) -> None:
        for client in self.open():
            client.send(self._line + b"\n")

    def begin(self) -> None:
        self._next = time.monotonic() + self._every
        self._ask()

    def settle(self) -> None:
        for client in self.clients:
            client.read()

    def tick(self) -> None:
        self.settle()
        if self._every and time.monotonic() >= self._next:
            self._next += self._every
            self._ask()

    def end(self) -> None:
        """Asks for no more; who is not answered yet may be."""

    def facts(self) -> Raw:
        super().end()
        answered = sum(self._line in client.received for client in self.clients)
        return {**super().facts(), "asked": len(self.clients), "answered": answered}


class Flood(Injector):
    """A load client of its own, that asks for more than the server was just seen to do."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._capacity = 0.0
        self._found: Raw | None = None
        self._error: LoadFailed | None = None
        self._thread: threading.Thread | None = None

    def _run(self, name: str, phases: Phases, flags: Sequence[str]) -> Raw:
        output = self.scene.scratch / f"{name}.json"
        command = [
            *(str(LOAD), "--target", f"{self.scene.address[0]}:{self.scene.address[1]}", "--mode", "churn"),
            *("--line", self.scene.case.line, "--warmup", f"{round(phases.warmup * 1000)}ms"),
            *("--duration", f"{round(phases.duration * 1000)}ms"),
            *("--timeout", f"{TIMEOUT_MS}ms", "--late-after", f"{LATE_MS}ms", "--json", str(output), *flags),
        ]

        def nothing() -> None:
            pass

        load = run_load(command, self.scene.load_cpus, phases, Moments(*[nothing] * 3), output)
        self.connected += load.get("connected") or 0
        return dict(load)

    def prepare(self) -> None:
        connections = _CAPACITY_CONNECTIONS * self.scene.case.hazard.workers
        found = self._run("capacity", _CAPACITY_PHASES, ["--connections", str(connections)])
        self._capacity = found["completed"] / found["duration_s"]
        if self._capacity <= 0:
            raise LoadFailed("the server answered nothing when its capacity was measured")

    def begin(self) -> None:
        rate = max(1, round(self.scene.case.load * self._capacity))
        flags = ["--connections", str(_FLOODERS), "--rate", str(rate)]

        def flood() -> None:
            try:
                self._found = self._run("flood", Phases(0, self.scene.case.hazard.spans.during), flags)
            except LoadFailed as error:
                self._error = error

        self._thread = threading.Thread(target=flood, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Ends by itself: `facts` waits for it."""

    def facts(self) -> Raw:
        assert self._thread is not None
        self._thread.join()
        if self._found is None:
            raise LoadFailed(f"the flood came to nothing: {self._error}")
        told = ("planned", "ok", "late", "refused", "reset", "timed_out", "unsent", "drained", "wrong", "duration_s")
        return {"capacity": self._capacity, "flood": {name: self._found[name] for name in told}}


class Signal(Injector):
    """A signal to a process of the server."""

    def __init__(self, scene: Scene, number: int, *, worker: bool) -> None:
        super().__init__(scene)
        self._number = number
        self._worker = worker
        self.pid = 0

    def begin(self) -> None:
        served = next((neighbour.pid for neighbour in self.scene.neighbours if neighbour.pid), None)
        self.pid = (served or 0) if self._worker else self.scene.server.pid
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, self._number)

    def facts(self) -> Raw:
        return {"signalled": self.pid}


class KillAny(Injector):
    """SIGKILL to a process of the server other than its main one, chosen at random, every so often."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._every = scene.case.hazard.every_ms / 1000
        self._next = 0.0
        self._killed = 0

    def begin(self) -> None:
        self._next = time.monotonic()
        self.tick()

    def tick(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next += self._every
        main = self.scene.server.pid
        if others := [pid for pid in self.scene.server.members() if pid != main]:
            with suppress(ProcessLookupError):
                os.kill(random.choice(others), signal.SIGKILL)
                self._killed += 1

    def facts(self) -> Raw:
        return {"killed": self._killed}


_PLAIN = {"silent": Silent, "dribble": Dribble, "deaf": Deaf, "line": Line, "flood": Flood, "kill-any": KillAny}


def injector_for(scene: Scene) -> Injector:
    """Returns what makes the scene's hazard happen."""
    inject = scene.case.hazard.inject
    if inject in _PLAIN:
        return _PLAIN[inject](scene)
    number = signal.SIGTERM if inject == "terminate" else signal.SIGKILL
    return Signal(scene, number, worker=inject == "kill-worker")
