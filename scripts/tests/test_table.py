# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tables are aligned, sorted, and say what must be said."""

import unittest

from tests import samples
from trivium.figures import number
from trivium.report import markdown, pair_verdicts, verdicts
from trivium.table import scenario_lines, spread


class Numbers(unittest.TestCase):
    def test_have_three_digits_that_count(self) -> None:
        told = [number(value) for value in (0.91234, 4.5678, 45.678, 456.78, 18204.4, 0)]
        self.assertEqual(told, ["0.912", "4.57", "45.7", "457", "18,204", "0"])

    def test_spread_is_half_of_low_to_high(self) -> None:
        self.assertEqual(spread({"median": 100, "low": 95, "high": 105, "samples": [95, 100, 105]}), "±5%")
        self.assertEqual(spread({"median": 100, "low": 100, "high": 100.1, "samples": [100, 100.1]}), "±<1%")
        self.assertEqual(spread({"median": 100, "low": 100, "high": 100, "samples": [100, None]}), "")


class Table(unittest.TestCase):
    def setUp(self) -> None:
        self.plan = samples.plan()
        self.raws = samples.all_raws(self.plan, {"multithread/handoff": 80, "async/sequential": 20})

    def lines(self, scenario: str, width: int | None = None) -> list[str]:
        results = samples.results(self.plan, self.raws)
        return scenario_lines(results, scenario, width=width, colour=False)

    def table(self, scenario: str) -> list[str]:
        """Returns the table alone: title, two lines of head, rows."""
        return [line for line in self.lines(scenario) if line.startswith("   ") or not line.startswith("  ")]

    def test_is_aligned_and_has_the_best_first(self) -> None:
        title, head, units, *rows = self.table("churn")
        self.assertTrue(title.startswith("churn: is it short?"))
        self.assertEqual([row.split()[0] for row in rows[:1]], ["async/sequential"])
        self.assertEqual(rows[-1].split()[0], "multithread/handoff")
        end = units.index("us/connection") + len("us/connection")
        self.assertEqual({len(row[:end].rstrip()) for row in (head, *rows)}, {end})

    def test_says_baseline_and_no_difference(self) -> None:
        text = "\n".join(self.lines("churn"))
        self.assertIn("1 (baseline)", text)
        self.assertIn("no difference ±", text)
        self.assertNotIn("\033", text)

    def test_names_what_was_not_measured_and_why(self) -> None:
        self.assertIn("async/sequential: not measured: n/a (capacity)", "\n".join(self.lines("lines")))

    def test_failed_contenders_come_last(self) -> None:
        for raw in self.raws:
            if raw["entry"] == "async/sequential":
                raw["load"]["reset"] = 3
        rows = self.table("churn")[3:]
        self.assertTrue(rows[-1].startswith("async/sequential"))
        self.assertIn("failures: 18 reset", rows[-1])

    def test_leaves_out_columns_that_do_not_fit_and_says_so(self) -> None:
        wide = self.lines("churn")
        narrow = self.lines("churn", width=110)
        self.assertIn("rate ratio", wide[1])
        self.assertNotIn("rate ratio", narrow[1])
        self.assertTrue(any("left out for want of width" in line for line in narrow))
        self.assertLessEqual(max(len(line) for line in narrow[1:3]), 110)


class Report(unittest.TestCase):
    def test_a_pair_that_differs_is_said_first(self) -> None:
        plan = samples.plan()
        raws = samples.all_raws(plan, {})
        for raw in raws:
            if raw["entry"] == "async/per-connection#2" and raw["scenario"] == "lines":
                raw["cpu_ns"]["total"] *= 1.2
        results = samples.results(plan, raws)
        first, second = pair_verdicts(results)
        self.assertTrue(first.startswith("WARNING: A/A, lines"))
        self.assertIn("no difference", second)
        text = markdown(results)
        self.assertLess(text.index("WARNING"), text.index("## churn"))

    def test_a_busy_machine_is_said_before_anything_else(self) -> None:
        plan = samples.plan()
        raws = samples.all_raws(plan, {})
        self.assertNotIn("not quiet", verdicts(samples.results(plan, raws))[0])
        for raw in raws[: len(raws) // 2]:
            raw["machine_busy_seconds"] = 1.9
        self.assertIn("not quiet", verdicts(samples.results(plan, raws))[0])

    def test_markdown_rows_have_as_many_cells_as_their_head(self) -> None:
        plan = samples.plan()
        text = markdown(samples.results(plan, samples.all_raws(plan, {})))
        for block in text.split("\n\n"):
            lines = [line for line in block.splitlines() if line.startswith("|")]
            self.assertLessEqual(len({line.count("|") for line in lines}), 1)
        self.assertIn("## Environment", text)
        self.assertIn("with changes", text)


if __name__ == "__main__":
    unittest.main()
