# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The same comparison run twice must not say the opposite of itself: where both tell two contenders apart, alike."""

import json
import subprocess
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from trivium.errors import CannotCompare
from trivium.paths import SCRIPTS
from trivium.proofs import Outcome
from trivium.ranks import Samples, ahead, contradictions

SCENARIOS = ("lines", "churn")
_WITHIN = 1800.0


def _compare(folder: Path, seed: int, flags: Sequence[str]) -> dict[str, Any]:
    """Runs scripts/compare and returns its results."""
    chosen = [word for name in SCENARIOS for word in ("--scenario", name)]
    command = [str(SCRIPTS / "compare"), *chosen, *flags, "--seed", str(seed), "--output", str(folder)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    done = subprocess.run(command, timeout=_WITHIN, check=False, **quiet)
    try:
        return json.loads((folder / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CannotCompare(f"scripts/compare ended with {done.returncode}: {' '.join(said)}") from error


def samples_of(results: dict[str, Any], scenario: str) -> dict[str, Samples]:
    """Returns the headline's samples of every ranked contender in a scenario, twins left out."""
    headline = results["scenarios"][scenario]["headline"]
    return {
        cell["entry"]: cell["metrics"][headline]["samples"]
        for cell in results["cells"]
        if cell["scenario"] == scenario and cell["ranked"] and cell["entry"] == cell["contender"]
    }


def _told_apart(by_entry: dict[str, Samples]) -> set[tuple[str, str]]:
    pairs = combinations(by_entry, 2)
    return {(a, b) for a, b in pairs if ahead(by_entry[a], by_entry[b], lower_is_better=True) is not None}


def judged(first: dict[str, Any], second: dict[str, Any]) -> Outcome:
    """Returns what two results say of each other."""
    pairs = both = 0
    against: list[str] = []
    for scenario in SCENARIOS:
        one, other = samples_of(first, scenario), samples_of(second, scenario)
        pairs += len(list(combinations(one.keys() & other.keys(), 2)))
        both += len(_told_apart(one) & _told_apart(other))
        against += [f"{scenario}: {a} and {b}" for a, b in contradictions(one, other)]
    where = ", ".join(against) or "none"
    return Outcome(
        "twice",
        "the same comparison run twice ranks the same wherever both claim a difference",
        f"of {pairs} pairs of contenders both tell {both} apart; they contradict each other in {where}",
        both > 0 and not against,
        {"pairs": pairs, "told_apart_by_both": both, "contradictions": against},
    )


def twice(folder: Path, flags: Sequence[str]) -> Outcome:
    """Runs the comparison twice, in another order, and returns what the two say of each other."""
    first, second = (_compare(folder / f"run-{number}", number, flags) for number in (1, 2))
    return judged(first, second)
