# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which lines and branches the tests reached: a table for shared/ and each model, from gcovr.

    python3 -m trivium.coverage              after `scripts/test --coverage` has run the tests
    python3 -m trivium.coverage --partial    ... some of them, of which nothing was promised

Branches that only an exception takes, or that no statement of ours stands for, are left out, as gcovr does it. Exit 0 when as
many branches as promised were reached, else 1 with a line for each part where it was less.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from trivium.paths import ROOT

_BUILD = ROOT / "build" / "coverage"
_SPOILT = _BUILD / "spoilt"
_PARTS = ("shared/protocol", "shared/net", "shared/app", "shared/load", "shared/stats", "multiprocess", "multithread", "async")
_PROMISED = {"shared/protocol": 95, "multiprocess": 85, "multithread": 85, "async": 85}  # per cent of the branches


@dataclass
class Tally:
    """What there is, and what was reached of it."""

    lines: int = 0
    lines_reached: int = 0
    branches: int = 0
    branches_reached: int = 0

    def add(self, lines: Iterable[dict]) -> None:
        """Adds one file's lines, as gcovr's JSON has them."""
        for line in lines:
            if line.get("gcovr/noncode"):
                continue
            self.lines += 1
            self.lines_reached += line["count"] > 0
            for branch in line.get("branches", ()):
                self.branches += 1
                self.branches_reached += branch["count"] > 0


def share(reached: int, all_of_them: int) -> str:
    """Returns a percentage, or `-` of nothing."""
    return f"{100 * reached / all_of_them:.1f} %" if all_of_them else "-"


def tallies(report: dict) -> dict[str, Tally]:
    """Returns a tally for each part, from gcovr's JSON."""
    result = {part: Tally() for part in _PARTS}
    for file in report["files"]:
        for part, tally in result.items():
            if file["file"].startswith(part + "/"):
                tally.add(file["lines"])
    return result


def table(report: dict) -> str:
    """Returns the table, a line for each part."""
    lines = [f"{'part':18} {'lines':>8} {'reached':>9} {'branches':>9} {'reached':>9}"]
    for part, tally in tallies(report).items():
        lines.append(
            f"{part:18} {tally.lines:8} {share(tally.lines_reached, tally.lines):>9} "
            f"{tally.branches:9} {share(tally.branches_reached, tally.branches):>9}"
        )
    return "\n".join(lines)


def shortfalls(report: dict) -> list[str]:
    """Returns a line for each part of which fewer branches were reached than is promised; of nothing, that is too few."""
    found = tallies(report)
    return [
        f"{part}: {tally.branches_reached} of {tally.branches} branches were reached, and {least} % are promised"
        for part, least in _PROMISED.items()
        if (tally := found[part]).branches == 0 or 100 * tally.branches_reached < least * tally.branches
    ]


def spoilt(messages: str) -> list[str]:
    """Returns whose counts others could not add to, from what libgcov said: program and file, each once."""
    return sorted({f"{program}/{name}" for program, name in re.findall(r"/(\w+)\.dir/(\S+)\.gcda:Merge mismatch", messages)})


def main(words: list[str] | None = None) -> int:
    """Reads what the tests left in build/coverage, prints the table, writes the pages; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partial", action="store_true", help="not all tests were run: whatever they reached will do")
    arguments = parser.parse_args(words)
    pages = _BUILD / "html" / "index.html"
    pages.parent.mkdir(parents=True, exist_ok=True)
    filters = [word for part in _PARTS for word in ("--filter", f"{ROOT / part}/")]
    command = ["gcovr", "--root", str(ROOT), *filters, "--exclude-throw-branches", "--exclude-unreachable-branches"]
    # A process that ends while its threads count may leave counts of which one, a difference, is below zero.
    command += ["--gcov-ignore-parse-errors"]
    command += ["--json", str(_BUILD / "coverage.json"), "--html-details", str(pages), str(_BUILD)]
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    if done.returncode:
        print("coverage: gcovr failed", file=sys.stderr)
        return 1
    report = json.loads((_BUILD / "coverage.json").read_text(encoding="utf-8"))
    print(table(report))
    print(f"every line: {pages.relative_to(ROOT)}")
    if _SPOILT.is_file() and (files := spoilt(_SPOILT.read_text(encoding="utf-8", errors="replace"))):
        print(f"a killed process spoilt counts, so that more was reached than is shown, at least of: {', '.join(files)}")
    too_few = [] if arguments.partial else shortfalls(report)
    sys.stdout.flush()  # the table comes first, wherever the two go
    for line in too_few:
        print(f"coverage: {line}", file=sys.stderr)
    return 1 if too_few else 0


if __name__ == "__main__":
    sys.exit(main())
