# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What is planted in a server is found by what measures: faults are counted and cost the rank, a stall shows.

How well costs are told apart takes a quiet machine and minutes: scripts/prove.
"""

import json
import os
import subprocess
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from trivium.proof_bench import ProofBench, lines, planted, proof_bench, scenario
from trivium.proofs import fault, faults
from trivium.scenarios import Phases

LOAD, PLANTED = (Path(os.environ[name]) for name in ("TRIVIUM_LOAD", "TRIVIUM_PLANTED"))


class Planted(unittest.TestCase):
    def setUp(self) -> None:
        for name, program in (("trivium.load.LOAD", LOAD), ("trivium.proof_bench.PLANTED", PLANTED)):
            patch = mock.patch(name, program)
            patch.start()
            self.addCleanup(patch.stop)

    def bench(self) -> ProofBench:
        opened = proof_bench(lambda: None)
        self.addCleanup(opened.__exit__, None, None, None)
        return opened.__enter__()

    def test_a_server_that_fails_now_and_then_is_caught_and_not_ranked(self) -> None:
        bench = self.bench()
        # Patient enough for a busy machine to answer.
        for each in faults(corrupt=20_000, drop=20, timeout=50, patience="2s", phases=Phases(0.1, 3.0)):
            with self.subTest(each[0]):
                outcome = fault(bench, each)
                self.assertTrue(outcome.passed, outcome)

    def load(self, mode: str, one_in: int, *flags: str) -> tuple[int, dict[str, Any]]:
        """Puts the load client to a server that forgets one line in so many; returns its exit code and results."""
        command = [str(PLANTED), "--listen", "127.0.0.1:0", "--timeout-one-in", str(one_in)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                address = server.stdout.readline().split()[-1]
                asked = [str(LOAD), "--target", address, "--mode", mode, "--json", "-", "--timeout", "1s", *flags]
                done = subprocess.run(asked, capture_output=True, text=True, check=False)
            finally:
                server.terminate()
        return done.returncode, json.loads(done.stdout)

    def test_what_is_never_answered_is_told_though_the_phase_is_over_before_its_time_is(self) -> None:
        for mode in ("churn", "lines"):
            with self.subTest(mode):
                code, found = self.load(mode, 50, "--warmup", "0s", "--duration", "300ms")
                self.assertGreater(found["timed_out"], 0)
                self.assertGreater(found["ok"], 0)
                self.assertEqual((code, found["outside"]["timed_out"], found["outside"]["abandoned"]), (1, 0, 0))

    def test_what_hangs_since_the_warm_up_is_told(self) -> None:
        for mode in ("churn", "lines"):
            with self.subTest(mode):
                flags = ("--connections", "4", "--warmup", "100ms", "--duration", "200ms")
                code, found = self.load(mode, 1, *flags)
                self.assertEqual((code, found["timed_out"], found["begun"], found["in_flight"]), (1, 4, 4, 4))

    def test_a_server_that_hangs_in_a_short_phase_is_not_ranked(self) -> None:
        bench = self.bench()
        for mode in ("churn", "lines"):
            flags = ("--mode", mode, "--line-bytes", "64", "--timeout", "2s")
            where = scenario(mode, Phases(0.1, 0.3), flags, held=mode == "lines")
            forgets = planted("forgets", "--timeout-one-in", "200")
            with self.subTest(mode):
                outcome = fault(bench, ("never answers one line in 200", "timed_out", forgets, where))
                self.assertTrue(outcome.passed, outcome)

    def test_a_server_that_stalls_shows_it_in_the_open_loop(self) -> None:
        stalls = planted("stalls", "--stall", "100ms", "--every", "500ms")
        metrics = self.bench().alone(lines(Phases(0.1, 1.5), rate=500), stalls)["metrics"]
        # At 500 a second, 50 lines are planned within each stall, of which the first waits for all of it.
        self.assertGreater(metrics["p99"]["median"], 70_000)
        self.assertEqual(metrics["failures"]["median"], 0)

    def test_work_costs_what_it_takes(self) -> None:
        bench = self.bench()
        cost = {}
        for steps in (0, 1_000_000):
            server = planted("works", "--work-per-line", str(steps))
            cost[steps] = bench.alone(lines(Phases(0.1, 0.5), connections=4), server)["metrics"]["cpu_per_op"]["median"]
        # Each step waits for the one before: no processor does ten of them in a nanosecond.
        self.assertGreater(cost[1_000_000] - cost[0], 100)


if __name__ == "__main__":
    unittest.main()
