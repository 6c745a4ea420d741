# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The command line of scripts/prove: holds the measuring against servers of which it is known what they are."""

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path

from trivium import build, limits
from trivium.contenders import DEFAULT_BASELINE, find
from trivium.errors import CannotCompare
from trivium.machine import environment
from trivium.paths import LOAD, RESULTS, shown
from trivium.processes import adopt_orphans
from trivium.progress import Progress, duration
from trivium.proof_bench import PLANTED, proof_bench
from trivium.proof_twice import twice
from trivium.proofs import Outcome, Proof, names, proofs
from trivium.stored import write_json

TWICE = "twice"

_ABOUT = """\
Plants costs and faults of known size in servers, and shows that the measuring finds them, and finds nothing in a server
that is compared with itself. Writes what was found to results/prove-<time>/. Exit 0: all was as it must be; 1: not.
"""


def _parser(known: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/prove", description=_ABOUT)
    help_only = f"only this proof; adds up; one of {', '.join(known)}"
    parser.add_argument("--only", action="append", metavar="NAME", choices=known, help=help_only)
    parser.add_argument("--short", action="store_true", help="few repetitions: shows that the proofs work, no more")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where results go; default results/prove-<time>")
    return parser


def table(outcomes: list[Outcome]) -> list[str]:
    """Returns the outcomes as a table in Markdown."""
    rows = [(o.name, o.claim, o.found, "yes" if o.passed else "**NO**") for o in outcomes]
    head = ("proof", "what must be", "what was found", "so it is")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, tuple("-" * width for width in widths), *rows):
        lines.append("| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |")
    return lines


class _Steps:
    """Shows how far it is, and how long the rest takes by what it has taken until now."""

    def __init__(self, chosen: list[Proof]) -> None:
        self._progress = Progress("prove")
        self._measurements = sum(measurements for _, measurements, _, _ in chosen)
        self._seconds = sum(seconds for _, _, seconds, _ in chosen)
        self._began = time.monotonic()
        self._done = 0
        self.what = ""

    def say(self, text: str) -> None:
        self._progress.step(text)

    def begin(self) -> None:
        self._began = time.monotonic()

    def step(self) -> None:
        self._done += 1
        spent = time.monotonic() - self._began
        planned = self._seconds * self._done / self._measurements
        left = (self._seconds - planned) * spent / planned
        self._progress.bar(self._done, self._measurements, left, self.what)

    def estimate(self) -> str:
        return duration(self._seconds)

    def clear(self) -> None:
        self._progress.clear()


def _twice(output: Path, *, short: bool) -> Outcome:
    """Runs the real comparison; it shows its own progress where it is run by hand, and takes minutes."""
    few = ["--contender", "async/shared-accept", "--contender", "multithread/*", "--rounds", "6"]
    try:
        return twice(output / "twice", few if short else [])
    except CannotCompare as error:
        return Outcome(TWICE, "the same comparison can be run twice", str(error), False)


def _planted(chosen: list[Proof], output: Path) -> list[Outcome]:
    steps = _Steps(chosen)
    build.prepare(steps.say)
    baseline = find(DEFAULT_BASELINE)
    assert baseline is not None
    build.build([LOAD, PLANTED, baseline.program], steps.say, lambda _: None)
    limits.raise_descriptors()
    steps.say(f"{', '.join(names(chosen))}: about {steps.estimate()} min on a quiet machine")
    outcomes: list[Outcome] = []
    steps.begin()
    with proof_bench(steps.step, steps.say) as bench:
        for name, _, _, function in chosen:
            steps.what = name
            try:
                outcomes.append(function(bench))
            except CannotCompare as error:
                outcomes.append(Outcome(name, "it can be measured", str(error), False))
            steps.clear()
            steps.say(f"{name}: {outcomes[-1].found}")
            _write(outcomes, output)
    return outcomes


def _write(outcomes: list[Outcome], output: Path) -> None:
    """Writes what was found until now: whoever stops it keeps that."""
    found = [asdict(outcome) for outcome in outcomes]
    write_json(output / "prove.json", {"schema": 1, "environment": environment(), "proofs": found})
    (output / "prove.md").write_text("\n".join(table(outcomes)) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit code."""
    known = [*names(proofs(short=False)), TWICE]
    options = _parser(known).parse_args(arguments)
    wanted = options.only or known
    chosen = [proof for proof in proofs(short=options.short) if proof[0] in wanted]
    output = options.output or RESULTS / time.strftime("prove-%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    adopt_orphans()
    try:
        outcomes = _planted(chosen, output) if chosen else []
        if TWICE in wanted:
            print("prove: the same comparison, twice: minutes each", file=sys.stderr, flush=True)
            outcomes.append(_twice(output, short=options.short))
            _write(outcomes, output)
    except CannotCompare as error:
        print(f"prove: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nprove: stopped; what was found until then is in {shown(output)}", file=sys.stderr)
        return 130
    print("\n".join(table(outcomes)))
    print(f"Written to {shown(output)}: prove.md, prove.json")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
