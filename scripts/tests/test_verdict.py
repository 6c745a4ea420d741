# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The verdict claims what an interval bears out, names the cause, and nothing else."""

import copy
import random
import unittest
from typing import Any

from tests import report_samples as made
from trivium.causes import why
from trivium.verdict import Finding, findings, sentences

CHURN = {"connections": 32, "loop": "closed", "load": ["--mode", "churn"], "server": []}


def results_of(costs: dict[str, float], rounds: int = 12, **changes: Any) -> dict[str, Any]:
    """Returns results of one scenario: entry to server CPU for a connection, in us."""
    rng = random.Random(11)
    cells = [made.cell("churn", CHURN, entry, made.served(rng, cpu, rounds)) for entry, cpu in costs.items()]
    made.add_ratios(cells)
    return {
        "run": made.run_facts(rounds),
        "scenarios": {"churn": made.facts("is it short?", "connection", "cpu_per_op", **changes)},
        "cells": cells,
        "slopes": [],
    }


def cell_of(results: dict[str, Any], entry: str) -> dict[str, Any]:
    return next(cell for cell in results["cells"] if cell["entry"] == entry)


class Verdict(unittest.TestCase):
    def first(self, results: dict[str, Any]) -> Finding:
        return findings(results)[0]

    def test_names_the_leader_who_is_like_it_and_who_is_behind(self) -> None:
        costs = {made.BASELINE: 60.0, "async/handoff": 60.2, "multithread/handoff": 90.0, "multiprocess/handoff": 600.0}
        found = self.first(results_of(costs))
        self.assertEqual(found.need, "Many short connections")
        self.assertIn(found.leader, (made.BASELINE, "async/handoff"))
        self.assertEqual(len(found.alike), 1)
        self.assertEqual([item.entry for item in found.behind], ["multithread/handoff", "multiprocess/handoff"])
        times = found.behind[1].times
        self.assertTrue(9 < times.low < times.median < times.high < 11)
        lead, *others = sentences(found)
        self.assertRegex(lead, r"has the least server CPU for each connection: \d\d\.\d us/connection \(\d.+ to .+\)")
        self.assertTrue(others[0].startswith("Not to be told apart from it:"))
        self.assertRegex(others[-1], r"multiprocess/handoff: (9|10)\.\d+ times that \(.+ to .+\)\..*us system")

    def test_where_none_is_behind_nothing_is_claimed(self) -> None:
        found = self.first(results_of({made.BASELINE: 60.0, "async/handoff": 60.0, "multithread/handoff": 60.1}))
        self.assertEqual(found.behind, [])
        self.assertIn("No difference is to be seen", sentences(found)[0])

    def test_too_few_rounds_claim_nothing(self) -> None:
        found = self.first(results_of({made.BASELINE: 60.0, "multiprocess/handoff": 600.0}, rounds=5))
        self.assertIsNone(found.leader)
        self.assertEqual(len(sentences(found)), 1)
        self.assertIn("fewer than 6 rounds", sentences(found)[0])

    def test_floors_twins_other_dialects_and_the_unranked_lead_nothing(self) -> None:
        costs = {made.BASELINE: 60.0, f"{made.BASELINE}#2": 50.0, "floor/epoll": 30.0, "peer/nginx": 20.0}
        results = results_of(costs | {"multithread/handoff": 90.0, "async/handoff": 10.0})
        cell_of(results, "async/handoff")["ranked"] = False
        for ratio in cell_of(results, "peer/nginx")["ratios"]:
            ratio["cross_dialect"] = True
        for ratio in cell_of(results, f"{made.BASELINE}#2")["ratios"]:
            ratio["verdict"] = "no difference"
        found = self.first(results)
        self.assertEqual((found.leader, [b.entry for b in found.behind]), (made.BASELINE, ["multithread/handoff"]))

    def test_where_the_pair_differs_no_smaller_difference_is_claimed(self) -> None:
        costs = {made.BASELINE: 60.0, f"{made.BASELINE}#2": 72.0, "async/handoff": 66.0, "multithread/handoff": 120.0}
        found = self.first(results_of(costs))
        self.assertEqual([entry for entry, _ in found.alike], ["async/handoff"])
        self.assertEqual([item.entry for item in found.behind], ["multithread/handoff"])
        self.assertRegex(sentences(found)[-1], r"A/A pair differs from itself by 1\.[12]\d\d here")

    def test_the_highest_leads_where_more_is_better(self) -> None:
        results = results_of({made.BASELINE: 60.0, "multithread/handoff": 120.0})
        results["scenarios"]["churn"] |= {"headline": "ops_per_s", "better": "higher"}
        found = self.first(results)
        self.assertEqual(found.leader, made.BASELINE)
        self.assertIn("the most connections each second", sentences(found)[0])
        self.assertRegex(sentences(found)[1], r"multithread/handoff: less, by a factor of [12]\.\d+ \(")

    def test_a_load_limited_rate_leads_nothing(self) -> None:
        results = results_of({made.BASELINE: 60.0, "multithread/handoff": 120.0, "async/handoff": 40.0})
        results["scenarios"]["churn"] |= {"headline": "ops_per_s", "better": "higher"}
        cell_of(results, "async/handoff")["load_limited"] = True
        self.assertEqual(self.first(results).leader, made.BASELINE)

    def test_the_place_on_the_axis_that_half_of_them_hold_is_judged(self) -> None:
        by_need = {finding.need: finding for finding in findings(made.results())}
        self.assertEqual(by_need["Thousands of active connections"].where, "at 10,000 connections")
        self.assertIn("lines/s asked for", by_need["Low tail latency under a given load"].where)
        self.assertEqual(by_need["Heavy lines among light ones"].where, "with --offload 2")
        idle = by_need["Many idle connections"]
        self.assertIn(idle.leader, ("async/handoff", made.BASELINE))
        self.assertIn("KiB", idle.figure)

    def test_a_split_is_held_against_the_unsplit(self) -> None:
        by_need = {finding.need: finding for finding in findings(made.results())}
        said = sentences(by_need["Reading and writing apart"])
        self.assertEqual([line.partition(":")[0] for line in said[1:]], sorted(made.SPLITS, key=made.SPLITS.get))

    def test_every_sentence_about_a_ratio_has_its_interval(self) -> None:
        for finding in findings(made.results()):
            for line in sentences(finding):
                if "times that" in line or "by a factor of" in line:
                    self.assertRegex(line, r"\([\d.,]+ to [\d.,]+\)")


class Cause(unittest.TestCase):
    def test_says_which_cpu_and_which_counters(self) -> None:
        facts = made.facts("?", "connection", "cpu_per_op")
        rng = random.Random(2)
        slow, fast = (
            made.cell("churn", CHURN, name, made.served(rng, cpu, 9)) for name, cpu in (("s", 600.0), ("f", 60.0))
        )
        slow["attribution"] = {"syscalls": {"clone": 1.0, "recvfrom": 2.0, "munmap": 3.5}}
        fast["attribution"] = {"syscalls": {"recvfrom": 2.0}}
        said = why(facts, slow, fast)
        self.assertRegex(said, r"4\d\d us system and 1\d\d us user CPU more for each connection")
        self.assertIn("minor faults against 0.01", said)
        slow["metrics"].pop("minor_faults_per_op")
        self.assertIn("syscalls against 7.50 (munmap +3.50, clone +1.00)", why(facts, slow, fast))

    def test_says_nothing_where_nothing_grew_or_nothing_is_known(self) -> None:
        facts = made.facts("?", "connection", "cpu_per_op")
        cell = made.cell("churn", CHURN, "s", made.served(random.Random(2), 60.0, 9))
        self.assertEqual(why(facts, cell, copy.deepcopy(cell)), "")
        bare = made.cell("churn", CHURN, "s", {"cpu_per_op": ("us", [1.0, 2.0])})
        self.assertEqual(why(facts, bare, cell), "")


if __name__ == "__main__":
    unittest.main()
