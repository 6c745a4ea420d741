# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What has changed between two runs is found, and what has not is not; the statistics against known answers."""

import copy
import json
import random
import tempfile
import unittest
from itertools import combinations
from pathlib import Path
from typing import Any

from tests import report_samples
from trivium.against import at_old_rates, difference, ladder, lines_of, read_results, tell
from trivium.errors import WrongUsage
from trivium.paths import SCENARIOS
from trivium.scenario_file import read_scenarios
from trivium.two_samples import beyond_chance, chance_at_most, rank_sum_counts, unpaired_ratio

# Hollander and Wolfe's permeability of the chorioamnion, at term and at 12 to 26 weeks: W = 35, one-sided p = 0.1272.
AT_TERM = (0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)
EARLIER = (1.15, 0.88, 0.90, 0.74, 1.21)


class TwoSamples(unittest.TestCase):
    def test_counts_are_those_of_all_orders(self) -> None:
        for m, n in ((1, 1), (3, 2), (4, 4)):
            counted = [0] * (m * n + 1)
            for chosen in combinations(range(m + n), m):
                counted[sum(place - index for index, place in enumerate(chosen))] += 1
            self.assertEqual(list(rank_sum_counts(m, n)), counted)

    def test_a_published_answer(self) -> None:
        self.assertAlmostEqual(chance_at_most(15, 10, 5), 0.1272, places=4)
        found = unpaired_ratio(AT_TERM, EARLIER)
        assert found is not None and found.low is not None and found.high is not None
        self.assertAlmostEqual(found.chance, 0.2544, places=4)
        self.assertTrue(found.low < 1 < found.median < found.high)

    def test_the_same_samples_are_no_difference(self) -> None:
        for count in (4, 9, 30):
            same = [float(value) for value in range(1, count + 1)]
            found = unpaired_ratio(same, same)
            assert found is not None and found.low is not None and found.high is not None
            self.assertEqual((found.chance, found.median), (1.0, 1.0))
            self.assertTrue(found.low <= 1 <= found.high)

    def test_too_few_or_no_positive_ones_have_no_interval(self) -> None:
        found = unpaired_ratio([2.0, 2.1, 2.2], [1.0, 1.1, 1.2])
        assert found is not None
        self.assertIsNone(found.low)
        self.assertIsNone(unpaired_ratio([], [1.0]))
        self.assertIsNone(unpaired_ratio([0.0, 1.0], [1.0]))

    def test_the_interval_covers_and_narrows(self) -> None:
        rng = random.Random(5)
        for new_count, old_count in ((4, 4), (6, 9), (16, 16)):
            held = 0
            for _ in range(400):
                new = [1.3 * rng.lognormvariate(0, 0.1) for _ in range(new_count)]
                old = [rng.lognormvariate(0, 0.1) for _ in range(old_count)]
                found = unpaired_ratio(new, old)
                assert found is not None and found.low is not None and found.high is not None
                held += found.low <= 1.3 <= found.high
            self.assertGreaterEqual(held, 372)  # 95 % of 400 is 380; less than 372 happens once in 30 where it is 95 %
            self.assertLess(held, 400)

    def test_among_many_only_what_stands_out_stands(self) -> None:
        rng = random.Random(6)
        by_chance = [rng.random() for _ in range(100)]
        self.assertLessEqual(sum(beyond_chance(by_chance)), 1)
        self.assertEqual(beyond_chance([0.5, 1e-6, 0.04, 0.9]), [False, True, False, False])
        self.assertEqual(beyond_chance([]), [])


def slowed(results: dict[str, Any], entry: str, factor: float) -> dict[str, Any]:
    """Returns the results as if one contender took so many times the CPU in all scenarios."""
    found = copy.deepcopy(results)
    for cell in found["cells"]:
        if cell["entry"] == entry and "cpu_per_op" in cell["metrics"]:
            metric = cell["metrics"]["cpu_per_op"]
            metric["samples"] = [sample * factor for sample in metric["samples"]]
    return found


class Against(unittest.TestCase):
    def setUp(self) -> None:
        self.old = report_samples.results(seed=1)

    def standing(self, new: dict[str, Any]) -> set[tuple[str, str, str]]:
        found = difference(new, self.old)
        return {(change.scenario, change.label, change.metric) for change in found.changes if change.stands}

    def test_the_same_samples_have_not_changed(self) -> None:
        found = difference(copy.deepcopy(self.old), self.old)
        self.assertGreater(len(found.changes), 100)
        self.assertEqual([change for change in found.changes if change.stands or change.ratio.chance < 1], [])
        self.assertEqual((found.environment, found.status, found.only_new, found.only_old), ([], [], [], []))
        self.assertIn("Nothing has changed beyond noise", "\n".join(lines_of(found, "OLD")))

    def test_another_run_of_the_same_has_not_changed(self) -> None:
        # Every one of hundreds of intervals misses once in twenty: what stands among them must be next to nothing.
        standing = missing = count = 0
        for seed in range(20, 30, 2):
            found = difference(report_samples.results(seed=seed), report_samples.results(seed=seed + 1))
            standing += sum(change.stands for change in found.changes)
            missing += sum(not change.ratio.low <= 1 <= change.ratio.high for change in found.changes)
            count += len(found.changes)
        self.assertLessEqual(standing, 3)
        self.assertTrue(0.03 < missing / count < 0.08, missing / count)

    def test_ten_percent_more_is_found_and_nobody_else_is_blamed(self) -> None:
        found_in = blamed = right = 0
        for seed in range(40, 60, 2):
            new = slowed(report_samples.results(seed=seed), "multithread/handoff", 1.1)
            changes = difference(new, report_samples.results(seed=seed + 1)).changes
            standing = {(change.scenario, change.label, change.metric) for change in changes if change.stands}
            found_in += ("lines", "multithread/handoff", "cpu_per_op") in standing
            right += sum("multithread/handoff" in label for _, label, _ in standing)
            blamed += sum("multithread/handoff" not in label for _, label, _ in standing)
        self.assertGreaterEqual(found_in, 9)
        self.assertLessEqual(blamed, 0.1 * right)  # 1 in 20 is what is promised in the mean

    def test_a_change_of_the_baseline_is_its_own(self) -> None:
        new = slowed(report_samples.results(seed=2), report_samples.BASELINE, 1.15)
        standing = self.standing(new)
        self.assertIn(("lines", report_samples.BASELINE, "cpu_per_op"), standing)
        self.assertNotIn(("lines", "multithread/handoff", "cpu_per_op"), standing)

    def test_a_faster_machine_has_changed_nothing(self) -> None:
        new = report_samples.results(seed=1)
        for cell in new["cells"]:
            for name in ("cpu_per_op", "makespan", "p50", "p99", "p99.9", "time_per_op"):
                if name in cell["metrics"]:
                    metric = cell["metrics"][name]
                    metric["samples"] = [sample * 0.6 for sample in metric["samples"]]
        found = difference(new, self.old)
        blamed = [change for change in found.changes if change.stands and change.relative_to]
        self.assertEqual(blamed, [])
        text = "\n".join(lines_of(found, "OLD"))
        self.assertIn("the machine's own speed is part of it", text)

    def test_the_environment_comes_first(self) -> None:
        new = copy.deepcopy(self.old)
        new["environment"]["kernel"] = "another kernel"
        new["environment"]["source"]["commit"] = "fedcba"
        for cell in new["cells"]:
            if cell["params"].get("rate") == 20000:
                cell["params"]["rate"] = 30000
        lines = lines_of(difference(new, self.old), "OLD")
        text = "\n".join(lines)
        self.assertIn("- kernel: a kernel, now another kernel", lines)
        self.assertIn("- source.commit: 0123456789abcdef, now fedcba", lines)
        self.assertIn("- latency: rate: 1000 2000 5000 10000 20000, now 1000 2000 5000 10000 30000", lines)
        self.assertLess(text.index("environment"), text.index("beyond noise"))
        self.assertIn("Only in this run:", text)
        self.assertIn("at rate 30,000", text)

    def test_who_lost_the_rank_is_named(self) -> None:
        new = copy.deepcopy(self.old)
        cell = next(c for c in new["cells"] if c["scenario"] == "lines" and c["entry"] == "async/handoff")
        cell |= {"ranked": False, "notes": ["failures: 1 wrong"]}
        self.assertEqual(
            difference(new, self.old).status, ["lines, async/handoff: ranked, now not ranked (failures: 1 wrong)"]
        )

    def test_the_ladder_of_an_old_run_is_known(self) -> None:
        self.assertEqual(ladder(self.old, "latency"), [1000, 2000, 5000, 10000, 20000])
        self.assertEqual(ladder(self.old, "churn"), [])

    def test_a_new_run_asks_at_the_old_rates(self) -> None:
        known = read_scenarios(SCENARIOS)
        found = {scenario.name: scenario for scenario in at_old_rates(known, self.old)}
        self.assertEqual(found["latency"].rate, (1000, 2000, 5000, 10000, 20000))
        self.assertEqual(found["mixed"].rate, 1000)
        self.assertEqual(
            [found[s.name] for s in known if s.name not in ("latency", "mixed")],
            [scenario for scenario in known if scenario.name not in ("latency", "mixed")],
        )

    def test_is_read_from_a_folder_and_written_to_one(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            old, new = Path(scratch, "OLD"), Path(scratch, "NEW")
            old.mkdir()
            new.mkdir()
            with self.assertRaisesRegex(WrongUsage, "--against takes the folder"):
                read_results(old)
            (old / "results.json").write_text("[]")
            with self.assertRaisesRegex(WrongUsage, "schema 1"):
                read_results(old)
            (old / "results.json").write_text(json.dumps(self.old))
            lines = tell(self.old, read_results(old), old.name, new)
            text = (new / "against.md").read_text(encoding="utf-8")
        self.assertEqual(lines[0], "Against OLD")
        self.assertTrue(text.startswith("# Against OLD\n"))


if __name__ == "__main__":
    unittest.main()
