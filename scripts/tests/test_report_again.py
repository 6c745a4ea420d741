# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""scripts/report makes everything again from the raw samples, the same bytes whoever runs it."""

import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from tests import samples
from trivium.paths import SCRIPTS
from trivium.placement import Placement
from trivium.report import write_all
from trivium.report_cli import main
from trivium.stored import StoredRun, keep_raw, keep_run, read_run


def store(folder: Path, slow: float = 80.0) -> None:
    """Writes a made-up comparison into the folder, as compare leaves it."""
    plan = samples.plan(rounds=9)
    made = samples.results(plan, [])
    facts = made["run"] | {"profile": "quick"}
    run = StoredRun(plan, Placement((0,), (1,), ()), [], environment=made["environment"], facts=facts)
    keep_run(folder, run)
    for raw in samples.all_raws(plan, {"multithread/handoff": slow}):
        keep_raw(folder, raw)


def contents(folder: Path) -> dict[str, bytes]:
    """Returns what was made from the measurements, by name."""
    made = [path for path in folder.rglob("*") if path.is_file() and "raw" not in path.relative_to(folder).parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in made}


class Again(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.folder = self.scratch / "run"
        self.folder.mkdir()
        store(self.folder)

    def run_report(self, *arguments: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
        return code, out.getvalue(), err.getvalue()

    def test_the_same_bytes_whatever_the_hash_seed(self) -> None:
        stored = read_run(self.folder)
        write_all(stored.results(), stored.raws, self.folder)  # as compare itself does at its end
        expected = contents(self.folder)
        self.assertIn("report.html", expected)
        self.assertIn("plots/churn-cpu_per_op.svg", expected)
        for seed in ("0", "1", "4242"):
            output = self.scratch / f"again-{seed}"
            command = [sys.executable, "-m", "trivium.report_cli", str(self.folder), "--output", str(output), "--quiet"]
            variables = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(SCRIPTS), "TZ": f"UTC{seed[0]}"}
            subprocess.run(command, env=variables, check=True, capture_output=True, timeout=60)
            self.assertEqual(contents(output), expected)

    def test_prints_the_tables_and_where_it_wrote(self) -> None:
        code, out, _ = self.run_report(str(self.folder))
        self.assertEqual(code, 0)
        self.assertIn("churn: is it short?", out)
        self.assertIn("Written to", out)
        self.assertIn("report.html", out)

    def test_against_an_old_run_finds_what_was_planted(self) -> None:
        old = self.scratch / "old"
        old.mkdir()
        store(old, slow=60.0)
        self.run_report(str(old), "--quiet")
        code, out, _ = self.run_report(str(self.folder), "--against", str(old), "--quiet")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"lines, multithread/handoff: server CPU 1\.[23]\d times")
        self.assertIn("relative to async/per-connection", (self.folder / "against.md").read_text(encoding="utf-8"))
        code, out, _ = self.run_report(str(self.folder), "--against", str(self.folder), "--quiet")
        self.assertIn("Nothing has changed beyond noise", out)

    def test_wrong_usage_is_one_line_and_exit_two(self) -> None:
        for arguments in ((), ("--bogus",), (str(self.scratch / "none"),), (str(self.folder), "--against", "/none")):
            code, out, err = self.run_report(*arguments)
            self.assertEqual((code, err.count("\n")), (2, 1), err)
            self.assertTrue(err.startswith("report: "))

    def test_a_folder_without_raw_samples_is_exit_one(self) -> None:
        empty = self.scratch / "empty"
        empty.mkdir()
        (empty / "results.json").write_text(json.dumps({}))
        code, _, err = self.run_report(str(empty))
        self.assertEqual((code, err.count("\n")), (1, 1))


if __name__ == "__main__":
    unittest.main()
