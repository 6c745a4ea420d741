# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Places, steadiness and slopes say no more than the samples do: known answers, and how often chance fools them."""

import random
import unittest
from typing import Any

from trivium.proof_twice import judged
from trivium.ranks import contradictions, standings
from trivium.slopes import slopes_of
from trivium.steady import drift, phase_drift, steadiness, stretch_width

ROUNDS = 9


def around(value: float, generator: random.Random, spread: float = 0.03) -> list[float]:
    return [value * generator.lognormvariate(0, spread) for _ in range(ROUNDS)]


def load(completed: list[int], *, loop: str = "closed", p50: list[float | None] | None = None) -> dict[str, Any]:
    timeline = {"width_s": 0.1, "completed": completed, "p50_ns": p50 or [None] * len(completed)}
    return {"loop": loop, "duration_s": 0.1 * len(completed), "timeline": timeline}


class Ranks(unittest.TestCase):
    def test_a_tie_shares_its_place_and_the_next_one_is_skipped(self) -> None:
        slow = [3.0, 3.1, 3.2, 3.1, 3.0, 3.2, 3.1, 3.0, 3.1]
        one = [1.0, 1.1, 1.0, 1.1, 1.0, 1.1, 1.0, 1.1, 1.0]
        other = [1.1, 1.0, 1.1, 1.0, 1.1, 1.0, 1.1, 1.0, 1.1]
        found = standings({"slow": slow, "one": one, "other": other}, lower_is_better=True)
        places = {entry: standing.place for entry, standing in found.items()}
        self.assertEqual(places, {"slow": 3, "one": 1, "other": 1})
        self.assertEqual(found["one"].alike, ("other",))
        self.assertEqual(found["slow"].alike, ())

    def test_higher_may_be_better(self) -> None:
        found = standings({"a": [1.0] * 6, "b": [2.0] * 6}, lower_is_better=False)
        self.assertEqual((found["a"].place, found["b"].place), (2, 1))

    def test_too_few_rounds_tell_nobody_apart(self) -> None:
        found = standings({"a": [1.0] * 5, "b": [2.0] * 5}, lower_is_better=True)
        self.assertEqual([found[entry].place for entry in "ab"], [1, 1])

    def test_twins_seldom_get_different_places_and_two_runs_never_contradict_each_other(self) -> None:
        generator = random.Random(11)
        apart = against = 0
        for _ in range(300):
            runs = [{name: around(cost, generator) for name, cost in (("a", 1), ("a#2", 1), ("b", 1.3))} for _ in "12"]
            first = standings(runs[0], lower_is_better=True)
            apart += first["a"].place != first["a#2"].place
            self.assertEqual(first["b"].place, 3)
            against += len(contradictions(*runs))
        self.assertLessEqual(apart / 300, 0.08)
        self.assertLessEqual(against, 2)  # the chance is twice the square of 2 % a run


class Twice(unittest.TestCase):
    def results(self, costs: dict[str, float]) -> dict[str, Any]:
        generator = random.Random(15)
        cells = [
            {
                "scenario": scenario,
                "entry": entry,
                "contender": entry.removesuffix("#2"),
                "ranked": entry != "fails",
                "metrics": {"cpu_per_op": {"samples": around(cost, generator)}},
            }
            for scenario in ("lines", "churn")
            for entry, cost in costs.items()
        ]
        return {"scenarios": dict.fromkeys(("lines", "churn"), {"headline": "cpu_per_op"}), "cells": cells}

    def test_two_runs_that_agree_are_told_so(self) -> None:
        found = judged(*(self.results({"a": 1, "a#2": 1, "b": 2, "fails": 9}) for _ in range(2)))
        self.assertTrue(found.passed)
        self.assertEqual(found.details, {"pairs": 2, "told_apart_by_both": 2, "contradictions": []})

    def test_two_runs_that_say_the_opposite_are_caught(self) -> None:
        found = judged(self.results({"a": 1, "b": 2, "c": 3}), self.results({"a": 2, "b": 1, "c": 3}))
        self.assertFalse(found.passed)
        self.assertEqual(found.details["contradictions"], ["lines: a and b", "churn: a and b"])


class Steady(unittest.TestCase):
    def test_drift_is_a_share_of_the_middle(self) -> None:
        self.assertAlmostEqual(drift([95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105]) or 0, 0.1)
        self.assertEqual(drift([100, 100, 100, 5, 100, 100, 100, 100]), 0)  # one stall tilts nothing
        self.assertIsNone(drift([1, 2, 3]))
        self.assertIsNone(drift([0.0] * 8))

    def test_a_stretch_is_neither_too_short_nor_too_long(self) -> None:
        self.assertAlmostEqual(stretch_width(3.0), 0.25)
        self.assertEqual(stretch_width(0.1), 0.02)

    def test_what_is_cut_off_by_the_end_is_left_out(self) -> None:
        cut = load([100] * 10 + [1])
        cut["duration_s"] = 1.01
        self.assertEqual(phase_drift(cut), 0)

    def test_a_server_that_gets_slower_within_the_phase_is_not_steady(self) -> None:
        generator = random.Random(12)
        falling = [load([round(1000 - 10 * k + generator.gauss(0, 20)) for k in range(12)]) for _ in range(ROUNDS)]
        found = steadiness(falling, [1.0] * ROUNDS)
        self.assertIs(found.steady, False)
        self.assertIn("within the measured phase the rate moves by -1", found.reasons[0])

    def test_one_bad_round_is_not_enough(self) -> None:
        loads = [load([1000] * 12) for _ in range(ROUNDS - 1)] + [load([1000 - 60 * k for k in range(12)])]
        self.assertIs(steadiness(loads, [1.0] * ROUNDS).steady, True)

    def test_an_open_loop_is_judged_by_its_latency(self) -> None:
        growing = load([100] * 12, loop="open", p50=[100_000.0 * (k + 1) for k in range(12)])
        self.assertIn("latency", steadiness([growing] * ROUNDS, [1.0] * ROUNDS).reasons[0])
        level = load([100 - k for k in range(12)], loop="open", p50=[100_000.0] * 12)
        self.assertIs(steadiness([level] * ROUNDS, [1.0] * ROUNDS).steady, True)

    def test_a_trend_from_round_to_round_is_told(self) -> None:
        level = [load([1000] * 12)] * ROUNDS
        self.assertIn("from the first round", steadiness(level, [1 + 0.05 * k for k in range(ROUNDS)]).reasons[0])
        self.assertIs(steadiness(level, [1 + 0.001 * k for k in range(ROUNDS)]).steady, True)  # too small to matter

    def test_what_can_not_be_tested_is_not_called_steady(self) -> None:
        self.assertIsNone(steadiness([load([1000] * 12)] * 3, [1.0] * 3).steady)
        self.assertIsNone(steadiness([{"timeline": None, "duration_s": 1.0}] * 9, [1.0] * 9).steady)

    def test_false_alarms_are_rare(self) -> None:
        generator = random.Random(13)
        alarms = 0
        for _ in range(300):
            # Each stretch as noisy as on a busy machine: 10 %.
            loads = [load([round(generator.gauss(1000, 100)) for _ in range(12)]) for _ in range(ROUNDS)]
            alarms += steadiness(loads, around(1.0, generator, 0.1)).steady is not True
        self.assertLessEqual(alarms / 300, 0.06)


class Slopes(unittest.TestCase):
    def cells(self, per_connection: float, generator: random.Random | None = None) -> list[dict[str, Any]]:
        found = []
        for connections in (1000, 10, 100):
            held = [5e6 + per_connection * connections] * ROUNDS
            if generator:
                held = [generator.gauss(sample, 2e4) for sample in held]
            metrics = {"pss": {"samples": held}}
            found.append(
                {
                    "entry": "a",
                    "contender": "a",
                    "valid": True,
                    "params": {"connections": connections},
                    "metrics": metrics,
                }
            )
        return found

    def test_is_what_one_more_connection_takes(self) -> None:
        (found,) = slopes_of("idle", self.cells(12_288))
        self.assertEqual((found["metric"], found["unit"], found["over"]), ("pss", "bytes/connection", [10, 100, 1000]))
        self.assertAlmostEqual(found["median"], 12_288)
        self.assertAlmostEqual(found["low"], 12_288)

    def test_interval_holds_the_truth_as_often_as_it_says(self) -> None:
        generator = random.Random(14)
        hits = 0
        for _ in range(400):
            (found,) = slopes_of("idle", self.cells(2_000, generator))
            hits += found["low"] <= 2_000 <= found["high"]
        self.assertGreaterEqual(hits / 400, 0.92)

    def test_one_number_of_connections_has_no_slope(self) -> None:
        self.assertEqual(slopes_of("idle", self.cells(1.0)[:1]), [])

    def test_a_round_that_lacks_a_cell_has_no_slope(self) -> None:
        cells = self.cells(1000.0)
        cells[0]["metrics"]["pss"]["samples"][4] = None
        (found,) = slopes_of("idle", cells)
        self.assertIsNone(found["samples"][4])
        self.assertEqual(len([s for s in found["samples"] if s is not None]), ROUNDS - 1)


if __name__ == "__main__":
    unittest.main()
