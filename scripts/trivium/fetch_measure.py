# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Measures a fetch client in one round: a slow origin, all the URLs, and what the client cost meanwhile.

The raw measurement has the form of a server's: the client takes the server's place, and the origin the load client's.
"""

import json
import math
import os
import resource
import select
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trivium.cpu_time import CpuAccount, CpuTime, ProcFiles
from trivium.errors import LoadFailed, ServerFailed
from trivium.ideals import ideal_of
from trivium.kernel_counters import increase, machine_time, tcp_counters
from trivium.load import FAILURES
from trivium.measure import Bench
from trivium.memory import held_by
from trivium.paths import ORIGIN
from trivium.placement import Placement
from trivium.plan import Task
from trivium.processes import die_with_parent, kill_all, tree
from trivium.server import Server, running

BODY_BYTES = 256
_SLACK = 30.0
_SATURATED = 0.95
_SAMPLES = 8  # of memory, within the ideal time
_OFTEN = 0.01  # seconds between two of them, at least
_DEAREST = 0.1  # of that time: reading must not become the load
_GIGA = 1_000_000_000

Raw = dict[str, Any]


@dataclass
class _Client:
    """A fetch client that runs, and what was read of it."""

    process: subprocess.Popen[bytes]
    account: CpuAccount
    began: float
    samples: list[Raw]
    ended: float = 0.0
    used: CpuTime = CpuTime(0, 0, 0)
    usage: resource.struct_rusage | None = None


def _sample(client: _Client) -> None:
    held = held_by(client.account.members(client.process.pid))
    memory = client.account.memory
    kernel = None if memory is None else memory.kernel_bytes()
    if held.processes:
        client.samples.append({"at": time.monotonic() - client.began, **asdict(held), "kernel": kernel})


def _await_end(client: _Client, interval: float, within: float) -> int:
    """Waits for its end and reads its memory until then; returns the exit code. LoadFailed where it takes too long."""
    handle = os.pidfd_open(client.process.pid)
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        while not poller.poll(interval * 1000):
            asked = time.monotonic()
            if asked - client.began > within:
                raise LoadFailed(f"the client was not done after {within:g} s")
            _sample(client)
            interval = max(interval, (time.monotonic() - asked) / _DEAREST)
        client.ended = time.monotonic()
    finally:
        os.close(handle)
    _, status, usage = os.wait4(client.process.pid, 0)
    client.process.returncode = os.waitstatus_to_exitcode(status)
    client.usage = usage
    user, system = round(usage.ru_utime * _GIGA), round(usage.ru_stime * _GIGA)
    client.used = CpuTime(user + system, user, system)
    return client.process.returncode


def _run(command: Sequence[str], cpus: Sequence[int], account: CpuAccount, output: Path, ideal: float) -> _Client:
    """Runs the client to its end; whatever happens, nothing of it stays."""
    join = account.joiner()

    def prepare() -> None:
        die_with_parent()
        join()
        os.sched_setaffinity(0, cpus)

    before = account.read(os.getpid()) if account.group else CpuTime(0, 0, 0)
    with output.open("wb") as results, output.with_suffix(".stderr").open("wb") as errors:
        began = time.monotonic()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=results,
                stderr=errors,
                start_new_session=True,
                preexec_fn=prepare,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise LoadFailed(f"the client could not be started: {error}") from error
    client = _Client(process, account, began, [])
    try:
        code = _await_end(client, max(_OFTEN, ideal / _SAMPLES), 10 * ideal + _SLACK)
        if code not in (0, 1):
            raise LoadFailed(f"the client ended with {code}")
        if account.group:
            client.used = account.read(os.getpid()).since(before)
    finally:
        if process.returncode is None:
            kill_all({*account.members(process.pid), *tree(process.pid)})
            process.wait()
    return client


def _outcome(result: Raw) -> str:
    """Returns how a URL ended, in the load client's words."""
    error = result.get("error")
    if error is None:
        return "ok" if result["status"] == 200 and result["bytes"] == BODY_BYTES else "wrong"
    for word, outcome in (("refused", "refused"), ("reset", "reset"), ("timed out", "timed_out")):
        if word in error:
            return outcome
    return "wrong"


def read_outcomes(text: str, urls: int) -> tuple[Counter[str], list[float]]:
    """Returns how the URLs ended, and the milliseconds that each took that was fetched; LoadFailed for other output."""
    try:
        results = [json.loads(line) for line in text.splitlines()]
        in_order = [result["index"] for result in results] == list(range(1, len(results) + 1))
        outcomes = Counter(_outcome(result) for result in results)
        times = [float(result["ms"]) for result in results if _outcome(result) == "ok"]
    except (ValueError, KeyError, TypeError) as error:
        raise LoadFailed(f"the client's output is not a JSON object for each URL: {error}") from error
    if not in_order:
        raise LoadFailed("the client's results are not in the order of the URLs")
    outcomes["unsent"] += urls - len(results)
    return outcomes, times


def _latencies(times: Sequence[float]) -> Raw:
    if not times:
        return {"count": 0}
    ordered = sorted(times)
    shares = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))

    def at(share: float) -> int:
        return round(ordered[math.ceil(share * len(ordered)) - 1] * 1e6)

    return {"count": len(ordered)} | {name: at(share) for name, share in shares}


def _told_by(origin: Server) -> Raw:
    """Returns what the origin has counted; asks it for that."""
    assert origin.process.stdout is not None
    origin.process.send_signal(signal.SIGUSR1)
    ready, _, _ = select.select([origin.process.stdout], [], [], 5)
    if not ready:
        return {}
    with suppress(ValueError):
        told = json.loads(os.read(origin.process.stdout.fileno(), 4096))
        return told if isinstance(told, dict) else {}
    return {}


def _counted(client: _Client) -> Raw:
    """Returns what the kernel has counted for the client and for those that it waited for."""
    usage = client.usage
    assert usage is not None
    switches = {"voluntary": usage.ru_nvcsw, "involuntary": usage.ru_nivcsw, "migrations": None}
    return {"context_switches": switches, "faults": {"minor": usage.ru_minflt, "major": usage.ru_majflt}}


def _measured(task: Task, origin: Server, bench: Bench, placement: Placement, raw: Raw) -> None:
    """Runs the client against the origin and puts into `raw` what was found."""
    variant, scenario = task.variant, task.scenario
    folder: Path = bench.scratch / "fetch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    urls, output = folder / "urls.txt", folder / "results.jsonl"
    lines = (f"http://{origin.address}/{number:06d}\n" for number in range(1, scenario.urls + 1))
    urls.write_text("".join(lines), encoding="utf-8")
    contender = task.entry.contender
    command = [str(contender.program), *contender.arguments, "--jobs", str(variant.jobs), "--input", str(urls)]
    command += ["--format", "json", "--progress", "never"]
    raw["server_command"] = command
    of_origin, machine = ProcFiles(), machine_time()
    before = of_origin.read(origin.pid)
    client = _run(command, placement.server, bench.account, output, raw["ideal"]["value"])
    used, now = of_origin.read(origin.pid).since(before), machine_time()
    watched = time.monotonic() - client.began
    makespan = client.ended - client.began
    outcomes, times = read_outcomes(output.read_text(encoding="utf-8", errors="replace"), scenario.urls)
    share = used.total / _GIGA / makespan
    none: Raw = dict.fromkeys(("ok", *FAILURES), 0)
    raw["load"] = none | {
        "mode": "fetch",
        **outcomes,
        "planned": scenario.urls,
        "sent": scenario.urls - outcomes["unsent"],
        "duration_s": makespan,
        "makespan_s": makespan,
        "latency_ns": _latencies(times),
        "client_cpu_share": share,
        "saturated": share > _SATURATED,
        "cpu_user_s": used.user / _GIGA,
        "cpu_system_s": used.system / _GIGA,
        "outside": none,
    }
    memory = bench.account.memory
    raw |= {
        "seconds": makespan,
        "watched_seconds": watched,
        "cpu_ns": asdict(client.used),
        "cpu_source": bench.account.source if bench.account.group else "wait4",
        "memory_source": memory.source if memory else "/proc",
        "machine_busy_seconds": now.busy - machine.busy,
        "stolen_seconds": now.stolen - machine.stolen,
        "memory": client.samples,
        **_counted(client),
        "unmeasured": {"migrations_per_op": "they can't be read of what has ended"},
        "origin": _told_by(origin),
    }
    at_once = raw["origin"].get("most_at_once", 0)
    if at_once > variant.jobs:
        raw["notes"].append(f"had {at_once} URLs in flight, and may have {variant.jobs}")


def measure_fetch(task: Task, bench: Bench) -> Raw:
    """Returns the raw measurement; one that failed has the reason in `error` and no `load`."""
    scenario, variant = task.scenario, task.variant
    placement = bench.placement.of(scenario)
    raw: Raw = {
        "scenario": scenario.name,
        "params": variant.params,
        "entry": task.entry.name,
        "contender": task.entry.contender.name,
        "label": task.folder,
        "round": task.round,
        "server_cpus": list(placement.server),
        "load_cpus": list(placement.load),
        "ideal": ideal_of(variant, task.entry.contender, len(placement.server))
        or {"metric": "makespan", "value": scenario.urls / variant.jobs * scenario.delay_ms / 1000},
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "error": None,
        "notes": [],
    }
    tcp, began = tcp_counters(), time.monotonic()
    origin = [str(ORIGIN), "--listen", "127.0.0.1:0", "--delay", f"{scenario.delay_ms}ms"]
    origin += ["--body-bytes", str(BODY_BYTES)]
    raw["load_command"] = origin
    try:
        with running(origin, placement.load, ProcFiles(), bench.scratch / "origin.stderr") as server:
            _measured(task, server, bench, placement, raw)
    except (ServerFailed, LoadFailed, OSError) as error:
        raw.pop("load", None)
        raw["error"] = str(error)
    raw["tcp"] = increase(tcp, tcp_counters())
    raw["wall_seconds"] = time.monotonic() - began
    return raw
