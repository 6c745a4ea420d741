# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Only what conforms is timed; a pass is remembered for as long as nothing that it depends on has changed."""

import dataclasses
import stat
import tempfile
import unittest
from pathlib import Path

from trivium import gate
from trivium.contenders import Contender
from trivium.gate import Memory, command_for, fingerprint, judge, read_verdict

PASS = "#!/bin/sh\necho \"$@\" >> COUNT\necho '[  PASSED  ] 3 tests.'\n"
FAIL = "#!/bin/sh\necho '[  FAILED  ] Echo.line_1 (3 ms)'\necho '[  FAILED  ] 1 test, listed below:'\nexit 1\n"


class Gate(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.count = self.folder / "count"
        self.suite = self.program("suite", PASS)
        self.contender = Contender("some/server", self.program("model/echo", "#!/bin/sh\n"), ("--strategy", "x"), "")
        self.memory = Memory(self.folder / "memory")

    def program(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("COUNT", str(self.count)), encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def judge(self) -> gate.Judgement:
        verdicts = judge([self.contender], self.folder / "logs", lambda *_: None, self.memory, self.suite)
        return verdicts[self.contender.name]

    def runs(self) -> int:
        return len(self.count.read_text().splitlines())

    def test_a_pass_is_remembered(self) -> None:
        self.assertEqual((self.judge().passed, self.judge().remembered), (True, True))
        self.assertEqual(self.runs(), 1)

    def test_a_changed_program_is_judged_again(self) -> None:
        self.judge()
        self.program("model/worker", "#!/bin/sh\n")  # what a server starts decides as much as the server
        self.assertFalse(self.judge().remembered)
        self.program("suite", PASS + "# changed\n")
        self.assertFalse(self.judge().remembered)
        self.assertEqual(self.runs(), 3)

    def test_a_failure_names_its_cases_and_is_not_remembered(self) -> None:
        self.program("suite", FAIL)
        for _ in range(2):
            judgement = self.judge()
            self.assertFalse(judgement.passed or judgement.remembered)
            self.assertEqual(judgement.reason, "conformance: failed Echo.line_1")

    def test_a_case_that_passes_when_tried_again_alone_passes_and_that_is_said(self) -> None:
        first = f"[ -e {self.folder}/tried ] || {{ touch {self.folder}/tried; {FAIL.partition(chr(10))[2]} }}\n"
        self.program("suite", "#!/bin/sh\necho \"$@\" >> COUNT\n" + first + PASS.partition("\n")[2])
        judgement = self.judge()
        self.assertTrue(judgement.passed)
        self.assertEqual(judgement.tried_again, ("Echo.line_1",))
        self.assertIn("--gtest_filter=Echo.line_1", self.count.read_text())

    def test_what_hangs_is_ended(self) -> None:
        self.program("suite", "#!/bin/sh\nsleep 60\n")
        self.addCleanup(setattr, gate, "WITHIN", gate.WITHIN)
        gate.WITHIN = 0.2
        self.assertIn("not done in time", self.judge().reason)

    def test_what_is_cut_off_says_how_far_it_came(self) -> None:
        passed = "[       OK ] A.b (1 ms)\n[       OK ] A.c (1 ms)\n"
        said = passed + "[  FAILED  ] A.d, where x (3 ms)\n[  FAILED  ] A.e (3 ms)\n"
        self.assertIn("2 cases passed, 2 failed until then", read_verdict(said, None).reason)

    def test_what_is_not_built_does_not_pass(self) -> None:
        self.contender = dataclasses.replace(self.contender, program=self.folder / "nothing")
        self.assertIn("not built", self.judge().reason)

    def test_a_suite_that_ran_nothing_is_no_proof(self) -> None:
        self.assertFalse(read_verdict("[  PASSED  ] 0 tests.\n", 0).passed)
        self.assertFalse(read_verdict("", 0).passed)
        self.assertFalse(read_verdict("[  PASSED  ] 3 tests.\n", -11).passed)

    def test_the_suite_learns_what_the_contender_can_hold(self) -> None:
        pool = dataclasses.replace(self.contender, pool="blocking")
        bare = dataclasses.replace(pool, keeps_contract=False)
        one = dataclasses.replace(self.contender, holds_one=True)
        self.assertIn("workers", command_for(pool, self.suite))
        self.assertIn("--contract", command_for(pool, self.suite))
        self.assertNotIn("--contract", command_for(bare, self.suite))
        self.assertIn("--workers 64", command_for(bare, self.suite)[-1])
        capacity = command_for(one, self.suite)
        self.assertEqual(capacity[capacity.index("--capacity") + 1], "1")
        self.assertNotEqual(fingerprint(pool, self.suite), fingerprint(one, self.suite))


if __name__ == "__main__":
    unittest.main()
