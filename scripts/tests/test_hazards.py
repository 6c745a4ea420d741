# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Hazards read as meant, each claim has its test, and who is asked for takes part."""

import re
import tempfile
import unittest
from pathlib import Path

from trivium.choose import Asked, Catalogue, make_plan, read_catalogue
from trivium.contenders import CONTENDERS
from trivium.errors import CannotCompare, WrongUsage
from trivium.explain import about_scenario
from trivium.hazards import SPANS, Case, Hazard
from trivium.paths import ROOT, SCENARIOS
from trivium.plain import from_plain, to_plain
from trivium.plan import HazardTask, why_not
from trivium.scenario_file import read_scenarios
from trivium.scenarios import PROFILE_NAMES

DESIGN = (
    "crash kill-worker kill-storm kill-supervisor hang block slow-sender slow-reader hoard overload descriptors leak "
    "drain"
).split()
GRID = [c.name for c in CONTENDERS if not c.unsplit and not c.name.startswith("floor/")]
GOOD = """
[mine]
kind = "hazard"
question = "?"
inject = "dribble"
headline = "share_harmed"
contenders = ["*"]
clients = { quick = 4, full = [4, 8] }
at = 4
[[mine.defences]]
name = "deadline"
flags = ["--line-timeout", "1s"]
contenders = ["multi*"]
metric = "share_harmed"
bought = "something"
"""


def read(text: str) -> Hazard:
    """Returns the only hazard of a file with that text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.toml"
        path.write_text(text, encoding="utf-8")
        (hazard,) = read_scenarios(path)
    assert isinstance(hazard, Hazard)
    return hazard


def ours() -> dict[str, Hazard]:
    """Returns the hazards that there are."""
    return {scenario.name: scenario for scenario in read_scenarios(SCENARIOS) if isinstance(scenario, Hazard)}


def tests_of_hazards() -> set[str]:
    """Returns the names of the parametrised tests in tests/hazards: SUITE/CASE.TEST."""
    found = set()
    for path in (ROOT / "tests" / "hazards").glob("*.cpp"):
        text = path.read_text(encoding="utf-8")
        suites = {case: suite for suite, case in re.findall(r"INSTANTIATE_TEST_SUITE_P\((\w+), (\w+),", text)}
        found |= {f"{suites[case]}/{case}.{test}" for case, test in re.findall(r"TEST_P\((\w+), (\w+)\)", text)}
    return found


class File(unittest.TestCase):
    def test_every_hazard_of_the_design_has_a_column(self) -> None:
        self.assertEqual([name for name, hazard in ours().items() if hazard.matrix], DESIGN)

    def test_a_claim_or_a_reason_stands_behind_every_cell_and_its_test_exists(self) -> None:
        known = tests_of_hazards()
        for hazard in ours().values():
            for claim in hazard.claims:
                self.assertIn(claim.test, known, hazard.name)
            for name in filter(hazard.is_for, GRID):
                case = Case(hazard, hazard.matrix_dose)
                self.assertTrue(hazard.claim_of(name) or case.cannot(name), f"{hazard.name}: {name}")

    def test_every_defence_is_there(self) -> None:
        flags = {flag for h in ours().values() for d in h.defences for flag in d.flags if flag.startswith("--")}
        wanted = "line-timeout idle-timeout max-queue at-limit max-requests max-memory max-restarts offload".split()
        self.assertLessEqual({f"--{name}" for name in wanted}, flags)

    def test_a_defence_is_for_somebody(self) -> None:
        for hazard in ours().values():
            full = hazard.for_profile("full")
            for case in full.cases():
                self.assertTrue(any(why_not(case, contender) is None for contender in CONTENDERS), case.label)

    def test_doses_and_defences_differ_by_profile(self) -> None:
        hazard = read(GOOD)
        labels = {name: [case.label for case in hazard.for_profile(name).cases()] for name in PROFILE_NAMES}
        self.assertEqual(labels["quick"], ["mine", "mine with=deadline"])
        doses = ["mine clients=4", "mine clients=8", "mine clients=4 with=deadline"]
        self.assertEqual(labels["full"], doses)
        self.assertEqual(hazard.for_profile("standard").spans, SPANS["standard"])

    def test_what_a_defence_adds_is_in_the_command(self) -> None:
        case = read(GOOD).for_profile("quick").cases()[1]
        self.assertEqual(case.variant.server, ("--hazards", "--line-timeout", "1s"))
        self.assertEqual(case.params["defence"], "deadline")
        self.assertIn("defence is not meant", case.cannot("async/handoff") or "")
        self.assertIsNone(case.cannot("multithread/handoff"))

    def test_a_defence_that_is_there_by_itself_is_taken_away_by_its_flags(self) -> None:
        hazard = read(GOOD.replace('bought =', 'by_itself = true\nbought ='))
        self.assertEqual(hazard.for_profile("quick").cases()[1].label, "mine without=deadline")

    def test_it_lasts_as_long_as_it_says(self) -> None:
        spans = read(GOOD.replace("at = 4", "at = 4\nduring = 3")).for_profile("full").spans
        self.assertEqual((spans.during, spans.before), (3, SPANS["full"].before))

    def test_it_is_kept_and_read_again(self) -> None:
        for hazard in ours().values():
            full = hazard.for_profile("full")
            self.assertEqual(from_plain(Hazard, to_plain(full)), full)

    def test_faults_are_named(self) -> None:
        faults = (
            ('inject = "dribble"', 'inject = "magic"', "'inject' must be one of"),
            ('inject = "dribble"', 'inject = "line"', "'line' must say what"),
            ('inject = "dribble"', 'inject = "flood"\nline = "x"', "'load' must say how many"),
            ('inject = "dribble"', 'inject = "kill-worker"', "'neighbours' must be at least 1"),
            ('headline = "share_harmed"', 'headline = "speed"', "'headline' must be one of"),
            ("at = 4", "at = 5", "'at' must be one of the values"),
            ("at = 4", "at = 4\ncolour = 1", "unknown key 'colour'"),
            ("at = 4", "at = 4\nrate = 7", "'rate' must divide a second"),
            ("[4, 8]", "[8, 4]", "each value once, the smallest first"),
            ('question = "?"', "", "lacks 'question'"),
            ('bought = "something"', "", "'defences' must have each of"),
            ('metric = "share_harmed"', 'metric = "fun"', "'metric' must be one of"),
            ("flags = [", "flags = 1 # [", "'flags' of another type"),
            ('bought =', "by_itself = 1\nbought =", "'by_itself' of another type"),
            ("at = 4", "at = 4\nduring = -1", "'during' must be at least 0"),
        )
        read(GOOD)
        for old, new, said in faults:
            self.assertIn(old, GOOD)
            with self.assertRaisesRegex(CannotCompare, said, msg=new):
                read(GOOD.replace(old, new, 1))

    def test_the_list_explains_it(self) -> None:
        told = about_scenario(ours()["slow-sender"])
        self.assertIn("whom do they hold up", told)
        self.assertIn("1, 4, 7, 8, 16; in the matrix: 16", told)
        self.assertIn("without and with --line-timeout", told)


class Chosen(unittest.TestCase):
    def plan(self, **asked: object) -> list[HazardTask]:
        """Returns the first round's tasks, all of which are of hazards."""
        found = self.whole(**asked).tasks_of(1)
        hazards = [task for task in found if isinstance(task, HazardTask)]
        self.assertEqual(len(hazards), len(found))
        return hazards

    def whole(self, **asked: object):  # noqa: ANN201 - a plan
        wanted = Asked(**({"contenders": ("*",)} | asked))  # type: ignore[arg-type]
        known = read_catalogue(Asked())
        here = Catalogue(known.scenarios, tuple(CONTENDERS))
        return make_plan(wanted, here, lambda _text: None)

    def test_one_word_means_all_of_them_and_globs_mean_what_they_match(self) -> None:
        self.assertEqual({task.case.hazard.name for task in self.plan(scenarios=("hazards",))}, set(ours()))
        self.assertEqual({t.case.hazard.name for t in self.plan(scenarios=("slow-*",))}, {"slow-sender", "slow-reader"})
        with self.assertRaisesRegex(WrongUsage, "there is no 'nothing'; legal are churn, .*, hazards, and globs"):
            self.plan(scenarios=("nothing",))

    def test_the_grid_takes_part_and_nobody_twice(self) -> None:
        tasks = self.plan(scenarios=("crash",), seed=1)
        self.assertEqual(sorted(task.entry.name for task in tasks), sorted(GRID))

    def test_only_who_is_asked_for_takes_part_also_beside_other_scenarios(self) -> None:
        tasks = self.plan(scenarios=("crash",), contenders=("multithread/handoff",))
        self.assertEqual([task.entry.name for task in tasks], ["multithread/handoff"])
        both = self.whole(scenarios=("crash", "lines"), contenders=("multithread/handoff",))
        self.assertEqual([entry.name for entry in both.hazard_entries()], ["multithread/handoff"])
        self.assertIn("async/per-connection#2", [entry.name for entry in both.entries])

    def test_the_rows_are_of_whom_a_hazard_is_meant_for(self) -> None:
        both = self.whole(scenarios=("hazards", "lines", "split"), profile="full")
        self.assertIn("floor/epoll", [entry.name for entry in both.entries])
        split = [f"{name}+split" for name in GRID if name != "async/sequential"]
        self.assertEqual(sorted(entry.name for entry in both.hazard_entries()), sorted([*GRID, *split]))

    def test_the_points_of_a_curve_are_measured_in_every_other_round(self) -> None:
        plan = self.whole(scenarios=("slow-sender",), contenders=("multithread/handoff",), profile="full")
        doses = [{task.case.dose for task in plan.tasks_of(number)} for number in (1, 2, 3)]
        self.assertEqual(doses, [{1, 4, 7, 8, 16}, {16}, {1, 4, 7, 8, 16}])

    def test_there_are_as_many_rounds_as_the_hazards_have(self) -> None:
        self.assertEqual(self.whole(scenarios=("crash",), profile="standard").rounds, 2)
        self.assertEqual(self.whole(scenarios=("crash",), profile="full").rounds, 6)
        self.assertEqual(self.whole(scenarios=("crash",), rounds=4).rounds, 4)
        self.assertEqual(self.whole(scenarios=("crash", "lines"), profile="standard").rounds, 12)

    def test_standard_has_five_minutes_for_them(self) -> None:
        plan = self.whole(profile="standard")
        tasks = [task for number in range(1, plan.rounds + 1) for task in plan.tasks_of(number)]
        hazards = [task for task in tasks if isinstance(task, HazardTask)]
        self.assertGreater(len(hazards), 200)
        self.assertLess(plan.seconds_for(hazards), 300)
        self.assertEqual(self.whole(profile="quick").hazards, ())


if __name__ == "__main__":
    unittest.main()
