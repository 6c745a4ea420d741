# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What is told of hazards is what happened to healthy clients, and what does not add up is not valid."""

import json
import unittest
from dataclasses import replace
from typing import Any

from tests import hazard_raws
from tests.hazard_raws import KILL, SLOW, all_raws, plan, raw
from trivium.gate import Judgement
from trivium.hazard_figures import METRICS, mismatches, reasons
from trivium.hazard_results import BUSY, GONE, SLOW_TO_RECOVER, STUCK, HazardResults
from trivium.hazard_words import flags_of
from trivium.hazards import Case, Defence, Hazard

CASE = Case(SLOW, 8.0)
HELD = "o" * 100 + "l" * 100 + "t" * 100 + "o" * 100
ALL = "o" * 100 + "t" * 200 + "o" * 100


def figure(name: str, outcomes: str = "o" * 400, case: Case = CASE, **found: Any) -> float | None:
    """Returns one metric of a made-up measurement."""
    return METRICS[name][2](raw(case, "multiprocess/handoff", 1, outcomes, **found))


class Figures(unittest.TestCase):
    def test_the_harm_is_of_what_was_planned_meanwhile(self) -> None:
        self.assertEqual(figure("share_harmed", HELD), 1)
        self.assertEqual(figure("share_failed", HELD), 0.5)
        self.assertEqual(figure("share_late", HELD), 0.5)
        self.assertEqual(figure("share_waited", HELD), 0.5)
        self.assertEqual(figure("share_harmed", "t" * 100 + "o" * 200 + "t" * 100), 0)

    def test_a_percentile_counts_who_failed_with_the_timeout(self) -> None:
        self.assertEqual(figure("p99_before", HELD), 1)
        self.assertEqual(figure("p99_during", HELD), 300)
        self.assertEqual(figure("p99_during", "o" * 100 + "l" * 3 + "o" * 297), 150)
        self.assertEqual(figure("p99_during", "o" * 100 + "l" * 2 + "o" * 298), 1)

    def test_recovery_is_from_the_end_to_the_last_time_that_was_bad(self) -> None:
        self.assertEqual(figure("recover_s", HELD), 0)
        self.assertAlmostEqual(figure("recover_s", "o" * 100 + "t" * 220 + "o" * 80) or 0, 0.1)
        self.assertIsNone(figure("recover_s", "o" * 100 + "t" * 300))
        self.assertIsNone(figure("recover_s", back=False))
        one_late = "o" * 320 + "l" + "o" * 79  # which is no time that is bad
        self.assertEqual(figure("recover_s", one_late), 0)

    def test_what_is_of_the_server(self) -> None:
        self.assertEqual(figure("restarted"), 1)
        self.assertIsNone(METRICS["restarted"][2](raw(CASE, "multithread/handoff")))
        self.assertIsNone(figure("lost"))
        self.assertEqual(figure("lost", case=Case(KILL), neighbours_lost=2), 2)
        memory = {"pss_before": 10 << 20, "pss_after": 40 << 20, "facts": {"answered": 20}}
        self.assertEqual(figure("memory_kept", **memory), 30)
        self.assertEqual(figure("share_kept", **memory), 0.75)
        flood = {"ok": 900, "late": 300, "duration_s": 0.5}
        self.assertEqual(figure("goodput", facts={"capacity": 1000.0, "flood": flood}), 1.2)

    def test_a_drain_has_lost_what_was_accepted_and_not_ended(self) -> None:
        case = Case(Hazard("drain", "?", "terminate", "lost", ("*",), neighbours=4))
        self.assertEqual(figure("lost", "o" * 100 + "r" * 300, case), 0)
        counters = {"accepted": 101, "active": 0, "closed": {"end": 99, "drain": 2}, "units_started": 8}
        self.assertEqual(figure("lost", "o" * 100 + "r" * 300, case, counters=counters), 2)
        self.assertEqual(figure("lost", "o" * 99 + "t" + "r" * 300, case, counters=counters), 1)
        self.assertIsNone(figure("lost", case=case, counters=None))

    def test_what_could_not_be_had_has_its_reason(self) -> None:
        silent = raw(CASE, "multiprocess/handoff", counters=None)
        self.assertIn("without telling its counters", reasons([silent], set())["restarted"])
        self.assertIn("no pool of processes", reasons([raw(CASE, "async/handoff")], set())["restarted"])
        self.assertNotIn("p99_during", reasons([silent], {"p99_during"}))


class Sums(unittest.TestCase):
    def broken(self, **changes: Any) -> list[str]:
        found = raw(CASE, "multithread/handoff", 1, HELD)
        self.assertEqual(mismatches(found), [])
        for key, value in changes.items():
            part, _, name = key.partition("_")
            found[part][name] = value
        return mismatches(found)

    def test_planned_is_what_was_sent_and_what_was_not(self) -> None:
        self.assertIn("sums differ", self.broken(load_planned=401)[0])
        self.assertIn("sums differ", self.broken(load_ok=301)[0])

    def test_the_timeline_has_all_of_them(self) -> None:
        self.assertIn("the timeline has 399", self.broken(requests_outcomes=HELD[:-1])[0])

    def test_the_server_has_closed_what_it_accepted_and_no_more_than_came(self) -> None:
        counters = {"accepted": 401, "active": 0, "closed": {"end": 301, "eof": 99}}
        self.assertIn("has 0 active and 400 closed", self.broken(hazard_counters=counters)[0])
        self.assertIn("accepted 401 of 300", self.broken(hazard_connected=300)[0])
        few = {"accepted": 401, "active": 0, "closed": {"end": 201, "eof": 200}}
        self.assertIn("300 were answered, and the server counts 201", self.broken(hazard_counters=few)[0])
        killed = {"accepted": 401, "active": 0, "closed": {"end": 201, "eof": 100, "crashed": 100}}
        self.assertEqual(self.broken(hazard_counters=killed), [])  # what was in hand when it was killed

    def test_clients_and_server_count_the_same_connections(self) -> None:
        self.assertIn("accepted 401 of 402", self.broken(hazard_connected=402)[0])
        self.assertEqual(self.broken(hazard_connected=402, hazard_unaccepted=1), [])
        self.assertIn("401 of 404 connections, of which 2 still", self.broken(hazard_connected=404, hazard_unaccepted=2)[0])

    def test_but_for_who_waited_when_the_listener_was_shut(self) -> None:
        self.assertEqual(self.broken(hazard_connected=500, hazard_alive=False), [])
        self.assertEqual(self.broken(hazard_connected=500, params_inject="terminate"), [])
        self.assertIn("401 of 400", self.broken(hazard_connected=400, hazard_alive=False)[0])

    def test_and_who_was_killed_where_workers_accept_by_themselves(self) -> None:
        found = raw(CASE, "multiprocess/shared-accept", 1, HELD, facts={"killed": 3})
        for missing, wrong in ((3, 0), (4, 1)):
            self.assertEqual(len(mismatches(found | {"hazard": found["hazard"] | {"connected": 401 + missing}})), wrong)
        self.assertIn("401 of 402", self.broken(hazard_connected=402, hazard_facts={"killed": 3})[0])

    def test_an_older_run_that_did_not_ask_who_waited_has_bounds(self) -> None:
        found = raw(CASE, "multithread/handoff", 1, HELD)
        del found["hazard"]["unaccepted"]
        self.assertEqual(mismatches(found | {"hazard": found["hazard"] | {"connected": 500}}), [])


class Results(unittest.TestCase):
    def made(self, outcomes: dict[tuple[str, float, str | None], str], rounds: int = 6) -> HazardResults:
        of = plan(SLOW, KILL, rounds=rounds)
        return HazardResults(of, all_raws(of, outcomes), {})

    def test_an_item_tells_what_happened_and_what_is_claimed(self) -> None:
        found = self.made({("multithread/handoff", 8.0, None): ALL})
        items = {(item["contender"], item["hazard"]): item for item in found.matrix()}
        self.assertEqual(len(items), 6)
        item = items["multithread/handoff", "slow"]
        self.assertEqual((item["value"], item["low"], item["high"], item["interval"]), (1, 1, 1, "95 %"))
        self.assertEqual((item["unit"], item["harm"], item["claim"]), ("share", 1, "they hold the pool"))
        self.assertEqual(item["test"], "All/Slow.A/multithread_handoff")
        self.assertIn("p99_during", [figure["metric"] for figure in item["figures"]])
        self.assertEqual(items["async/per-connection", "slow"]["value"], 0)
        na = items["async/per-connection", "kill"]
        self.assertEqual((na["value"], na["harm"], na["timeline"]), (None, None, None))
        self.assertEqual(na["note"], "n/a (no worker processes)")

    def test_few_rounds_have_a_range_and_one_has_nothing(self) -> None:
        two, one = (self.made({}, rounds=rounds).matrix()[0] for rounds in (2, 1))
        self.assertEqual((two["interval"], two["low"]), ("range", 0))
        self.assertEqual((one["interval"], one["low"]), (None, None))

    def test_a_timeline_adds_up(self) -> None:
        line = self.made({("multiprocess/handoff", 8.0, None): HELD}).matrix()[0]["timeline"]
        self.assertEqual((sum(line["ok"]), sum(line["late"]), sum(line["failed"])), (200, 100, 100))
        self.assertEqual({len(line[key]) for key in ("ok", "late", "failed", "p50_us", "p99_us")}, {40})
        self.assertEqual((line["step_ms"], line["hazard_begin_ms"], line["hazard_end_ms"]), (50, 498.0, 1500.0))
        self.assertEqual((line["p50_us"][0], line["p99_us"][12], line["p50_us"][25]), (1000, 150_000, None))

    def test_a_dose_that_tells_from_there_on_is_the_knee(self) -> None:
        outcomes = {("multithread/handoff", dose, None): ALL for dose in (8.0, 16.0)}
        outcomes["async/per-connection", 4.0, None] = ALL  # once, and never again
        curves = {curve["contender"]: curve for curve in self.made(outcomes).doses()}
        self.assertEqual([point["x"] for point in curves["multithread/handoff"]["points"]], [4, 8, 16])
        self.assertEqual([point["value"] for point in curves["multithread/handoff"]["points"]], [1, 300, 300])
        self.assertEqual(curves["multithread/handoff"]["knee"], 8)
        self.assertIsNone(curves["async/per-connection"]["knee"])

    def test_a_defence_is_a_pair(self) -> None:
        pairs = self.made({("multithread/handoff", 8.0, None): ALL}).defences()
        self.assertEqual([pair["contender"] for pair in pairs], ["multiprocess/handoff", "multithread/handoff"])
        self.assertEqual((pairs[1]["without"]["value"], pairs[1]["with"]["value"]), (1, 0))
        self.assertEqual(pairs[1]["flags"], ["--line-timeout", "1s"])
        self.assertEqual([pairs[1]["harmed"][side]["value"] for side in ("without", "with")], [1, 0])

    def test_of_a_defence_that_is_there_by_itself_the_plain_case_is_the_one_with_it(self) -> None:
        drain = Defence("drain", ("--drain-timeout", "1ms"), ("multi*",), "share_harmed", "they are served", True)
        hazard = Hazard("stop", "?", "kill-worker", "share_harmed", ("*",), neighbours=1, defences=(drain,))
        of = plan(hazard)
        self.assertEqual([case.slug for case in hazard.cases()], ["", "without:drain"])
        raws = all_raws(of, {("multithread/handoff", 0.0, "drain"): ALL})
        pair = HazardResults(of, raws, {}).defences()[1]
        self.assertEqual((pair["without"]["value"], pair["with"]["value"], pair["by_itself"]), (1, 0, True))
        self.assertEqual(flags_of(pair), "the default, not --drain-timeout 1ms")

    def test_how_it_ended_is_said(self) -> None:
        of = plan(SLOW)
        case = Case(SLOW, 8.0)
        raws = [raw(case, "multithread/handoff", number, back=False) for number in range(1, 7)]
        raws += [raw(case, "multiprocess/handoff", 1, back=False, alive=False, left_behind=3)]
        notes = {item["contender"]: item["note"] for item in HazardResults(of, raws, {}).matrix()}
        self.assertEqual(notes["multithread/handoff"], STUCK)
        self.assertEqual(notes["multiprocess/handoff"], f"3 processes were left behind; {GONE}")
        self.assertEqual(notes["async/per-connection"], "not measured: the comparison ended before")

    def test_who_serves_and_is_not_as_before_is_marked(self) -> None:
        to_the_end = "o" * 100 + "t" * 300
        item = self.made({("multithread/handoff", 8.0, None): to_the_end}).matrix()[1]
        self.assertEqual((item["contender"], item["note"]), ("multithread/handoff", SLOW_TO_RECOVER))

    def test_what_does_not_add_up_is_not_valid(self) -> None:
        of = plan(KILL)
        wrong = raw(Case(KILL), "multithread/handoff", 2) | {"load": hazard_raws.load("o" * 401)}
        found = HazardResults(of, [raw(Case(KILL), "multithread/handoff", 1), wrong], {})
        cell = next(cell for cell in found.cells() if cell["entry"] == "multithread/handoff")
        self.assertFalse(cell["valid"])
        self.assertIn("(1 of 2 rounds)", cell["notes"][0])
        item = next(item for item in found.matrix() if item["contender"] == "multithread/handoff")
        self.assertIsNone(item["value"])

    def test_a_busy_machine_is_said(self) -> None:
        of = plan(KILL, rounds=1)
        found = HazardResults(of, [raw(Case(KILL), "multithread/handoff", 1, "l" * 50 + "o" * 350)], {})
        cell = next(cell for cell in found.cells() if cell["entry"] == "multithread/handoff")
        self.assertEqual((cell["valid"], cell["notes"], cell["disturbances"]), (True, [BUSY], {BUSY: 1}))

    def test_who_does_not_conform_is_not_measured(self) -> None:
        of = plan(KILL)
        judged = {"multithread/handoff": Judgement(False, "it failed")}
        cells = {cell["entry"]: cell for cell in HazardResults(of, [], judged).cells()}
        self.assertEqual(cells["multithread/handoff"]["notes"], ["it failed"])
        self.assertTrue(cells["multithread/handoff"]["nonconforming"])

    def test_an_error_is_no_figure(self) -> None:
        of = plan(KILL, rounds=2)
        failed = raw(Case(KILL), "multithread/handoff", 2) | {"error": "it did not start"}
        found = HazardResults(of, [raw(Case(KILL), "multithread/handoff", 1), failed], {})
        cell = next(cell for cell in found.cells() if cell["entry"] == "multithread/handoff")
        self.assertEqual(cell["metrics"]["share_harmed"]["samples"], [0, None])
        self.assertEqual(cell["notes"], ["it did not start (1 of 2 rounds)"])

    def test_the_same_raws_give_the_same_bytes(self) -> None:
        of = plan(SLOW, replace(KILL, matrix=False))
        raws = all_raws(of, {})
        texts = set()
        for order in (raws, raws[::-1]):
            found = HazardResults(of, sorted(order, key=lambda each: each["round"]), {})
            texts.add(json.dumps([found.cells(), found.matrix(), found.doses(), found.defences()]))
        self.assertEqual(len(texts), 1)
        self.assertNotIn("kill", [item["hazard"] for item in found.matrix()])


if __name__ == "__main__":
    unittest.main()
