# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""System calls are counted where this machine allows, and where it does not, the reason is told instead of a zero."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from trivium.attributed import NOT_RUN, add_attribution
from trivium.attribution import (
    Counter,
    Instrument,
    _events,
    by_name,
    find_instrument,
    read_perf,
    read_strace,
)
from trivium.processes import adopt_orphans, descendants

# As perf 6.1 writes it; the last two as where the machine has no such counter.
PERF = """# started on Thu Jan  1 00:00:00 2026

1204;;raw_syscalls:sys_enter;600219;100.00;;
17;;sched:sched_switch;600219;100.00;;
<not supported>;;instructions;0;100.00;;
<not counted>;;major-faults;0;0.00;;
"""
STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.53    0.080601          37      2172      1086 recvfrom
 39.47    0.052551          48      1086           sendto
------ ----------- ----------- --------- --------- ----------------
100.00    0.133152          40      3258      1086 total
"""
# Waits for a line, then makes 500 system calls of its own, and as many in a child that ends.
CALLER = """
import os, sys
print("ready", flush=True)
sys.stdin.readline()
def work():
    for _ in range(500): os.getppid()
if os.fork() == 0:
    work(); os._exit(0)
os.wait()
work()
print("done", flush=True)
sys.stdin.readline()
"""


class Reading(unittest.TestCase):
    def test_perf_tells_counts_in_order_and_what_it_has_none_of(self) -> None:
        self.assertEqual(read_perf(PERF), [1204, 17, None, None])
        self.assertEqual(read_perf(""), [])

    def test_strace_tells_calls_by_name(self) -> None:
        self.assertEqual(read_strace(STRACE), {"recvfrom": 2172, "sendto": 1086})

    def test_what_has_no_name_is_other(self) -> None:
        counts = {"syscalls": 10, "sys_read": 3, "sys_write": 5, "sys_poll": 0, "migrations": 2}
        self.assertEqual(by_name(counts), {"write": 5, "read": 3, "other": 2})
        self.assertEqual(by_name({"syscalls": 10}), {})

    def test_events_are_as_many_as_descriptors_allow(self) -> None:
        instrument = Instrument("perf", names=("read", "write"))
        with mock.patch("resource.getrlimit", return_value=(1000, 1000)):
            self.assertEqual(len(_events(instrument, 10)), 8)
            self.assertEqual(len(_events(instrument, 100)), 6)  # calls by name only where all fit
            self.assertEqual(len(_events(instrument, 10_000)), 1)


class Instruments(unittest.TestCase):
    def test_none_says_what_is_missing(self) -> None:
        with mock.patch("shutil.which", return_value=None):
            found = find_instrument()
        self.assertEqual(found.kind, "none")
        self.assertIn("perf is not installed", found.reason)
        self.assertIn("strace is not installed", found.reason)

    def count(self, instrument: Instrument) -> tuple[dict[str, int], str]:
        adopt_orphans()
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", CALLER]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            with process:
                assert process.stdin and process.stdout
                self.assertEqual(process.stdout.readline(), "ready\n")
                counter = Counter(instrument, [process.pid], Path(folder))
                counter.begin()
                process.stdin.write("go\n")
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), "done\n")
                counter.end()
                counts = counter.close()
                process.stdin.write("end\n")
        self.assertEqual(descendants(), [])
        return counts, counter.problem

    def test_the_best_one_here_counts_what_an_ended_child_did_too(self) -> None:
        instrument = find_instrument()
        if instrument.kind == "none":
            self.skipTest(instrument.reason)
        counts, problem = self.count(instrument)
        self.assertEqual(problem, "")
        self.assertGreaterEqual(counts["syscalls"], 1000)
        self.assertLess(counts["syscalls"], 1500)
        if instrument.kind == "strace" or "getppid" in instrument.names:
            self.assertEqual(counts["sys_getppid"], 1000)
        if instrument.kind == "perf":
            self.assertGreaterEqual(counts["voluntary_switches"], 1)

    def test_one_that_can_not_attach_says_so(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            counter = Counter(Instrument("perf"), [2**22 - 1], Path(folder))
            counter.begin()
            counter.end()
            self.assertEqual(counter.close(), {})
        self.assertTrue(counter.problem)


def raw(**changes: Any) -> dict[str, Any]:
    counts = {"syscalls": 300, "sys_recvfrom": 100, "sys_sendto": 150, "voluntary_switches": 50, "migrations": 0}
    return {
        "error": None,
        "instrument": "perf",
        "reason": "instructions is not supported by this machine",
        "problem": "",
        "operations": 100,
        "counts": counts,
        **changes,
    }


def cell() -> dict[str, Any]:
    threads_went = {"voluntary_switches_per_op": "threads came and went"}
    return {"metrics": {"migrations_per_op": {"median": 7}}, "unmeasured": threads_went}


class Attributed(unittest.TestCase):
    def test_counts_become_figures_for_one_operation(self) -> None:
        found = cell()
        add_attribution(found, [raw()])
        self.assertEqual(found["metrics"]["syscalls_per_op"]["median"], 3)
        self.assertEqual(found["metrics"]["syscalls_per_op"]["pass"], "attribution")
        self.assertEqual(found["attribution"]["syscalls"], {"sendto": 1.5, "recvfrom": 1.0, "other": 0.5})

    def test_it_stands_in_for_what_the_timed_rounds_lack_and_for_nothing_else(self) -> None:
        found = cell()
        add_attribution(found, [raw()])
        self.assertEqual(found["metrics"]["voluntary_switches_per_op"]["median"], 0.5)
        self.assertNotIn("voluntary_switches_per_op", found["unmeasured"])
        self.assertEqual(found["metrics"]["migrations_per_op"], {"median": 7})

    def test_what_was_not_counted_has_its_reason_and_is_not_zero(self) -> None:
        found = cell()
        add_attribution(found, [raw()])
        self.assertNotIn("instructions_per_op", found["metrics"])
        self.assertIn("not supported", found["unmeasured"]["instructions_per_op"])
        for raws, reason in (
            ([], NOT_RUN),
            ([raw(error="it ended with -9")], "it ended with -9"),
            ([raw(problem="no answer", counts={})], "no answer"),
            ([raw(operations=0)], "no operation"),
            ([raw(instrument="none", counts={}, reason="perf is not installed", operations=9)], "perf is not"),
        ):
            found = cell()
            add_attribution(found, raws)
            self.assertIsNone(found["attribution"], reason)
            self.assertNotIn("syscalls_per_op", found["metrics"])
            self.assertIn(reason, found["unmeasured"]["syscalls_per_op"])


if __name__ == "__main__":
    unittest.main()
