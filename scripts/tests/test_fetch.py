# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Fetch clients: what they print is checked URL by URL, and a run is timed and accounted for from outside."""

import dataclasses
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from tests import samples
from trivium.contenders import Contender
from trivium.cpu_time import ProcFiles
from trivium.errors import LoadFailed
from trivium.fetch_measure import BODY_BYTES, measure_fetch, read_outcomes
from trivium.ideals import MAKESPAN
from trivium.measure import Bench
from trivium.metrics import METRICS, failures
from trivium.paths import ORIGIN
from trivium.placement import place
from trivium.plan import Entry, Task
from trivium.processes import all_processes

# A fetch client in a few lines: as many at once as it is told, or twice as many where it cheats.
CLIENT = """
import concurrent.futures, json, sys, time, urllib.request
flags = dict(zip(sys.argv[2::2], sys.argv[3::2]))
urls = open(flags["--input"]).read().split()
def fetch(numbered):
    index, url = numbered
    began = time.monotonic()
    body = urllib.request.urlopen(url).read()
    ms = (time.monotonic() - began) * 1000
    return {"index": index, "url": url, "status": 200, "bytes": len(body), "ms": ms, "error": None}
at_once = int(flags["--jobs"]) * int(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
    for result in pool.map(fetch, enumerate(urls, 1)):
        print(json.dumps(result))
"""


def line(index: int, **changes: Any) -> str:
    """Returns what a client prints of one URL."""
    good = {"index": index, "url": "u", "status": 200, "bytes": BODY_BYTES, "ms": 51.5, "error": None}
    return json.dumps(good | changes)


class Outcomes(unittest.TestCase):
    def test_each_url_ends_in_one_way(self) -> None:
        lines = [
            line(1),
            line(2, status=404),
            line(3, bytes=BODY_BYTES - 1),
            line(4, status=None, error="connection refused"),
            line(5, error="connection reset by peer"),
            line(6, error="timed out while connecting"),
            line(7, error="truncated"),
        ]
        outcomes, times = read_outcomes("\n".join(lines), 9)
        wanted = {"ok": 1, "wrong": 3, "refused": 1, "reset": 1, "timed_out": 1, "unsent": 2}
        self.assertEqual((dict(outcomes), times), (wanted, [51.5]))

    def test_what_is_not_in_order_or_no_json_is_no_measurement(self) -> None:
        with self.assertRaisesRegex(LoadFailed, "not in the order"):
            read_outcomes("\n".join([line(2), line(1)]), 2)
        for text in ("hello", '{"index": 1}', "[]"):
            with self.subTest(text=text), self.assertRaisesRegex(LoadFailed, "not a JSON object for each URL"):
                read_outcomes(text, 1)


@unittest.skipUnless(os.access(ORIGIN, os.X_OK), f"{ORIGIN} is not built")
class Measuring(unittest.TestCase):
    def measure(self, *arguments: str) -> dict[str, Any]:
        client = Contender("some/client", Path(sys.executable), arguments, "", role="fetch")
        scenario = dataclasses.replace(samples.LINES, kind="fetch", jobs=4, urls=12, delay_ms=50, ideal=MAKESPAN)
        task = Task(1, scenario.variants()[0], Entry(client.name, client))
        with tempfile.TemporaryDirectory() as folder:
            return measure_fetch(task, Bench(place(None, None), ProcFiles(), Path(folder)))

    def test_a_client_is_timed_from_start_to_end_and_nothing_of_it_stays(self) -> None:
        before = {process.pid for process in all_processes()}
        raw = self.measure("-c", CLIENT, "1")
        self.assertIsNone(raw["error"])
        self.assertEqual((failures(raw), raw["load"]["ok"], raw["origin"]["answered"]), ({}, 12, 12))
        self.assertLessEqual(raw["origin"]["most_at_once"], 4)
        self.assertEqual(raw["ideal"], {"metric": "makespan", "value": 0.15})
        makespan = METRICS["makespan"][1](raw)
        assert makespan is not None
        self.assertGreaterEqual(makespan, 0.15)
        self.assertGreater(METRICS["cpu_per_op"][1](raw) or 0, 0)
        self.assertGreaterEqual(raw["load"]["latency_ns"]["p50"], 50e6)
        mine = {process.pid for process in all_processes() if process.parent == os.getpid()}
        self.assertLessEqual(mine, before)

    def test_who_has_more_in_flight_than_it_may_is_told_of(self) -> None:
        raw = self.measure("-c", CLIENT, "3")
        self.assertRegex(" ".join(raw["notes"]), r"had \d+ URLs in flight, and may have 4")

    def test_a_client_that_fails_has_the_reason_in_its_cell(self) -> None:
        raw = self.measure("-c", "raise SystemExit(3)")
        self.assertNotIn("load", raw)
        self.assertEqual(raw["error"], "the client ended with 3")


if __name__ == "__main__":
    unittest.main()
