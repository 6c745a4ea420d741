# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Raw measurements become what results.json promises, and failures are never lost on the way."""

import dataclasses
import json
import unittest
from typing import Any

from tests import samples
from trivium.cells import ratio_of
from trivium.gate import Judgement
from trivium.plan import make_entries
from trivium.report import markdown
from trivium.results import disturbance
from trivium.table import scenario_lines

METRIC_KEYS = {"unit", "median", "low", "high", "samples"}
CELL_KEYS = {"scenario", "params", "entry", "contender", "dialect", "valid", "ranked", "notes", "metrics", "ratios"}


class Results(unittest.TestCase):
    def setUp(self) -> None:
        self.plan = samples.plan()
        self.raws = samples.all_raws(self.plan, {"multithread/handoff": 80})

    def cell(self, scenario: str, entry: str, judgements: dict[str, Judgement] | None = None) -> dict[str, Any]:
        found = samples.results(self.plan, self.raws, judgements)
        return next(c for c in found["cells"] if (c["scenario"], c["entry"]) == (scenario, entry))

    def raw(self, scenario: str, entry: str, round_number: int) -> dict[str, Any]:
        return next(
            r for r in self.raws if (r["scenario"], r["entry"], r["round"]) == (scenario, entry, round_number)
        )

    def test_have_the_schema_and_survive_json(self) -> None:
        found = json.loads(json.dumps(samples.results(self.plan, self.raws)))
        self.assertEqual(found["schema"], 1)
        self.assertIsInstance(found["environment"], dict)
        self.assertEqual(len(found["cells"]), len(self.plan.entries) * len(self.plan.scenarios))
        for cell in found["cells"]:
            self.assertLessEqual(CELL_KEYS, cell.keys())
            for metric in cell["metrics"].values():
                self.assertLessEqual(METRIC_KEYS, metric.keys())
                self.assertEqual(len(metric["samples"]), self.plan.rounds)
                self.assertLessEqual(metric["low"], metric["median"])
                self.assertLessEqual(metric["median"], metric["high"])
            for ratio in cell["ratios"]:
                self.assertLessEqual({"metric", "baseline", "median", "low", "high"}, ratio.keys())

    def test_cpu_per_operation_is_rate_over_rate(self) -> None:
        cell = self.cell("churn", "multithread/handoff")
        self.assertEqual(cell["metrics"]["cpu_per_op"]["samples"], [81, 82, 83, 84, 85, 86])
        self.assertEqual(cell["metrics"]["cpu_per_op"]["unit"], "us")
        self.assertAlmostEqual(cell["metrics"]["user_cpu_per_op"]["median"], 0.4 * 83.5)

    def test_counters_that_were_read_late_do_not_change_the_cost(self) -> None:
        late = self.raw("churn", "multithread/handoff", 1)
        late["seconds"], late["cpu_ns"]["total"] = 0.9, late["cpu_ns"]["total"] * 0.9
        self.assertAlmostEqual(self.cell("churn", "multithread/handoff")["metrics"]["cpu_per_op"]["samples"][0], 81)

    def test_ratio_to_the_baseline(self) -> None:
        ratio = ratio_of(self.cell("lines", "multithread/handoff"), "cpu_per_op", "async/per-connection")
        assert ratio is not None
        self.assertAlmostEqual(ratio["high"], 81 / 41)
        self.assertAlmostEqual(ratio["low"], 86 / 46)
        self.assertEqual(ratio["verdict"], "more")
        twin = ratio_of(self.cell("lines", "async/per-connection#2"), "cpu_per_op", "async/per-connection")
        assert twin is not None
        self.assertEqual(twin["verdict"], "no difference")
        self.assertEqual(self.cell("lines", "async/per-connection")["ratios"], [])

    def test_a_split_one_has_a_ratio_to_its_twin_too(self) -> None:
        twins = ("multithread/handoff", "async/per-connection")
        contenders = [samples.contender(name + split) for name in twins for split in ("", "+split")]
        entries = make_entries(contenders, samples.contender("async/per-connection"))
        self.plan = dataclasses.replace(self.plan, entries=entries)
        self.raws = samples.all_raws(self.plan, {"multithread/handoff": 80, "multithread/handoff+split": 160})
        split = self.cell("lines", "multithread/handoff+split")
        ratios = [ratio_of(split, "cpu_per_op", name) for name in twins]
        self.assertEqual([ratio["verdict"] for ratio in ratios if ratio], ["more", "more"])
        self.assertEqual(self.cell("lines", "multithread/handoff")["unsplit"], None)
        ratios = self.cell("lines", "async/per-connection+split")["ratios"]
        self.assertEqual({ratio["baseline"] for ratio in ratios}, {"async/per-connection"})
        metrics = [ratio["metric"] for ratio in ratios]
        self.assertEqual(len(metrics), len(set(metrics)))
        found = samples.results(self.plan, self.raws)
        self.assertIn("to the unsplit", "\n".join(scenario_lines(found, "lines", width=None, colour=False)))
        self.assertIn("What the split costs", markdown(found))

    def test_few_rounds_have_no_interval(self) -> None:
        self.plan = samples.plan(rounds=3)
        self.raws = samples.all_raws(self.plan, {})
        ratio = ratio_of(self.cell("churn", "async/sequential"), "cpu_per_op", "async/per-connection")
        assert ratio is not None
        self.assertIsNone(ratio["low"])
        self.assertEqual(ratio["verdict"], "no interval")

    def test_a_wrong_byte_is_shown_and_takes_the_rank(self) -> None:
        self.raw("lines", "multithread/handoff", 4)["load"]["wrong"] = 1
        cell = self.cell("lines", "multithread/handoff")
        self.assertTrue(cell["valid"])
        self.assertFalse(cell["ranked"])
        self.assertIn("failures: 1 wrong", cell["notes"])
        self.assertTrue(self.cell("churn", "multithread/handoff")["ranked"])

    def test_a_failure_in_the_warm_up_counts_too(self) -> None:
        self.raw("lines", "multithread/handoff", 1)["load"]["outside"]["timed_out"] = 2
        self.assertIn("failures: 2 timed out", self.cell("lines", "multithread/handoff")["notes"])

    def test_what_was_not_awaited_takes_the_rank(self) -> None:
        self.raw("lines", "multithread/handoff", 2)["load"]["outside"]["abandoned"] = 3
        cell = self.cell("lines", "multithread/handoff")
        self.assertFalse(cell["ranked"])
        self.assertIn("failures: 3 abandoned", cell["notes"])

    def test_a_round_that_failed_leaves_a_gap_and_takes_the_rank(self) -> None:
        broken = self.raw("churn", "async/sequential", 2)
        broken["error"] = "it ended with -11"
        del broken["load"]
        cell = self.cell("churn", "async/sequential")
        self.assertIsNone(cell["metrics"]["ops_per_s"]["samples"][1])
        self.assertFalse(cell["ranked"])
        self.assertIn("it ended with -11 (1 of 6 rounds)", cell["notes"])

    def test_what_does_not_conform_is_there_and_invalid(self) -> None:
        self.raws = [r for r in self.raws if r["contender"] != "multithread/handoff"]
        cell = self.cell("churn", "multithread/handoff", {"multithread/handoff": Judgement(False, "conformance: no")})
        self.assertFalse(cell["valid"])
        self.assertEqual(cell["notes"], ["conformance: no"])
        self.assertEqual(cell["metrics"], {})

    def test_what_lacks_the_capacity_is_there_and_invalid(self) -> None:
        cell = self.cell("lines", "async/sequential")
        self.assertFalse(cell["valid"])
        self.assertTrue(cell["notes"][0].startswith("n/a (capacity)"))

    def test_an_interrupted_comparison_keeps_what_it_has(self) -> None:
        self.raws = [r for r in self.raws if r["round"] < 3 or r["entry"] == "async/per-connection"]
        cell = self.cell("churn", "multithread/handoff")
        self.assertEqual(cell["metrics"]["cpu_per_op"]["samples"][2:], [None] * 4)
        self.raws = []
        cell = self.cell("churn", "multithread/handoff")
        self.assertFalse(cell["valid"])
        self.assertEqual(cell["notes"], ["not measured: the comparison ended before"])

    def test_a_busy_client_is_marked(self) -> None:
        self.raw("lines", "multithread/handoff", 1)["load"]["client_cpu_share"] = 0.97
        cell = self.cell("lines", "multithread/handoff")
        self.assertTrue(cell["load_limited"])
        self.assertTrue(cell["ranked"])
        self.assertIn("load-limited 1/6", cell["notes"])

    def test_what_is_not_measured_is_absent_and_not_zero(self) -> None:
        for raw in self.raws:
            raw["context_switches"], raw["memory"] = None, []
            raw["unmeasured"]["voluntary_switches_per_op"] = "threads came and went"
        cell = self.cell("churn", "multithread/handoff")
        for name in ("pss", "voluntary_switches_per_op", "kernel_memory", "p99.9", "syscalls_per_op"):
            self.assertNotIn(name, cell["metrics"])
            self.assertTrue(cell["unmeasured"][name], name)
        self.assertEqual(cell["unmeasured"]["voluntary_switches_per_op"], "threads came and went")
        self.assertFalse(set(cell["unmeasured"]) & set(cell["metrics"]))

    def test_other_programs_are_noticed(self) -> None:
        self.assertIsNone(disturbance(samples.raw("churn", "x", 1)))
        self.assertIn("other programs", str(disturbance(samples.raw("churn", "x", 1, machine_busy_seconds=0.9))))
        self.assertIn("read late", str(disturbance(samples.raw("churn", "x", 1, seconds=0.9))))
        self.assertIn("hypervisor", str(disturbance(samples.raw("churn", "x", 1, stolen_seconds=0.2))))


if __name__ == "__main__":
    unittest.main()
