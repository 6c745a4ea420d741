# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Microbenchmarks: names are read, each is run alone, and its figures become cells like all others."""

import json
import os
import tempfile
import unittest
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from tests import micro_samples, samples
from trivium import microbenchmarks
from trivium.cells import ratio_of
from trivium.errors import CannotCompare
from trivium.micro_report import full_table
from trivium.micro_results import figures, is_baseline, is_twin
from trivium.micro_table import Table, baseline_text, lines_of, micro_lines, pair_verdict, tables
from trivium.microbenchmarks import baseline_of, case_label, command_for, find_cases, measure_case, read_name
from trivium.plan import PROFILES
from trivium.processes import descendants
from trivium.report import legend, markdown
from trivium.scenario_file import read_scenarios
from trivium.scenarios import PROFILE_NAMES, Microbenchmark

# Plays a benchmark program. What it measures is told by the name: broken, lost, mute, or else good.
FAKE = """#!/usr/bin/python3
import json, re, sys
names = ["pass/way:good/of:a.b", "pass/way:broken/of:a.b", "pass/way:lost/of:a.b", "pass/way:mute/of:a.b"]
if "--benchmark_list_tests" in sys.argv:
    print("\\n".join(names))
    sys.exit()
pattern = next(a.partition("=")[2] for a in sys.argv if a.startswith("--benchmark_filter="))
chosen = [name for name in names if re.search(pattern, name)]
assert len(chosen) == 1, chosen
if "broken" in chosen[0]:
    sys.exit("it broke")
run = {"name": chosen[0], "run_type": "iteration", "real_time": 5.0, "cpu_time": 4.0, "time_unit": "ns"}
if "lost" in chosen[0]:
    run |= {"error_occurred": True, "error_message": "lost bumps"}
print("no JSON" if "mute" in chosen[0] else json.dumps({"context": {}, "benchmarks": [run]}))
"""


@contextmanager
def fake_programs(executable: bool = True) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench_pass"
        path.write_text(FAKE, encoding="utf-8")
        path.chmod(0o755 if executable else 0o644)
        with mock.patch.object(microbenchmarks, "PROGRAMS", Path(folder)):
            yield


class Names(unittest.TestCase):
    def test_hold_parameters_and_the_entry_last(self) -> None:
        name = "pass/bytes:64/op:a-b/of:x.y/process_time/real_time"
        case = read_name(micro_samples.PASS, micro_samples.PROGRAM, name)
        self.assertEqual(case.params, (("bytes", 64), ("op", "a-b")))
        self.assertEqual(case.entry, "x.y")
        self.assertEqual(case.label, "bytes:64/op:a-b/x.y")

    def test_that_do_not_keep_to_the_form_are_refused(self) -> None:
        for name in ("other/of:x", "pass/x", "pass/a:1", "pass", "pass/a/of:x"):
            with self.assertRaisesRegex(CannotCompare, "bench_pass", msg=name):
                read_name(micro_samples.PASS, micro_samples.PROGRAM, name)

    def test_the_filter_means_one_benchmark_and_no_other(self) -> None:
        case = read_name(micro_samples.PASS, micro_samples.PROGRAM, "pass/shape:1-1/of:a.b+c")
        chosen = next(part for part in command_for(case) if part.startswith("--benchmark_filter="))
        self.assertEqual(chosen, r"--benchmark_filter=^pass/shape:1-1/of:a\.b\+c$")


class Baselines(unittest.TestCase):
    def setUp(self) -> None:
        self.cases = micro_samples.cases()
        self.known = [(dict(case.params), case.entry) for case in self.cases]

    def of(self, index: int) -> int | None:
        return baseline_of(micro_samples.PASS.baseline, *self.known[index], self.known)

    def test_have_the_parts_of_the_pattern_and_are_otherwise_alike(self) -> None:
        self.assertEqual([self.of(index) for index in range(6)], [0, 0, 2, 0, 4, 5])

    def test_can_be_missing(self) -> None:
        self.assertIsNone(baseline_of("of:{model}.channel", {"op": "send"}, "process.pipe", self.known))

    def test_are_entered_twice_and_nothing_else_is(self) -> None:
        entries = [(case.label, case.contender) for case in micro_samples.plan().cases]
        self.assertEqual(len(entries), 10)
        self.assertEqual(len(set(entries)), 10)
        self.assertIn(("op:send/shape:1-1/spin:0us/thread.channel#2", "thread.channel"), entries)

    def test_come_along_with_what_a_glob_asks_for(self) -> None:
        for glob, expected in (("thread.pipe", {0, 3}), ("task/*", {4}), ("thread/ch*", {0, 1, 2, 5})):
            chosen = microbenchmarks.select_cases(self.cases, [glob])
            self.assertEqual(chosen, [self.cases[index] for index in sorted(expected)], glob)

    def test_read_well(self) -> None:
        self.assertEqual(baseline_text("spin:0us/of:{model}.channel"), "the same model's channel spin:0us")
        self.assertEqual(baseline_text("of:async.task"), "async.task")


class Programs(unittest.TestCase):
    scenario = replace(micro_samples.PASS, baseline="of:a.b", columns=())

    def measure(self, way: str) -> dict[str, Any]:
        case = next(c for c in find_cases([self.scenario]) if dict(c.params)["way"] == way)
        return measure_case(case, 3, sorted(os.sched_getaffinity(0)))

    def test_each_case_is_run_alone(self) -> None:
        with fake_programs():
            raw = self.measure("good")
        self.assertIsNone(raw["error"])
        self.assertEqual((raw["round"], raw["benchmark"]["real_time"]), (3, 5.0))
        self.assertGreater(raw["cpu_seconds"], 0)
        json.dumps(raw)

    def test_what_fails_is_a_result_with_its_reason(self) -> None:
        with fake_programs():
            self.assertEqual(self.measure("broken")["error"], "it ended with 1: it broke")
            self.assertEqual(self.measure("lost")["error"], "lost bumps")
            self.assertIn("Expecting value", self.measure("mute")["error"])

    def test_the_filter_of_the_scenario_leaves_some_out(self) -> None:
        with fake_programs():
            found = find_cases([replace(self.scenario, filter="good|lost")])
            self.assertEqual({case.params[0][1] for case in found}, {"good", "lost"})
            with self.assertRaisesRegex(CannotCompare, "'pass': its programs hold no benchmark"):
                find_cases([replace(self.scenario, filter="nothing")])
            self.assertEqual(find_cases([self.scenario], ["floor/*"]), ())

    def test_one_that_is_not_built_is_an_error_that_says_so(self) -> None:
        said = "'pass' needs .*bench_pass, which is not built"
        with fake_programs(executable=False), self.assertRaisesRegex(CannotCompare, said):
            find_cases([self.scenario])

    def test_one_that_hangs_is_ended(self) -> None:
        with self.assertRaisesRegex(microbenchmarks.BenchmarkFailed, "not done after 0.2 s"):
            microbenchmarks._run(["/bin/sleep", "60"], sorted(os.sched_getaffinity(0)), 0.2)
        self.assertEqual(descendants(), [])


class Figures(unittest.TestCase):
    def test_are_for_one_operation(self) -> None:
        found = figures(micro_samples.run("pass/of:a.b/real_time", 40.0))
        self.assertAlmostEqual(found["time_per_op"][1], 40.0)
        self.assertAlmostEqual(found["ops_per_s"][1], 25e6)
        self.assertEqual(found["cpu_per_op"], ("ns", 20.0))
        self.assertEqual(found["voluntary_switches_per_op"], ("1", 0.25))
        self.assertNotIn("iterations", found)

    def test_the_clock_that_items_were_divided_by_is_known_by_the_name(self) -> None:
        by_cpu = micro_samples.run("pass/of:a.b", 40.0, items_per_second=1e9 / 4.0)
        self.assertAlmostEqual(figures(by_cpu)["time_per_op"][1], 40.0)

    def test_without_items_an_iteration_is_an_operation(self) -> None:
        run = micro_samples.run("pass/of:a.b/manual_time", 40.0)
        del run["items_per_second"]
        self.assertAlmostEqual(figures(run)["time_per_op"][1], 40_000)

    def test_cpu_time_without_a_counter_is_the_process_s_or_unknown(self) -> None:
        for name, known in (("pass/of:a.b/process_time/real_time", True), ("pass/of:a.b/real_time", False)):
            run = micro_samples.run(name, 40.0)
            del run["cpu_ns"]
            self.assertEqual("cpu_per_op" in figures(run), known)

    def test_other_counters_are_kept(self) -> None:
        run = micro_samples.run("pass/of:a.b/real_time", 40.0, wake_ups=0.5, label="text")
        self.assertEqual(figures(run)["wake_ups"], ("1", 0.5))
        self.assertNotIn("label", figures(run))


class Cells(unittest.TestCase):
    def setUp(self) -> None:
        self.plan = micro_samples.plan()
        self.raws = micro_samples.all_raws(self.plan, {"thread.pipe": 300})

    def cell(self, label: str) -> dict[str, Any]:
        cells = samples.results(self.plan, self.raws)["cells"]
        return next(cell for cell in cells if case_label(cell["params"], cell["entry"]) == label)

    def test_hold_a_sample_a_round_and_ratios_paired_by_round(self) -> None:
        cell = self.cell("op:send/shape:1-1/thread.pipe")
        samples_told = [round(sample) for sample in cell["metrics"]["time_per_op"]["samples"]]
        self.assertEqual(samples_told, [301, 302, 303, 304, 305, 306])
        ratio = ratio_of(cell, "time_per_op")
        assert ratio is not None
        self.assertAlmostEqual(ratio["low"], 306 / 106)
        self.assertEqual((ratio["baseline"], ratio["verdict"]), ("thread.channel", "more"))
        self.assertEqual(cell["baseline"]["params"], {"op": "send", "shape": "1-1", "spin": "0us"})

    def test_tell_baselines_and_twins(self) -> None:
        self.assertTrue(is_baseline(self.cell("op:send/shape:1-1/spin:0us/thread.channel")))
        twin = self.cell("op:send/shape:1-1/spin:0us/thread.channel#2")
        self.assertTrue(is_twin(twin))
        self.assertFalse(is_baseline(twin))
        self.assertEqual(twin["contender"], "thread.channel")

    def test_a_round_that_failed_leaves_a_gap_and_takes_the_rank(self) -> None:
        broken = next(raw for raw in self.raws if raw["entry"] == "thread.pipe" and raw["round"] == 2)
        broken["error"] = "lost"
        del broken["benchmark"]
        cell = self.cell("op:send/shape:1-1/thread.pipe")
        self.assertIsNone(cell["metrics"]["time_per_op"]["samples"][1])
        self.assertEqual((cell["valid"], cell["ranked"], cell["notes"]), (True, False, ["lost (1 of 6 rounds)"]))

    def test_what_never_worked_is_there_and_invalid(self) -> None:
        for raw in self.raws:
            if raw["entry"] == "thread.pipe":
                raw["error"] = "lost"
        cell = self.cell("op:send/shape:1-1/thread.pipe")
        self.assertEqual((cell["valid"], cell["metrics"], cell["notes"]), (False, {}, ["lost"]))

    def test_other_programs_are_noticed(self) -> None:
        for raw in self.raws:
            raw["machine_busy_seconds"] = 0.3
        self.assertEqual(sum(self.cell("op:send/shape:1-1/thread.pipe")["disturbances"].values()), 6)

    def test_an_interrupted_comparison_keeps_what_it_has(self) -> None:
        self.raws = [raw for raw in self.raws if raw["round"] < 3]
        cell = self.cell("op:send/shape:1-1/thread.pipe")
        self.assertEqual(cell["metrics"]["time_per_op"]["samples"][2:], [None] * 4)
        self.raws = []
        cell = self.cell("op:send/shape:1-1/thread.pipe")
        self.assertEqual(cell["notes"], ["not measured: the comparison ended before"])

    def test_every_round_has_every_case_once_in_its_own_order(self) -> None:
        orders = [[task.label for task in self.plan.tasks_of(number)] for number in range(1, 7)]
        self.assertEqual({len(set(order)) for order in orders}, {10})
        self.assertGreater(len({tuple(order) for order in orders}), 1)


class Tables(unittest.TestCase):
    def setUp(self) -> None:
        self.plan = micro_samples.plan()
        raws = micro_samples.all_raws(self.plan, {"thread.pipe": 300})
        self.results = samples.results(self.plan, raws)
        self.text = micro_lines(self.results, "pass", width=None, colour=False)

    def table(self, index: int) -> Table:
        return tables(self.results["scenarios"]["pass"], self.results["cells"])[index]

    def test_have_a_row_an_entry_and_side_by_side_what_varies(self) -> None:
        table = self.table(0)
        self.assertEqual(table.title, "op send")
        self.assertEqual(table.heads, ("entry", "spin"))
        self.assertEqual([block.title for block in table.blocks], ["shape 1-1", "shape 4-1"])
        self.assertEqual([row[0] for row in table.rows], ["task.channel"] + ["thread.channel"] * 2 + ["thread.pipe"])
        self.assertEqual(table.blocks[0].texts[-1], ("304", "2.93", "152", "2.93"))
        self.assertEqual(table.blocks[1].texts[-1], ("", "", "", ""))

    def test_keep_the_order_of_the_programs_where_something_was_not_measured(self) -> None:
        raws = [raw for raw in micro_samples.all_raws(self.plan, {}) if raw["entry"] == "thread.channel"]
        raws = [raw for raw in raws if raw["params"]["shape"] == "4-1" or raw["params"]["spin"] == "9us"]
        results = samples.results(self.plan, raws)
        table = tables(results["scenarios"]["pass"], results["cells"])[0]
        self.assertEqual([block.title for block in table.blocks], ["shape 1-1", "shape 4-1"])
        remark = micro_lines(results, "pass", width=None, colour=False)[-1]
        self.assertIn("op:send/shape:1-1/thread.pipe, ", remark)
        self.assertTrue(remark.endswith(": not measured: the comparison ended before"))

    def test_line_up(self) -> None:
        lines, dropped = lines_of(self.table(0), None)
        self.assertEqual(dropped, [])
        end = lines[1].index("ratio") + len("ratio")
        self.assertTrue(all(line[end - 1] != " " for line in lines[1:]))
        self.assertEqual({line[end : end + 2] for line in lines[1:]}, {"  "})

    def test_leave_out_what_does_not_fit_and_say_so(self) -> None:
        lines = micro_lines(self.results, "pass", width=70, colour=False)
        self.assertTrue(any("left out for want of width" in line and "shape 4-1" in line for line in lines))

    def test_say_what_the_ratios_refer_to(self) -> None:
        self.assertIn("ns for one message; ratios to the same model's channel spin:0us", self.text[0])
        self.assertIn("same", "\n".join(self.text))

    def test_markdown_rows_have_as_many_cells_as_their_head(self) -> None:
        text = markdown(self.results)
        for block in text.split("\n\n"):
            rows = [line for line in block.splitlines() if line.startswith("|")]
            self.assertLessEqual(len({row.count("|") for row in rows}), 1)
        self.assertIn("## pass: is it passed?", text)
        (every,) = full_table(self.results, "pass")
        self.assertIn("thread.channel#2", [row[0].main for row in every.rows])
        self.assertNotIn("async/per-connection are paired", legend(self.results)[0])


class Pairs(unittest.TestCase):
    def verdict(self, off: int, rounds: int = 6) -> tuple[bool, str]:
        plan = micro_samples.plan(rounds)
        raws = micro_samples.all_raws(plan, {})
        twins = sorted({case_label(raw["params"], raw["entry"]) for raw in raws if raw["entry"].endswith("#2")})
        for raw in raws:
            if case_label(raw["params"], raw["entry"]) in twins[:off]:
                raw["benchmark"]["real_time"] *= 2
                raw["benchmark"]["items_per_second"] /= 2
        return pair_verdict(samples.results(plan, raws), "pass")

    def test_that_agree_are_said_to(self) -> None:
        said = "A/A, pass: 4 baselines against themselves: no difference, as it must be."
        self.assertEqual(self.verdict(0), (False, said))

    def test_one_in_many_is_chance_and_more_are_an_alarm(self) -> None:
        self.assertIn("1 in 20 does by chance", self.verdict(1)[1])
        alarm, text = self.verdict(3)
        self.assertTrue(alarm)
        self.assertTrue(text.startswith("WARNING: A/A, pass: 3 of 4"))

    def test_few_rounds_tell_nothing(self) -> None:
        self.assertIn("too few rounds", self.verdict(0, rounds=3)[1])


class Scenarios(unittest.TestCase):
    GOOD = """[pass]
question = "q"
operation = "o"
headline = "time_per_op"
programs = ["bench_pass"]
baseline = "of:a.b"
columns = []
shown = ["time_per_op"]
seconds = 0.1
"""

    def read(self, text: str) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.toml"
            path.write_text(text, encoding="utf-8")
            return read_scenarios(path)[0]

    def test_are_known_by_their_programs(self) -> None:
        scenario = self.read(self.GOOD)
        self.assertIsInstance(scenario, Microbenchmark)
        self.assertEqual((scenario.programs, scenario.filter, scenario.profiles), (("bench_pass",), "", PROFILE_NAMES))

    def test_faults_are_named(self) -> None:
        for old, new, said in (
            ('"time_per_op"\nprograms', '"speed"\nprograms', "'headline' must be one of: time_per_op, cpu_per_op"),
            ('["time_per_op"]', '["pss"]', "'shown' must be one of"),
            ('["time_per_op"]', "[]", "must not be empty"),
            ('"of:a.b"', '"a.b"', "'baseline' must read as"),
            ("0.1", "0.0", "'seconds' must be from"),
            ("0.1", "0.1\nfilter = '('", "'filter' is no regular expression"),
            ("0.1", "0.1\nprofiles = ['fast']", "'profiles' must be one of: quick, standard, full"),
            ("0.1", "0.1\nconnections = 3", "unknown key 'connections'"),
        ):
            with self.assertRaisesRegex(CannotCompare, said):
                self.read(self.GOOD.replace(old, new))

    def test_profiles_are_those_that_there_are(self) -> None:
        self.assertEqual(tuple(PROFILES), PROFILE_NAMES)
        self.assertEqual(self.read(self.GOOD + "profiles = ['full']\n").profiles, ("full",))


if __name__ == "__main__":
    unittest.main()
