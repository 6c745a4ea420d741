# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Rounds are complete and in random order; command lines and CPU lists read as meant."""

import dataclasses
import tempfile
import unittest
from pathlib import Path

from tests import samples
from trivium.contenders import Contender, select, wanted
from trivium.errors import CannotCompare, WrongUsage
from trivium.paths import SCENARIOS
from trivium.placement import default_split, format_cpu_list, parse_cpu_list, place
from trivium.plan import Entry, Task
from trivium.scenario_file import read_scenarios
from trivium.scenarios import Scenario


def command_of(contender: Contender) -> list[str]:
    """Returns how the contender is started for the scenario `lines`."""
    return contender.command(0, samples.LINES.variants()[0], 1, Path("/nowhere"))


class Plan(unittest.TestCase):
    def test_every_round_has_every_cell_once_in_its_own_order(self) -> None:
        plan = samples.plan()
        orders = []
        for number in range(1, 7):
            tasks = plan.tasks_of(number)
            orders.append([(task.scenario.name, task.entry.name) for task in tasks])
            self.assertEqual(len(set(orders[-1])), len(tasks))
        self.assertEqual(len({frozenset(order) for order in orders}), 1)
        self.assertGreater(len({tuple(order) for order in orders}), 1)

    def test_the_seed_decides_the_order(self) -> None:
        self.assertEqual(samples.plan(seed=3).tasks_of(2), samples.plan(seed=3).tasks_of(2))
        self.assertNotEqual(samples.plan(seed=3).tasks_of(2), samples.plan(seed=4).tasks_of(2))

    def test_a_slow_machine_gets_fewer_rounds_but_enough_for_an_interval(self) -> None:
        plan = samples.plan(rounds=9)
        within = plan.profile.within
        self.assertTrue(plan.has_time_for(6, 10 * within, 100))
        self.assertTrue(plan.has_time_for(7, within - 101, 100))
        self.assertFalse(plan.has_time_for(7, within - 99, 100))

    def test_the_estimate_grows_with_the_units_that_are_started(self) -> None:
        few, many = samples.LINES, dataclasses.replace(samples.LINES, connections=1000)

        def seconds(scenario: Scenario, name: str) -> float:
            task = Task(1, scenario.variants()[0], Entry(name, samples.contender(name)))
            return samples.plan().seconds_for([task])

        names = ("async/handoff", "multithread/handoff", "multiprocess/handoff", "multiprocess/handoff+split")
        grown = [seconds(many, name) - seconds(few, name) for name in names]
        self.assertEqual(grown, sorted(grown))
        self.assertGreater(seconds(few, names[0]), few.phases.total)

    def test_the_baseline_is_entered_twice(self) -> None:
        names = [entry.name for entry in samples.plan().entries]
        self.assertIn("async/per-connection", names)
        self.assertIn("async/per-connection#2", names)
        self.assertEqual(len(names), 4)

    def test_what_lacks_the_capacity_is_no_task(self) -> None:
        tasks = samples.plan().tasks_of(1)
        self.assertFalse([t for t in tasks if t.scenario.held and t.entry.name == "async/sequential"])


class Contenders(unittest.TestCase):
    def test_globs_add_up_in_the_order_of_the_catalogue(self) -> None:
        names = [contender.name for contender in select(["async/*", "*/handoff"])]
        self.assertEqual(
            names,
            [
                "multiprocess/handoff",
                "multithread/handoff",
                "async/per-connection",
                "async/handoff",
                "async/shared-accept",
                "async/sequential",
                "async/per-connection+split",
                "async/handoff+split",
                "async/shared-accept+split",
            ],
        )
        self.assertEqual(len(select([])), 22)

    def test_a_split_one_differs_from_its_twin_by_one_flag(self) -> None:
        split, twin = samples.contender("multiprocess/handoff+split"), samples.contender("multiprocess/handoff")
        self.assertEqual((split.unsplit, twin.unsplit), (twin.name, None))
        more = [word for word in command_of(split) if word not in command_of(twin)]
        self.assertEqual(more, ["--connection", "split"])
        self.assertEqual(split.workers(32, 1), twin.workers(32, 1))

    def test_only_what_a_scenario_is_for_is_wanted(self) -> None:
        unsplit = dataclasses.replace(samples.LINES, contenders=("async/*", "!*+split", "!*/sequential"))
        names = [contender.name for contender in wanted(select([]), (unsplit,))]
        self.assertEqual(names, ["async/per-connection", "async/handoff", "async/shared-accept"])
        self.assertEqual(len(wanted(select([]), (unsplit, samples.CHURN))), 22)

    def test_blocking_pools_get_a_worker_for_each_connection_up_to_1024(self) -> None:
        blocking = samples.contender("multithread/handoff")
        self.assertEqual([blocking.workers(n, 1) for n in (32, 1024, 5000)], [32, 1024, 1024])
        self.assertEqual([samples.contender("async/handoff").workers(32, cpus) for cpus in (1, 8)], [2, 8])
        self.assertNotIn("--workers", command_of(samples.contender("async/per-connection")))


class Scenarios(unittest.TestCase):
    def read(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.toml"
            path.write_text(text, encoding="utf-8")
            read_scenarios(path)

    def test_ours_are_read(self) -> None:
        ours = read_scenarios(SCENARIOS)
        names = [scenario.name for scenario in ours]
        self.assertLessEqual({"churn", "lines", "split", "spawn", "channel", "shared-state"}, set(names))
        self.assertEqual([scenario.name for scenario in ours if "quick" in scenario.profiles], ["churn", "lines"])

    def test_a_split_one_is_measured_beside_its_twin_only(self) -> None:
        ours = [scenario for scenario in read_scenarios(SCENARIOS) if isinstance(scenario, Scenario)]
        named = {scenario.name: scenario for scenario in ours}
        for contender in select(["*+split"]):
            meant = [named[name].is_for(contender.name) for name in ("churn", "lines", "split")]
            self.assertEqual(meant, [False, False, True])
            self.assertTrue(named["split"].is_for(str(contender.unsplit)))
        self.assertFalse(named["split"].is_for("floor/epoll"))

    def test_faults_are_named(self) -> None:
        with self.assertRaisesRegex(CannotCompare, r"\[a\] lacks 'question'"):
            self.read("[a]\n")
        good = SCENARIOS.read_text(encoding="utf-8")
        with self.assertRaisesRegex(CannotCompare, "'connections' must be of type int"):
            self.read(good.replace("connections = 32", 'connections = "32"'))
        with self.assertRaisesRegex(CannotCompare, "'headline' must be one of"):
            self.read(good.replace('headline = "cpu_per_op"', 'headline = "speed"'))
        with self.assertRaisesRegex(CannotCompare, "unknown key 'colour'"):
            self.read(good.replace("held = true", "held = true\ncolour = 1", 1))
        with self.assertRaises(CannotCompare):
            self.read("[a")


class Placement(unittest.TestCase):
    def test_lists_of_cpus(self) -> None:
        self.assertEqual(parse_cpu_list("0-2,6"), [0, 1, 2, 6])
        self.assertEqual(format_cpu_list((6, 0, 1, 2)), "0-2,6")
        for wrong in ("", "a", "3-1", "1,,2", "-1", "1-"):
            with self.assertRaises(ValueError, msg=wrong):
                parse_cpu_list(wrong)

    def test_the_two_sides_are_disjoint_where_that_is_possible(self) -> None:
        self.assertEqual(default_split([0]), ([0], [0]))
        for cpus in ([0, 1], [0, 1, 2], list(range(8))):
            server, load = default_split(cpus)
            self.assertEqual(sorted(server + load), cpus)
            self.assertTrue(server and load)
            self.assertGreaterEqual(len(server), len(load))

    def test_cpus_that_are_not_ours_are_refused(self) -> None:
        with self.assertRaisesRegex(WrongUsage, "--load-cpus"):
            place(None, [100_000])


if __name__ == "__main__":
    unittest.main()
