# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Hazards happen as meant, to a server of a few lines; requests are known one by one, and nothing stays behind."""

import os
import signal
import socket
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from tests import samples
from trivium.cpu_time import ProcFiles
from trivium.errors import LoadFailed
from trivium.hazard_clients import Client, Neighbour, parse_address, probe
from trivium.hazard_inject import Scene, injector_for
from trivium.hazard_run import _check_moments, _end, measure_hazard, requests_of
from trivium.hazards import SPANS, Case, Hazard, Spans
from trivium.kernel_counters import queued
from trivium.load import FAILURES
from trivium.measure import Bench
from trivium.placement import Placement
from trivium.plan import Entry, HazardTask
from trivium.server import Server, running

PATIENCE = 60.0  # seconds that a busy machine may take
SHORT = Spans(0.05, 0.1, 0.05)

# Serves each connection with a thread: the protocol as far as our clients need it. A line @die ends the process.
SERVER = """
import os, signal, socket, sys, threading
def serve(stream):
    file = stream.makefile("rwb")
    file.write(b"HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n"); file.flush()
    for line in file:
        if line == b"\\n": break
        if line == b"@die\\n": os._exit(3)
        file.write(b"pid=%d tid=1\\n" % os.getpid() if line == b"@pid\\n" else line); file.flush()
    file.close(); stream.close()
def run(stream):
    try: serve(stream)
    except OSError: pass
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()
"""


def timeline(**lines: list[Any]) -> dict[str, Any]:
    """Returns what the load client tells of such a timeline."""
    size = len(next(iter(lines.values())))
    every = {name: [0] * size for name in ("planned", "ok", "late", *FAILURES)} | {"max_ns": [None] * size}
    return {"timeline": {"width_s": 0.005, **every, **lines}}


class Requests(unittest.TestCase):
    def test_each_is_known_by_what_became_of_it(self) -> None:
        found = requests_of(
            timeline(
                planned=[1, 1, 1, 1, 0, 2],
                ok=[1, 1, 0, 0, 0, 1],
                late=[0, 1, 0, 0, 0, 0],
                refused=[0, 0, 1, 0, 0, 0],
                timed_out=[0, 0, 0, 1, 0, 1],
                max_ns=[1_234_567, 200_000_000, None, None, None, 2_000_000],
            )
        )
        self.assertEqual(found["outcomes"], "olrt-t")
        self.assertEqual(found["latency_us"], [1235, 200000, None, None, None, 2000])
        self.assertEqual(found["width_ms"], 5)

    def test_one_that_happened_at_another_time_is_no_measurement(self) -> None:
        case = Case(Hazard("a", "?", "silent", "share_harmed", ("*",), spans=SPANS["quick"]))
        _check_moments({"begin_ms": 399.0, "end_ms": 1203.0}, case)
        with self.assertRaisesRegex(LoadFailed, "happened 250 ms from when it was to"):
            _check_moments({"begin_ms": 650.0, "end_ms": 1200.0}, case)
        with self.assertRaisesRegex(LoadFailed, "happened 300 ms"):
            _check_moments({"begin_ms": 400.0, "end_ms": 1500.0}, case)


class WithServer(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.scratch = Path(folder.name)
        command = [sys.executable, "-c", SERVER]
        cpus = sorted(os.sched_getaffinity(0))
        context = running(command, cpus, ProcFiles(), self.scratch / "err", mortal=True, patience=PATIENCE)
        self.server: Server = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.address = parse_address(self.server.address)

    def scene(self, inject: str, **more: Any) -> Scene:
        hazard = Hazard("a", "?", inject, "share_harmed", ("*",), **more)
        return Scene(Case(hazard), self.server, self.address, sorted(os.sched_getaffinity(0)), self.scratch)

    def until(self, condition: Any) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_a_probe_tells_whether_it_serves(self) -> None:
        found = probe(self.address, 20)
        self.assertEqual((found.served, found.listens, found.connected), (True, True, 1))
        self.server.process.kill()
        self.server.process.wait()
        self.assertEqual(probe(self.address, 0.05), type(found)(False, False, 0))

    def test_a_neighbour_knows_its_process_and_whether_it_survived(self) -> None:
        first, second = Neighbour(self.address), Neighbour(self.address)
        self.assertEqual(first.pid, self.server.pid)
        self.assertTrue(first.ends_well())
        self.server.process.kill()
        self.server.process.wait()
        self.assertFalse(second.ends_well())
        for neighbour in (first, second):
            neighbour.close()

    def test_lines_are_asked_for_and_answers_are_counted(self) -> None:
        injector = injector_for(self.scene("line", line="hello", clients=2, every_ms=1))
        injector.begin()
        time.sleep(0.005)
        injector.tick()
        injector.end()
        clients = injector.clients  # type: ignore[attr-defined]
        self.until(lambda: (injector.settle(), all(client.gone for client in clients))[1])
        facts = injector.facts()
        self.assertEqual((facts["asked"], facts["answered"], facts["opened"]), (4, 4, 4))

    def test_who_dribbles_or_says_nothing_stays_until_the_end(self) -> None:
        for inject in ("dribble", "silent"):
            injector = injector_for(self.scene(inject, clients=3))
            injector.begin()
            for _ in range(5):
                injector.tick()
            injector.end()
            self.assertEqual(injector.facts(), {"opened": 3, "ended_by_server": 0})

    def test_who_does_not_read_is_stopped_and_stops_nobody(self) -> None:
        client = Client(self.address, deaf=True)
        sent = 0
        for _ in range(200):
            before = client._sent
            client.flood()
            sent += client._sent != before
        self.assertFalse(client.gone)
        self.assertTrue(probe(self.address, 20).served)
        client.close()

    def test_who_is_reset_before_it_can_say_so_was_connected(self) -> None:
        for error, connected in ((ConnectionResetError(), True), (ConnectionRefusedError(), False)):
            with mock.patch("socket.socket.connect", side_effect=error):
                client = Client(self.address)
            self.assertEqual((client.connected, client.gone), (connected, True))

    def test_who_waits_to_be_accepted_is_counted(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=8) as listener:
            address = listener.getsockname()
            self.assertEqual(queued(address), 0)
            clients = [socket.create_connection(address) for _ in range(3)]
            self.assertEqual(queued(address), 3)
            clients[0].close()
            self.assertEqual(queued(address), 3)
            listener.accept()[0].close()
            self.assertEqual(queued(address), 2)
            for client in clients:
                client.close()
        self.assertEqual(queued(address), 0)

    def test_signals_reach_whom_they_are_meant_for(self) -> None:
        scene = self.scene("kill-worker", neighbours=1)
        scene.neighbours = [Neighbour(self.address)]
        injector = injector_for(scene)
        injector.begin()
        self.assertEqual(injector.facts(), {"signalled": self.server.pid})
        self.until(lambda: self.server.process.poll() == -signal.SIGKILL)
        scene.neighbours[0].close()

    def test_the_end_is_polite_and_tells_how_it_went(self) -> None:
        case = Case(Hazard("a", "?", "silent", "share_harmed", ("*",)))
        found = _end(self.server, case)
        self.assertEqual((found["alive"], found["exit"], found["left_behind"]), (True, 0, 0))
        self.assertEqual(_end(self.server, case)["stop_s"], None)


class Measured(unittest.TestCase):
    """One measurement from begin to end, with a load client that is made up."""

    def measure(self, hazard: Hazard) -> dict[str, Any]:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        cpus = tuple(sorted(os.sched_getaffinity(0)))
        bench = Bench(Placement(cpus, cpus, ()), ProcFiles(), Path(folder.name))
        task = HazardTask(1, Case(hazard), Entry("async/per-connection", samples.contender("async/per-connection")))

        def load(_command: Any, _cpus: Any, phases: Any, moments: Any, *_: Any) -> dict[str, Any]:
            start = time.monotonic_ns()
            moments.begin()
            time.sleep(phases.duration)
            size = round(phases.duration * 200)
            made = timeline(planned=[1] * size, ok=[1] * size, max_ns=[1_000_000] * size)
            outside = dict.fromkeys(("planned", "sent", "ok", *FAILURES), 0)
            counts = dict.fromkeys(FAILURES, 0) | {"planned": size, "sent": size, "ok": size}
            return made | counts | {"start_monotonic_ns": start, "connected": size, "outside": outside}

        command = [sys.executable, "-c", SERVER]
        with (
            mock.patch("trivium.hazard_run.run_load", load),
            mock.patch("trivium.contenders.Contender.command", lambda *_: command),
            mock.patch("trivium.hazard_run.MOST_OFF_MS", 60_000),
            mock.patch("trivium.hazard_run.patience", lambda *_: PATIENCE),
        ):
            return measure_hazard(task, bench)

    def test_a_server_that_survives_is_ended_and_nobody_is_left(self) -> None:
        raw = self.measure(Hazard("a", "?", "silent", "share_harmed", ("*",), clients=2, neighbours=2, spans=SHORT))
        self.assertIsNone(raw["error"])
        found = raw["hazard"]
        self.assertEqual((found["back"], found["neighbours_lost"]), (True, 0))
        self.assertEqual((found["exit"], found["left_behind"]), (0, 0))
        self.assertEqual(set(raw["requests"]["outcomes"]), {"o"})
        self.assertNotIn("timeline", raw["load"])

    def test_one_that_dies_is_a_result(self) -> None:
        raw = self.measure(Hazard("a", "?", "line", "share_harmed", ("*",), line="@die", neighbours=2, spans=SHORT))
        self.assertIsNone(raw["error"])
        found = raw["hazard"]
        self.assertEqual((found["back"], found["alive"], found["listens"], found["exit"]), (False, False, False, 3))
        self.assertEqual(found["neighbours_lost"], 2)

    def test_who_kills_all_is_told_too(self) -> None:
        raw = self.measure(Hazard("a", "?", "kill-main", "share_harmed", ("*",), spans=SHORT))
        self.assertEqual((raw["hazard"]["exit"], raw["hazard"]["counters"]), (-signal.SIGKILL, None))


if __name__ == "__main__":
    unittest.main()
