# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Measures one hazard in one round: a fresh server, healthy clients before, during and after, and what is left then.

The healthy clients are the load client, each request a short connection that needs a unit of the server, planned at
a rate that does not wait. Its timeline is as fine as the requests are far apart, so that each of them is known.
"""

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trivium.contenders import units
from trivium.errors import LoadFailed, ServerFailed
from trivium.hazard_clients import Neighbour, parse_address, probe
from trivium.hazard_inject import Injector, Scene, injector_for
from trivium.hazards import LATE_MS, NOTHING, OUTCOMES, TIMEOUT_MS, Case, Spans
from trivium.kernel_counters import machine_time, queued
from trivium.load import FAILURES, Moments, patience, run_load
from trivium.measure import Bench
from trivium.memory import pss_bytes
from trivium.paths import LOAD
from trivium.plan import HazardTask
from trivium.scenarios import Phases
from trivium.server import Server, running

DRAIN_MS = 300  # for what is left at the end of a measurement; a drain that is measured may take longer
MEASURED_DRAIN_MS = 5000
WARMUP = 0.1
_TICK = 0.01
_LEAD = 0.002  # the hazard begins this long before a request of the timeline is planned
_IN_FLIGHT = 256
_GLANCE = 0.05
MOST_OFF_MS = 100  # how far from its time a hazard may begin or end
_MOMENTS = {  # at which memory is looked at, by metric
    "share_kept": ("before", "after"),
    "memory_kept": ("before", "after"),
    "memory_during": ("before", "during"),
}
_STILL_OPEN = 0.1  # seconds for which neighbours stay after a SIGTERM
_SETTLE = 1.0  # seconds for what has died to be gone, and for who gave up to come back

Raw = dict[str, Any]


def _load_command(task: HazardTask, address: str, output: Path) -> list[str]:
    hazard = task.case.hazard
    return [
        *(str(LOAD), "--target", address, "--mode", "churn", "--line-bytes", "64"),
        *("--connections", str(_IN_FLIGHT), "--rate", str(hazard.rate)),
        *("--warmup", f"{round(WARMUP * 1000)}ms", "--duration", f"{round(hazard.spans.total * 1000)}ms"),
        *("--timeout", f"{TIMEOUT_MS}ms", "--late-after", f"{LATE_MS}ms"),
        *("--timeline", f"{round(1e6 / hazard.rate)}us", "--json", str(output)),
    ]


class _Healthy:
    """The load client in a thread of its own, and when its measured phase began."""

    def __init__(self, command: Sequence[str], cpus: Sequence[int], spans: Spans, output: Path) -> None:
        self._began = threading.Event()
        self._load: Raw | None = None
        self._error: LoadFailed | None = None

        def nothing() -> None:
            pass

        def run() -> None:
            phases = Phases(WARMUP, spans.total)
            try:
                self._load = run_load(command, cpus, phases, Moments(self._began.set, nothing, nothing), output)
            except LoadFailed as error:
                self._error = error
            finally:  # whatever it is, nobody is to wait for it for ever
                self._began.set()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def wait_for_begin(self) -> float:
        """Returns when the measured phase began, by the monotonic clock."""
        self._began.wait()
        return time.monotonic()

    def result(self) -> Raw:
        """Waits for its end; returns what it tells, or raises why it tells nothing."""
        self._thread.join()
        if self._load is None:
            raise self._error or LoadFailed("the load client told nothing")
        return self._load


def _wait_until(when: float, tick: Callable[[], None]) -> None:
    while (left := when - time.monotonic()) > 0:
        tick()
        time.sleep(min(_TICK, left))


def requests_of(load: Raw) -> Raw:
    """Returns every healthy request, from the timeline: a letter for what became of it (OUTCOMES), and its latency.

    Where a stretch of the timeline holds several requests, it counts as the worst of them.
    """
    line = load["timeline"]
    letters, latencies = [], []
    for place, planned in enumerate(line["planned"]):
        became = [name for name in (*FAILURES, "late", "ok") if line[name][place]]
        letters.append(OUTCOMES[became[0]] if planned and became else NOTHING)
        longest = line["max_ns"][place]
        latencies.append(None if not line["ok"][place] or longest is None else round(longest / 1000))
    return {"width_ms": line["width_s"] * 1000, "outcomes": "".join(letters), "latency_us": latencies}


def _run_through(
    scene: Scene, injector: Injector, healthy: _Healthy, memory: "_Memory"
) -> tuple[float, float, int]:
    """Lets it happen; returns when the hazard began and ended, and how many neighbours were lost."""
    spans = scene.case.hazard.spans
    start = healthy.wait_for_begin()
    _wait_until(start + spans.before - _LEAD, lambda: None)
    began = time.monotonic()
    injector.begin()
    lost = -1
    if scene.case.hazard.inject == "terminate":  # what is open is served to its end, whenever that comes
        _wait_until(began + _STILL_OPEN, injector.tick)
        lost = _lost(scene.neighbours)
    _wait_until(start + spans.before + spans.during / 2, injector.tick)
    memory.look("during")
    _wait_until(start + spans.before + spans.during, injector.tick)
    injector.end()
    ended = began if scene.case.hazard.is_instant else time.monotonic()
    _wait_until(start + spans.total, injector.settle)
    return began, ended, lost


def _lost(neighbours: Sequence[Neighbour]) -> int:
    """Asks the neighbours whether they are still served; returns how many are not."""
    lost = sum(not neighbour.ends_well() for neighbour in neighbours)
    for neighbour in neighbours:
        neighbour.close()
    return lost


def _drain_ms(case: Case) -> int:
    return MEASURED_DRAIN_MS if case.hazard.inject == "terminate" else DRAIN_MS


def _drain_flags(case: Case) -> list[str]:
    """Returns how long a drain may take, where the case does not say that itself."""
    return [] if "--drain-timeout" in case.variant.server else ["--drain-timeout", f"{_drain_ms(case)}ms"]


def _end(server: Server, case: Case) -> Raw:
    """Ends the main process, politely as far as it listens to that; tells how it went, and who is there after it.

    The last look before that is at who still waits to be accepted: a server that is stuck takes none of them any more,
    and of any other there is none.
    """
    process = server.process
    if case.hazard.inject == "terminate":
        _wait_for(lambda: process.poll() is not None, MEASURED_DRAIN_MS / 1000 + _SETTLE)
    alive = process.poll() is None
    unaccepted = _unaccepted(server.address) if alive else 0
    began = time.monotonic()
    for _ in range(2):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            _wait_for(lambda: process.poll() is not None, DRAIN_MS / 1000 + 0.2)
    took = time.monotonic() - began

    def behind() -> int:
        return len([pid for pid in server.members() if pid != process.pid])

    if process.poll() is not None:
        _wait_for(lambda: not behind(), _SETTLE)
    return {
        "alive": alive,
        "unaccepted": unaccepted,
        "exit": process.poll(),
        "stop_s": took if alive else None,
        "left_behind": behind(),
    }


def _wait_for(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _counters(path: Path) -> Raw | None:
    """Returns what the server wrote at its end, or None where it wrote nothing."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _happen(task: HazardTask, bench: Bench, server: Server, raw: Raw) -> None:
    """Runs it all against a server that is ready, and writes down what is found."""
    case, hazard = task.case, task.case.hazard
    address = parse_address(server.address)
    first = probe(address, _SETTLE)
    if not first.served:
        raise ServerFailed("it did not serve the first connection")
    scene = Scene(case, server, address, bench.placement.load, bench.scratch)
    wanted = 0 if task.entry.contender.holds_one else hazard.neighbours
    injector = injector_for(scene)
    injector.prepare()
    scene.neighbours = [Neighbour(address) for _ in range(wanted)]
    memory = _Memory(server, hazard.metrics)
    memory.look("before")
    output = bench.scratch / "load.json"
    output.unlink(missing_ok=True)
    command = _load_command(task, server.address, output)
    raw["load_command"] = command
    machine, watched = machine_time(), time.monotonic()
    healthy = _Healthy(command, bench.placement.load, hazard.spans, output)
    began, ended, lost = _run_through(scene, injector, healthy, memory)
    load = healthy.result()
    facts = injector.facts()
    raw["watched_seconds"] = time.monotonic() - watched
    now = machine_time()
    raw["machine_busy_seconds"], raw["stolen_seconds"] = now.busy - machine.busy, now.stolen - machine.stolen
    memory.look("after")
    lost = lost if lost >= 0 else _lost(scene.neighbours)
    start = load["start_monotonic_ns"] / 1e9
    last = probe(address, _SETTLE if server.process.poll() is None else _GLANCE)
    connected = injector.connected + wanted + first.connected + last.connected
    found = {
        "begin_ms": (began - start) * 1000,
        "end_ms": (ended - start) * 1000,
        "facts": facts,
        "neighbours": wanted,
        "neighbours_lost": lost,
        **memory.seen,
        "listens": last.listens,
        "back": last.served,
        "connected": connected + (load.get("connected") or 0),
    }
    _check_moments(found, case)
    raw["requests"] = requests_of(load)
    raw["load"] = {key: value for key, value in load.items() if key not in ("timeline", "histogram")}
    raw["hazard"] = found


class _Memory:
    """What the server's processes hold, at the moments that the metrics need; bytes of PSS, or None."""

    def __init__(self, server: Server, metrics: set[str]) -> None:
        self._server = server
        self._moments = {moment for metric in metrics for moment in _MOMENTS.get(metric, ())}
        self.seen: Raw = dict.fromkeys(("pss_before", "pss_during", "pss_after"))

    def look(self, moment: str) -> None:
        """Looks now, where anything needs that."""
        if moment in self._moments:
            self.seen[f"pss_{moment}"] = pss_bytes(self._server.members())


def _unaccepted(listener: str) -> int:
    """Returns how many connections still wait to be accepted, once all that can be were."""
    address = parse_address(listener)
    _wait_for(lambda: queued(address) == 0, _SETTLE)
    return queued(address)


def _check_moments(found: Raw, case: Case) -> None:
    """Raises LoadFailed where the hazard did not happen when it was to: what was measured then is the machine."""
    spans = case.hazard.spans
    off = abs(found["begin_ms"] - spans.before * 1000)
    if not case.hazard.is_instant:
        off = max(off, abs(found["end_ms"] - (spans.before + spans.during) * 1000))
    if off > MOST_OFF_MS:
        raise LoadFailed(f"it happened {off:.0f} ms from when it was to: this machine had no CPU for it in time")


def _about(task: HazardTask, bench: Bench, stats: Path) -> Raw:
    """Returns what is known of the measurement before it is made."""
    case, contender = task.case, task.entry.contender
    command = contender.command(0, case.variant, len(bench.placement.server), bench.scratch / "files")
    return {
        "scenario": case.hazard.name,
        "params": case.params,
        "entry": task.entry.name,
        "contender": contender.name,
        "label": task.folder,
        "round": task.round,
        "server_command": [*command, *_drain_flags(case), "--stats", str(stats)],
        "server_cpus": list(bench.placement.server),
        "load_cpus": list(bench.placement.load),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "units": units(contender, case.variant),
        "supervised": contender.pool == "blocking" and contender.unit == "process",
        "spans": asdict(case.hazard.spans),
        "leaked_mib": _leaked_mib(case.line),
        "error": None,
        "notes": [],
    }


def _leaked_mib(line: str) -> float:
    """Returns what one such line leaks, in MiB; 0 where it leaks nothing."""
    found = re.fullmatch(r"@leak (\d+)(KiB|MiB)", line)
    return int(found[1]) / (1 if found[2] == "MiB" else 1024) if found else 0.0


def measure_hazard(task: HazardTask, bench: Bench) -> Raw:
    """Returns the raw measurement; one that failed has the reason in `error` and no `hazard`."""
    stats = bench.scratch / "counters.json"
    stats.unlink(missing_ok=True)
    raw = _about(task, bench, stats)
    began = time.monotonic()
    case: Case = task.case
    try:
        with running(
            raw["server_command"],
            bench.placement.server,
            bench.account,
            bench.scratch / "server.stderr",
            polite=False,
            patience=patience(case.variant, task.entry.contender),
            descriptors=case.hazard.descriptors,
            mortal=True,
        ) as server:
            _happen(task, bench, server, raw)
            raw["hazard"] |= _end(server, case)
            raw["hazard"]["said"] = server.last_error()
        killed = (raw["hazard"]["exit"] or 0) < 0
        raw["hazard"]["counters"] = None if killed else _counters(stats)
    except (ServerFailed, LoadFailed, OSError) as error:
        raw.pop("hazard", None)
        raw["error"] = str(error) or type(error).__name__
    raw["wall_seconds"] = time.monotonic() - began
    return raw
