# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""A comparison that is interrupted keeps what it has and can be gone on with; what it writes can be made again."""

import contextlib
import io
import os
import signal
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from tests import samples
from trivium.attribution import Instrument
from trivium.cpu_time import ProcFiles
from trivium.errors import CannotCompare
from trivium.gate import Judgement
from trivium.pace import Pace
from trivium.placement import Placement
from trivium.plan import Plan, Task
from trivium.run import Comparison, resume
from trivium.stored import read_run

MACHINE = {"cpu": "a CPU", "cpus": 2, "kernel": "a kernel"}


class Run(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.output = self.folder / "out"
        self.output.mkdir()
        self.measured: list[tuple[int, str]] = []
        self.interrupt_after: int | None = None
        self.programs = {"build/server": "abc"}
        self.judgements = lambda contenders, *_: {each.key: Judgement(True, "") for each in contenders}
        made = samples.results(samples.plan(), [])
        patches = {
            "build.prepare": lambda *_: None,
            "build.build": lambda *_: None,
            "gate.judge": lambda *arguments: self.judgements(*arguments),
            "limits.problems": lambda *_: [],
            "environment": lambda: made["environment"] | MACHINE,
            "fingerprints": lambda *_: dict(self.programs),
            "open_account": ProcFiles,
            "find_instrument": lambda: Instrument("perf", "no counters here"),
            "measure": self.measure,
            "attribute": self.attribute,
            "Pace": lambda: Pace(self.folder / "pace.json"),
        }
        for name, fake in patches.items():
            patch = mock.patch(f"trivium.run.{name}", fake)
            patch.start()
            self.addCleanup(patch.stop)

    def measure(self, task: Task, _bench: Any) -> dict[str, Any]:
        if self.interrupt_after is not None and len(self.measured) == self.interrupt_after:
            os.kill(os.getpid(), signal.SIGINT)
        self.measured.append((task.round, task.label))
        return samples.raw(task.scenario.name, task.entry.name, task.round, 40 + task.round) | {"wall_seconds": 0.01}

    def attribute(self, task: Task, _bench: Any, instrument: Instrument) -> dict[str, Any]:
        raw = samples.raw(task.scenario.name, task.entry.name, task.round)
        counted = {"counts": {"syscalls": 300}, "operations": 100, "problem": "", "wall_seconds": 0.01}
        return raw | counted | {"instrument": instrument.kind, "reason": instrument.reason}

    def go(self, function: Any) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            code = function()
        return code, said.getvalue()

    def compare(self, plan: Plan) -> tuple[int, str]:
        placement = Placement((0,), (1,), ())
        return self.go(Comparison(plan, placement, self.output, ["--seed", "7"]).run)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.output.glob("*.*")}

    def test_from_begin_to_end(self) -> None:
        code, said = self.compare(samples.plan())
        self.assertEqual(code, 0)
        self.assertEqual(len(self.measured), 6 * 7)
        self.assertIn("Written to", said)
        run = read_run(self.output)
        self.assertTrue(run.facts["complete"])
        self.assertEqual(run.facts["instrument"], {"kind": "perf", "reason": "no counters here"})
        self.assertEqual(len(run.attributions), 5)
        cell = next(cell for cell in run.results()["cells"] if cell["valid"])
        self.assertEqual(cell["metrics"]["syscalls_per_op"]["median"], 3)
        self.assertEqual(cell["unmeasured"]["instructions_per_op"], "no counters here")

    def test_an_interrupted_one_is_kept_and_gone_on_with(self) -> None:
        self.interrupt_after = 17
        code, said = self.compare(samples.plan())
        self.assertEqual(code, 130)
        self.assertIn("INTERRUPTED", said)
        self.assertIn("--resume", said)
        self.assertFalse(read_run(self.output).facts["complete"])
        self.assertEqual(len(read_run(self.output).raws), 17)
        self.interrupt_after = None
        code, said = self.go(lambda: resume(self.output))
        self.assertEqual(code, 0)
        self.assertNotIn("INTERRUPTED", said)
        # Each of them once, and in the order in which they would have been measured without a pause.
        self.assertEqual(len(self.measured), 6 * 7)
        expected = [(task.round, task.label) for n in range(1, 7) for task in samples.plan().tasks_of(n)]
        self.assertEqual(self.measured, expected)
        run = read_run(self.output)
        self.assertEqual((len(run.raws), run.facts["rounds_measured"], len(run.facts["resumed"])), (42, 6, 1))

    def test_a_pause_changes_nothing_but_the_times(self) -> None:
        self.compare(samples.plan())
        whole = read_run(self.output).results()["cells"]
        self.output = self.folder / "other"
        self.output.mkdir()
        self.measured, self.interrupt_after = [], 20
        self.compare(samples.plan())
        self.interrupt_after = None
        self.go(lambda: resume(self.output))
        self.assertEqual(read_run(self.output).results()["cells"], whole)

    def test_one_that_is_complete_is_not_gone_on_with(self) -> None:
        self.compare(samples.plan())
        with self.assertRaisesRegex(CannotCompare, "is complete"):
            resume(self.output)

    def test_other_programs_or_another_machine_are_refused(self) -> None:
        self.interrupt_after = 3
        self.compare(samples.plan())
        self.interrupt_after = None
        before = self.files()
        self.programs = {"build/server": "def"}
        with self.assertRaisesRegex(CannotCompare, "build/server is not what it was"):
            self.go(lambda: resume(self.output))
        self.programs = {"build/server": "abc"}
        with mock.patch.dict(MACHINE, {"kernel": "another"}), self.assertRaisesRegex(CannotCompare, "another machine"):
            self.go(lambda: resume(self.output))
        self.assertEqual(self.files().keys(), before.keys())

    def test_what_was_never_measured_leaves_nothing(self) -> None:
        self.judgements = lambda contenders, *_: {each.key: Judgement(False, "no") for each in contenders}
        with self.assertRaisesRegex(CannotCompare, "no contender passed"):
            self.compare(samples.plan())
        self.assertFalse(self.output.exists())

    def test_one_that_does_not_conform_is_not_measured_and_the_exit_code_tells(self) -> None:
        def judge(contenders: Any, *_: Any) -> dict[str, Judgement]:
            return {each.key: Judgement(each.name != "multithread/handoff", "conformance: no") for each in contenders}

        self.judgements = judge
        code, _ = self.compare(samples.plan())
        self.assertEqual(code, 1)
        self.assertFalse(any("multithread" in label for _, label in self.measured))

    def test_where_time_is_short_rounds_are_left_out_and_it_says_so(self) -> None:
        plan = samples.plan(rounds=9)
        code, _ = self.compare(replace(plan, profile=replace(plan.profile, within=0.0)))
        self.assertEqual(code, 0)
        facts = read_run(self.output).facts
        self.assertEqual(facts["rounds_measured"], plan.fewest_rounds)  # so many give an interval, and are always run
        self.assertIn("6 of 9 rounds fitted into 0:00 min on this machine", facts["notes"])


if __name__ == "__main__":
    unittest.main()
