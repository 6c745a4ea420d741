# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""A comparison survives in its folder: its results are made again to the byte, and it goes on where it ended."""

import json
import random
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import samples
from trivium.errors import CannotCompare
from trivium.gate import Judgement
from trivium.pace import Pace
from trivium.paths import BUILD, ROOT
from trivium.placement import Placement
from trivium.plain import from_plain, to_plain
from trivium.plan import Plan
from trivium.stored import (
    RUN,
    StoredRun,
    fingerprints,
    keep_attribution,
    keep_raw,
    keep_run,
    read_run,
    write_json,
)
from trivium.work import ATTRIBUTION_SECONDS, Work


@dataclass(frozen=True)
class Inner:
    sizes: tuple[int, ...] = ()
    pair: tuple[str, float] = ("a", 1.0)


@dataclass(frozen=True)
class Outer:
    number: int | tuple[int, ...]
    flag: bool | tuple[bool, ...]
    inner: Inner | None
    place: Path
    words: frozenset[str]
    by_name: dict[str, Inner]


class Plain(unittest.TestCase):
    def test_values_come_back_as_they_were(self) -> None:
        inner = Inner((1, 2), ("b", 2.5))
        for value in (
            Outer(1, True, inner, BUILD / "x", frozenset("cab"), {"k": inner}),
            Outer((1, 10), (False, True), None, Path("/elsewhere/y"), frozenset(), {}),
        ):
            text = json.dumps(to_plain(value))
            self.assertEqual(from_plain(Outer, json.loads(text)), value)

    def test_a_path_in_the_repository_is_relative_so_that_a_folder_of_results_can_move(self) -> None:
        self.assertEqual(to_plain(ROOT / "build" / "x"), "build/x")

    def test_sets_have_one_order(self) -> None:
        self.assertEqual(to_plain(frozenset(["b", "a", "c"])), ["a", "b", "c"])

    def test_what_is_new_has_its_default_and_what_is_wrong_is_refused(self) -> None:
        self.assertEqual(from_plain(Inner, {"sizes": [3]}), Inner((3,)))
        for kind, data in ((Inner, []), (Inner, {"sizes": 3}), (int, "3"), (int | None, "x"), (Outer, {"number": 1})):
            with self.assertRaises(ValueError, msg=f"{kind} {data}"):
                from_plain(kind, data)

    def test_a_plan_comes_back(self) -> None:
        plan = samples.plan()
        self.assertEqual(from_plain(Plan, json.loads(json.dumps(to_plain(plan)))), plan)


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.plan = samples.plan()
        made = samples.results(self.plan, [])
        self.run_ = StoredRun(
            self.plan,
            Placement((0,), (1,), ("a note",)),
            ["--seed", "7"],
            environment=made["environment"],
            judgements={"async/sequential": Judgement(False, "conformance: no", failed=("A.B",))},
            facts=made["run"],
            programs={"build/x": "abc"},
        )
        generator = random.Random(3)
        self.run_.raws = samples.all_raws(self.plan, {"multithread/handoff": 80.0 + generator.random()})
        self.run_.raws = [raw for raw in self.run_.raws if raw["entry"] != "async/sequential"]
        counted: dict[str, Any] = {"error": None, "instrument": "perf", "reason": "", "problem": "", "operations": 7}
        self.run_.attributions = [
            {**raw, **counted, "counts": {"syscalls": 20, "sys_read": 13}}
            for raw in self.run_.raws
            if raw["round"] == 1
        ]

    def keep(self) -> None:
        keep_run(self.folder, self.run_)
        for raw in self.run_.raws:
            keep_raw(self.folder, raw)
        for raw in self.run_.attributions:
            keep_attribution(self.folder, raw)

    def test_results_are_made_again_to_the_byte(self) -> None:
        self.keep()
        once, again = (json.dumps(read_run(self.folder).results()) for _ in range(2))
        self.assertEqual(once, again)
        # What came in another order, and never saw a file, says the same.
        random.Random(1).shuffle(self.run_.raws)
        self.run_.raws.sort(key=lambda raw: (raw["round"], raw["scenario"], raw["entry"]))
        self.assertEqual(json.dumps(self.run_.results()), once)
        cell = next(c for c in json.loads(once)["cells"] if c["valid"])
        self.assertEqual(cell["attribution"]["syscalls"], {"read": 1.8571428571428572, "other": 1.0})

    def test_judgements_and_placement_come_back(self) -> None:
        self.keep()
        found = read_run(self.folder)
        self.assertEqual(found.judgements, self.run_.judgements)
        self.assertEqual(found.placement, self.run_.placement)
        self.assertEqual(found.programs, self.run_.programs)

    def test_a_folder_that_holds_none_says_so(self) -> None:
        with self.assertRaisesRegex(CannotCompare, "holds no comparison"):
            read_run(self.folder)
        (self.folder / "raw").mkdir()
        (self.folder / RUN).write_text("{", encoding="utf-8")
        with self.assertRaisesRegex(CannotCompare, "can't be read"):
            read_run(self.folder)
        write_json(self.folder / RUN, {"schema": 99})
        with self.assertRaisesRegex(CannotCompare, "not of this version: its schema is 99"):
            read_run(self.folder)

    def test_what_was_half_written_is_no_measurement(self) -> None:
        self.keep()
        whole = read_run(self.folder)
        some = next((self.folder / "raw").glob("*/*/round-01.json"))
        some.with_name(f".{some.name}.part").write_text('{"half":', encoding="utf-8")
        self.assertEqual(len(read_run(self.folder).raws), len(whole.raws))

    def test_a_program_that_has_changed_has_another_fingerprint(self) -> None:
        program = self.folder / "server"
        program.write_bytes(b"one")
        self.assertEqual(fingerprints([self.folder]), {})
        first = fingerprints([program, self.folder / "missing"])
        program.write_bytes(b"two")
        self.assertEqual(list(first), [str(program)])
        self.assertNotEqual(fingerprints([program]), first)


class Going(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.memory = Path(folder.name) / "pace.json"
        self.plan = samples.plan()
        self.run_ = StoredRun(self.plan, Placement((0,), (1,), ()), [])

    def work(self, excluded: frozenset[str] = frozenset()) -> Work:
        return Work(self.run_, excluded, Pace(self.memory))

    def test_only_what_is_not_done_is_left(self) -> None:
        work = self.work()
        self.assertEqual([len(work.left_of(tasks)) for tasks in work.rounds], [7] * 6)
        self.run_.raws = [raw for raw in samples.all_raws(self.plan, {}) if raw["round"] < 3]
        self.run_.raws.append(next(raw for raw in samples.all_raws(self.plan, {}) if raw["round"] == 3))
        again = self.work()
        self.assertEqual([len(again.left_of(tasks)) for tasks in again.rounds], [0, 0, 6, 7, 7, 7])
        self.assertIn("15 of them done before", again.announcement([]))
        self.assertEqual(again.rounds, work.rounds)

    def test_every_server_is_attributed_once_and_no_twin(self) -> None:
        asked = self.work().attributions()
        self.assertEqual({task.entry.name for task in asked}, {entry.contender.name for entry in self.plan.entries})
        self.assertEqual(len(asked), 5)  # three in churn, two that hold enough connections for lines
        done = samples.all_raws(self.plan, {})[0]
        self.run_.attributions = [{**done, "entry": asked[0].entry.name, "scenario": asked[0].scenario.name}]
        self.run_.attributions[0]["label"] = asked[0].folder
        self.assertEqual(self.work().attributions(), asked[1:])

    def test_the_estimate_learns_what_a_contender_takes(self) -> None:
        work = self.work()
        first = work.seconds_left()
        task = next(task for task in work.rounds[0] if task.label == "churn multithread/handoff")
        before = work.seconds_for([task])
        work.learn(task, {"wall_seconds": before + 2.0})
        self.assertAlmostEqual(work.seconds_for([task]), before + 2.0)
        self.assertGreater(work.seconds_left(), first + 5 * 2.0 - before)

    def test_a_stranger_is_taken_for_one_of_its_like(self) -> None:
        pace = Pace(self.memory)
        pace.learn("lines", "a", 1.0)
        pace.learn("lines", "b", 3.0)
        self.assertEqual(pace.extra("churn", "a"), 1.0)
        self.assertEqual(pace.extra("lines", "c"), 2.0)
        self.assertEqual(pace.extra("churn", "c"), 0.0)
        pace.learn("lines", "a", 2.0)
        self.assertEqual(pace.extra("lines", "a"), 1.5)

    def test_what_was_learnt_is_known_the_next_time(self) -> None:
        pace = Pace(self.memory)
        pace.learn("scale connections=10", "a", 1.25)
        pace.keep()
        self.assertEqual(Pace(self.memory).extra("scale connections=10", "a"), 1.25)
        for broken in ("{", "[]", '{"a\\tb": "x"}'):
            self.memory.write_text(broken, encoding="utf-8")
            self.assertEqual(Pace(self.memory).extra("scale connections=10", "a"), 0.0)

    def test_the_attribution_pass_is_bounded(self) -> None:
        work = self.work()
        asked = work.attributions()
        self.assertAlmostEqual(work.attribution_seconds(asked), 5 * ATTRIBUTION_SECONDS)
        self.assertEqual(work.attribution_seconds(asked * 1000), work.most_for_attribution)


if __name__ == "__main__":
    unittest.main()
