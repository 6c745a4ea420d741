# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What is planted in a server is found by what measures: faults are counted and cost the rank, a stall shows.

How well costs are told apart takes a quiet machine and minutes: scripts/prove.
"""

import os
import unittest
from pathlib import Path
from unittest import mock

from trivium.proof_bench import ProofBench, lines, planted, proof_bench
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
        # Long enough for an answer that never comes to be missed within the phase, and for a busy machine to answer.
        for each in faults(corrupt=20_000, drop=20, timeout=50, patience="2s", phases=Phases(0.1, 3.0)):
            with self.subTest(each[0]):
                outcome = fault(bench, each)
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
