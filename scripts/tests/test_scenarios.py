# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Scenario files read as meant, each fault is named; an axis makes variants, and a profile chooses among them."""

import dataclasses
import tempfile
import unittest
from pathlib import Path

from tests import samples
from trivium.errors import CannotCompare
from trivium.hazards import AnyScenario
from trivium.ideals import ideal_of
from trivium.paths import SCENARIOS
from trivium.placement import Placement
from trivium.scenario_file import read_scenarios, with_own
from trivium.scenarios import PROFILE_NAMES, Phases, Scenario, variants_of

GOOD = """
[mine]
question = "?"
operation = "line"
headline = "cpu_per_op"
connections = 8
held = true
server = []
load = ["--mode", "lines"]
contenders = ["*"]
"""
FETCH = """
[mine]
kind = "fetch"
question = "?"
operation = "URL"
headline = "makespan"
jobs = [1, 4]
urls = 8
delay_ms = 50
contenders = ["*"]
ideal = "ceil(urls / jobs) x delay"
"""
DESIGN = (
    "churn lines pipeline bulk latency first-byte scale idle wait compute mixed split fetch spawn channel shared-state"
)


def read(text: str) -> list[AnyScenario]:
    """Returns the scenarios of a file with that text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.toml"
        path.write_text(text, encoding="utf-8")
        return read_scenarios(path)


def one(text: str) -> Scenario:
    """Returns the file's only scenario."""
    (scenario,) = read(text)
    assert isinstance(scenario, Scenario)
    return scenario


def changed(old: str, new: str, text: str = GOOD) -> str:
    """Returns the text with one line changed."""
    assert old in text
    return text.replace(old, new)


class Files(unittest.TestCase):
    def test_ours_has_every_question_of_the_design(self) -> None:
        ours = read_scenarios(SCENARIOS)
        self.assertLessEqual(set(DESIGN.split()), {scenario.name for scenario in ours})
        for scenario in ours:
            self.assertTrue(set(scenario.profiles) <= set(PROFILE_NAMES) and scenario.profiles)

    def test_faults_are_named_with_file_table_and_key(self) -> None:
        for old, new, wanted in (
            ("connections = 8", 'connections = "8"', r"s\.toml: \[mine\] 'connections' must be of type int or list"),
            ("connections = 8", "connections = 0", "'connections' must be at least 1"),
            ("connections = 8", "connections = []", "'connections' must hold each value once, and one at least"),
            ("connections = 8", "connections = [1, 1]", "'connections' must hold each value once"),
            ("connections = 8", 'connections = [1, "2"]', "'connections' must hold whole numbers only"),
            ("connections = 8", "connections = {fast = 1}", "'connections' must be one of: quick, standard, full"),
            ("connections = 8", "connections = {}", "'connections' names no profile"),
            ("connections = 8", "connections = [1, 2]\nrate = [3, 4]", "'connections' and for 'rate': only one"),
            ("held = true", "held = 1", "'held' must be of type bool"),
            ("held = true\n", "", "lacks 'held'"),
            ("server = []", "server = [1]", "'server' must hold strings only"),
            ("held = true", "held = true\ncolour = 1", "unknown key 'colour'"),
            ("cpu_per_op", "speed", "'headline' must be one of"),
            ("held = true", 'held = true\nneeds = ["wings"]', "'needs' must be one of: hazards"),
            ("held = true", 'held = true\ndialects = ["latin"]', "'dialects' must be one of: trivium"),
            ("held = true", 'held = true\ncpus = "all"', "'cpus' must be one of: apart, shared"),
            ("held = true", 'held = true\nideal = "infinite"', "'ideal' must be one of"),
            ("held = true", "held = true\nduration = 601", "'duration' must be from 0 to 600 seconds"),
            ("held = true", 'held = true\nprofiles = ["slow"]', "'profiles' must be one of"),
            ("held = true", 'held = true\nkind = "dance"', "'kind' must be one of: served, fetch"),
            ("held = true", "held = true\noffload = [true]", "'offload' must hold whole numbers only"),
            ("held = true", "held = true\noffload = [-1]", "'offload' must be at least 0"),
        ):
            with self.subTest(new=new), self.assertRaisesRegex(CannotCompare, wanted):
                read(changed(old, new))

    def test_what_is_no_toml_is_one_line(self) -> None:
        with self.assertRaisesRegex(CannotCompare, r"s\.toml: "):
            read("[a")
        with self.assertRaisesRegex(CannotCompare, "is not a table"):
            read("a = 1")
        with self.assertRaisesRegex(CannotCompare, "nothing.toml"):
            read_scenarios(Path("/nonexistent/nothing.toml"))

    def test_a_users_own_takes_the_place_of_ours_or_comes_after(self) -> None:
        ours = read_scenarios(SCENARIOS)
        own = read(GOOD + GOOD.replace("[mine]", "[lines]"))
        both = with_own(ours, own)
        self.assertEqual([s.name for s in both], [*(s.name for s in ours), "mine"])
        self.assertEqual([s.question for s in both if s.name == "lines"], ["?"])


class Variants(unittest.TestCase):
    def test_without_an_axis_there_is_one(self) -> None:
        (variant,) = one(GOOD).variants()
        self.assertEqual((variant.connections, variant.rate, variant.label, variant.slug), (8, 0, "mine", ""))
        told = {"connections": 8, "loop": "closed", "load": ["--mode", "lines"], "server": []}
        self.assertEqual(variant.params, told)

    def test_each_value_of_the_axis_has_cells_of_its_own(self) -> None:
        scenario = one(changed("connections = 8", "connections = [1, 10]"))
        self.assertEqual((scenario.axis, scenario.axis_unit), ("connections", "connections"))
        labels = [(v.label, v.slug, v.params["connections"]) for v in scenario.variants()]
        wanted = [("mine connections=1", "connections:1", 1), ("mine connections=10", "connections:10", 10)]
        self.assertEqual(labels, wanted)

    def test_a_rate_makes_an_open_loop_and_is_told_to_the_load_client(self) -> None:
        scenario = one(changed("held = true", "held = true\nrate = [100, 200]"))
        self.assertEqual(scenario.loop, "open")
        first, second = scenario.variants()
        self.assertEqual((first.params["rate"], second.load[-2:]), (100, ("--rate", "200")))

    def test_offload_is_a_flag_that_a_server_must_know(self) -> None:
        without, with_it = one(changed("held = true", "held = true\noffload = [0, 2]")).variants()
        self.assertEqual((without.server, without.needs), ((), ()))
        self.assertEqual((with_it.server, with_it.needs), (("--offload", "2"), ("offload",)))
        self.assertNotEqual(without.params, with_it.params)
        self.assertEqual(with_it.label, "mine offload=2")

    def test_a_fetch_scenario_has_jobs(self) -> None:
        one_job, four = one(FETCH).variants()
        self.assertEqual(four.params, {"jobs": 4, "urls": 8, "delay_ms": 50})
        async_one = samples.contender("async/per-connection")
        self.assertEqual(ideal_of(one_job, async_one, 1), {"metric": "makespan", "value": 0.4})
        self.assertEqual(ideal_of(four, async_one, 1), {"metric": "makespan", "value": 0.1})

    def test_facts_are_what_the_results_tell(self) -> None:
        facts = one(changed("held = true", 'held = true\ncaveat = "Mind."\nheadlines = ["p99"]\nrate = [1, 2]')).facts()
        self.assertEqual(facts["headlines"], ["cpu_per_op", "p99"])
        self.assertEqual((facts["caveats"], facts["axis"], facts["axis_values"]), (["Mind."], "rate", [1, 2]))
        self.assertEqual((facts["better"], facts["loop"], facts["kind"]), ("lower", "open", "served"))


class Profiles(unittest.TestCase):
    PHASES = Phases(1, 2)

    def test_a_profile_takes_its_own_or_the_next_larger_or_the_next_smaller(self) -> None:
        scenario = one(changed("connections = 8", "connections = {standard = [1, 2], full = [1, 2, 3]}"))
        found = {name: scenario.for_profile(name, self.PHASES).connections for name in PROFILE_NAMES}
        self.assertEqual(found, {"quick": (1, 2), "standard": (1, 2), "full": (1, 2, 3)})
        scenario = one(changed("connections = 8", "connections = {quick = 7}"))
        self.assertEqual(scenario.for_profile("full", self.PHASES).connections, 7)

    def test_phases_are_the_profiles_where_the_scenario_has_none(self) -> None:
        self.assertEqual(one(GOOD).for_profile("quick", self.PHASES).phases, self.PHASES)
        scenario = one(changed("held = true", "held = true\nwarmup = 0\nduration = {quick = 0.5, full = 9}"))
        self.assertEqual(scenario.for_profile("standard", self.PHASES).phases, Phases(0, 9))

    def test_every_variant_of_ours_can_be_told_from_every_other_in_each_profile(self) -> None:
        ours = [scenario for scenario in read_scenarios(SCENARIOS) if isinstance(scenario, Scenario)]
        for profile in PROFILE_NAMES:
            chosen = tuple(scenario.for_profile(profile, self.PHASES) for scenario in ours)
            labels = [variant.label for variant in variants_of(chosen)]
            self.assertEqual(len(set(labels)), len(labels))

    def test_few_rounds_are_the_first_ones_unless_rounds_are_asked_for(self) -> None:
        lines = dataclasses.replace(samples.LINES, rounds=2)
        plan = samples.plan(rounds=4, scenarios=(samples.CHURN, lines))
        sizes = [len([t for t in plan.tasks_of(n) if t.label.startswith("lines")]) for n in range(1, 5)]
        self.assertEqual(sizes, [3, 3, 0, 0])
        asked = dataclasses.replace(plan, rounds_asked_for=True)
        self.assertTrue(asked.has_round(lines, 4))


class Ideals(unittest.TestCase):
    def test_what_waits_is_bounded_by_connections_or_capacity_and_what_computes_by_cpus(self) -> None:
        wait = one(changed("held = true", 'held = true\nideal = "connections / 10 ms"')).variants()[0]
        self.assertEqual(ideal_of(wait, samples.contender("async/handoff"), 2), {"metric": "ops_per_s", "value": 800})
        self.assertEqual(
            ideal_of(wait, samples.contender("async/sequential"), 2), {"metric": "ops_per_s", "value": 100}
        )
        compute = one(changed("held = true", 'held = true\nideal = "server CPUs / 100 us"')).variants()[0]
        found = ideal_of(compute, samples.contender("async/handoff"), 2)
        assert found is not None
        self.assertAlmostEqual(found["value"], 20_000)
        self.assertIsNone(ideal_of(one(GOOD).variants()[0], samples.contender("async/handoff"), 2))


class SharedCpus(unittest.TestCase):
    def test_few_are_shared_in_the_scenarios_about_parallelism_unless_placed_by_hand(self) -> None:
        apart, shared = samples.LINES, dataclasses.replace(samples.LINES, cpus="shared")
        placement = Placement((0,), (1,), ())
        self.assertIs(placement.of(apart), placement)
        both = placement.of(shared)
        self.assertEqual((both.server, both.load), ((0, 1), (0, 1)))
        many = Placement((0, 1), (2, 3), ())
        self.assertIs(many.of(shared), many)
        by_hand = dataclasses.replace(placement, asked_for=True)
        self.assertIs(by_hand.of(shared), by_hand)


if __name__ == "__main__":
    unittest.main()
