# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
import contextlib
import io
import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from trivium import coverage
from trivium.coverage import share, shortfalls, spoilt, table, tallies

_LINES = [
    {"count": 3, "branches": [{"count": 3}, {"count": 0}]},
    {"count": 0, "branches": []},
    {"count": 0, "gcovr/noncode": True, "branches": [{"count": 0}]},
]


def report(*paths: str) -> dict:
    return {"files": [{"file": path, "lines": _LINES} for path in paths]}


def reached(protocol: int, *models: int) -> dict:
    """Of 1,000 branches each, so many."""
    counts = dict(zip(("shared/protocol", "multiprocess", "multithread", "async"), (protocol, *models), strict=True))
    return {
        "files": [
            {"file": f"{part}/a.cpp", "lines": [{"count": 1, "branches": [{"count": int(i < count)} for i in range(1000)]}]}
            for part, count in counts.items()
        ]
    }


def run(report: dict, *words: str, gcovr: int = 0) -> tuple[int, str, str]:
    """Has `main` read that report as if gcovr had written it; returns the exit code, and what was said."""

    def write(command: list[str], **_: object) -> subprocess.CompletedProcess:
        Path(command[command.index("--json") + 1]).write_text(json.dumps(report), encoding="utf-8")
        return subprocess.CompletedProcess(command, gcovr)

    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        root = Path(folder)
        stack.enter_context(mock.patch.multiple(coverage, ROOT=root, _BUILD=root / "build", _SPOILT=root / "build" / "spoilt"))
        stack.enter_context(mock.patch.object(subprocess, "run", write))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        return coverage.main(list(words)), out.getvalue(), err.getvalue()


class Coverage(unittest.TestCase):
    def test_lines_and_branches_are_counted_and_noncode_is_not(self) -> None:
        tally = tallies(report("shared/protocol/utf8.cpp"))["shared/protocol"]
        self.assertEqual((tally.lines, tally.lines_reached), (2, 1))
        self.assertEqual((tally.branches, tally.branches_reached), (2, 1))

    def test_each_part_has_its_own_files(self) -> None:
        found = tallies(report("async/loop.cpp", "async/connection.cpp", "multithread/units.cpp"))
        self.assertEqual(found["async"].lines, 4)
        self.assertEqual(found["multithread"].lines, 2)
        self.assertEqual(found["multiprocess"].lines, 0)

    def test_a_part_without_files_has_no_share(self) -> None:
        self.assertEqual(share(0, 0), "-")
        self.assertEqual(share(19, 20), "95.0 %")
        self.assertIn("50.0 %", table(report("shared/net/url.cpp")))

    def test_spoilt_files_are_named_once(self) -> None:
        said = "libgcov profiling error:/b/async/CMakeFiles/async_echo.dir/units.cpp.gcda:Merge mismatch for function 0\n"
        said += "libgcov profiling error:/b/net/CMakeFiles/net.dir/url.cpp.gcda:Merge mismatch for function 7\n" + said
        self.assertEqual(spoilt(said), ["async_echo/units.cpp", "net/url.cpp"])
        self.assertEqual(spoilt(""), [])


class Promise(unittest.TestCase):
    def test_it_is_kept_at_the_bounds(self) -> None:
        self.assertEqual(shortfalls(reached(950, 850, 850, 850)), [])
        self.assertEqual(run(reached(950, 850, 850, 850))[::2], (0, ""))

    def test_each_part_that_is_below_its_bound_is_named(self) -> None:
        too_few = shortfalls(reached(949, 850, 849, 850))
        self.assertEqual(len(too_few), 2)
        self.assertEqual(too_few[0], "shared/protocol: 949 of 1000 branches were reached, and 95 % are promised")
        self.assertIn("multithread: 849 of", too_few[1])

    def test_nothing_is_rounded_up(self) -> None:
        report = reached(950, 850, 850, 850)
        report["files"][0]["lines"][0]["branches"] += [{"count": 0}]  # 94.9 and 95.0 %
        self.assertIn("950 of 1001", shortfalls(report)[0])

    def test_a_model_of_which_nothing_was_counted_is_below(self) -> None:
        report = reached(1000, 1000, 1000, 1000)
        del report["files"][3]
        self.assertEqual(shortfalls(report), ["async: 0 of 0 branches were reached, and 85 % are promised"])

    def test_the_table_comes_all_the_same_and_the_run_fails(self) -> None:
        code, out, err = run(reached(1000, 1000, 1000, 500))
        self.assertEqual(code, 1)
        self.assertIn("50.0 %", out)
        self.assertIn("every line: build/html/index.html", out)
        self.assertEqual(err, "coverage: async: 500 of 1000 branches were reached, and 85 % are promised\n")

    def test_some_of_the_tests_promise_nothing(self) -> None:
        self.assertEqual(run(reached(1, 1, 1, 1), "--partial")[::2], (0, ""))

    def test_a_gcovr_that_fails_is_no_kept_promise(self) -> None:
        self.assertEqual(run(reached(1000, 1000, 1000, 1000), gcovr=2), (1, "", "coverage: gcovr failed\n"))


if __name__ == "__main__":
    unittest.main()
