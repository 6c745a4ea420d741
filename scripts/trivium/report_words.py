# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What must be read before any table: the A/A pairs, what does not conform, a machine that was not quiet."""

from collections.abc import Sequence
from math import inf
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.figures import is_micro
from trivium.hazard_words import listed, plain_scenarios
from trivium.micro_table import pair_verdict
from trivium.ranking import baseline_of, cells_of
from trivium.remarks import measurements, place_of
from trivium.statistics import BOOTSTRAP_FROM, FEWEST_FOR_INTERVAL


def _bounds(ratio: dict[str, Any]) -> str:
    return f"{ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]"


def _pair(results: dict[str, Any], name: str, twins: Sequence[Cell]) -> tuple[bool, str]:
    """Returns what a scenario's A/A pairs say, over all of its axis, and whether that is an alarm."""
    facts, baseline = results["scenarios"][name], baseline_of(results, name)
    found = [(ratio_of(cell, facts["headline"], baseline), cell) for cell in twins]
    ratios = [(ratio, cell) for ratio, cell in found if ratio]
    if not ratios:
        return True, f"A/A, {name}: the baseline was not measured; nothing tells how far to trust the ratios."
    if any(ratio["low"] is None for ratio, _ in ratios):
        return True, f"A/A, {name}: too few rounds for an interval; the ratios are no more than hints."
    off = [(ratio, cell) for ratio, cell in ratios if ratio["verdict"] != "no difference"]
    where = f" at all {len(ratios)} places of its axis" if len(ratios) > 1 else ""
    if not off:
        told = "no difference" if where else f"{_bounds(ratios[0][0])}: no difference"
        return False, f"A/A, {name}: the baseline against itself{where} is {told}, as it must be."
    at = [f"{_bounds(ratio)}{place_of(facts, cell)}" for ratio, cell in off]
    said = f"A/A, {name}: the baseline differs from itself, {'; '.join(at)}."
    if len(ratios) > 1:
        said += f" ({len(off)} of {len(ratios)} places)"
    return True, f"WARNING: {said} Believe no difference of that size."


def pair_verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what the A/A pairs say, one line a scenario, the alarms first."""
    alarms, calm = [], []
    for name in plain_scenarios(results):
        if is_micro(results["scenarios"][name]):
            alarm, text = pair_verdict(results, name)
        else:
            twin = f"{baseline_of(results, name)}#2"
            twins = [cell for cell in cells_of(results, name) if cell["entry"] == twin]
            if not twins:
                continue
            alarm, text = _pair(results, name, twins)
        (alarms if alarm else calm).append(text)
    return alarms + calm


def gate_verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what is not timed because it does not conform, and what conformed at the second try only."""
    lines = []
    for name, judgement in results["run"]["gate"].items():
        if not judgement["passed"]:
            lines.append(f"NOT TIMED: {name}: {judgement['reason']}")
        elif judgement["tried_again"]:
            lines.append(f"{name} passed {', '.join(judgement['tried_again'])} only when tried again alone")
    return sorted(lines)


def quiet_verdict(results: dict[str, Any]) -> list[str]:
    """Returns a warning where more than one measurement in four was disturbed."""
    measured = measurements(results["cells"])
    disturbed = sum(sum(cell["disturbances"].values()) for cell in results["cells"] if cell["valid"])
    if disturbed * 4 <= measured:
        return []
    return [
        f"WARNING: the machine was not quiet in {disturbed} of {measured} measurements: rates and latencies are those "
        "of a busy machine. Stop what else runs, and compare again."
    ]


def verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what must be read before any table."""
    return quiet_verdict(results) + pair_verdicts(results) + gate_verdicts(results)


def rounds_of(results: dict[str, Any], name: str) -> int:
    """Returns how many rounds a scenario was measured in."""
    return int(min(results["scenarios"][name].get("rounds") or inf, results["run"]["rounds_measured"]))


def _spread(rounds: Sequence[int]) -> str:
    """Returns what stands beside the medians of scenarios with so many rounds."""
    few = [count for count in rounds if count < FEWEST_FOR_INTERVAL]
    exact = [count for count in rounds if FEWEST_FOR_INTERVAL <= count < BOOTSTRAP_FROM]
    many = [count for count in rounds if count >= BOOTSTRAP_FROM]
    if list(rounds) == [1]:
        return f"one round has no spread; an interval needs {FEWEST_FOR_INTERVAL}"
    if few == list(rounds):
        told = listed([str(count) for count in few])
        return f"what stands beside them is the range of {told} rounds; an interval needs {FEWEST_FOR_INTERVAL}"
    kinds = [f"{listed([str(count) for count in exact])} rounds: order statistics, exact"] if exact else []
    kinds += [f"{listed([str(count) for count in many])} rounds: bootstrap"] if many else []
    kinds += [f"{listed([str(count) for count in few])} rounds: the range, and no interval"] if few else []
    return f"beside them 95 % intervals of the median ({'; '.join(kinds)})"


def legend(results: dict[str, Any]) -> list[str]:
    """Returns how the figures are to be read."""
    plain = plain_scenarios(results)
    spread = _spread(sorted({rounds_of(results, name) for name in plain or results["scenarios"]}))
    cells = [cell for cell in results["cells"] if cell["scenario"] in plain]
    served = any(not is_micro(results["scenarios"][name]) for name in plain)
    ratios = f"Ratios to {results['run']['baseline']}" if served else "Ratios"
    lines = [f"Medians; {spread}."]
    if plain:
        lines[0] += f' {ratios} are paired by round; an interval that holds 1 reads "no difference".'
    if results.get("doses") and results["run"]["rounds_measured"] > 1:
        lines.append(
            "Dose curves: the doses beside the matrix's are measured in every other round; around them stands the "
            f"range of these rounds, where they are fewer than {FEWEST_FOR_INTERVAL}."
        )
    if any(cell["load_limited"] for cell in cells):
        lines.append(
            "load-limited: the load client had no time left. Rate and latency are then its own as much as the "
            "server's; CPU per operation stands."
        )
    if any(cell.get("steady") is False for cell in cells):
        lines.append("unsteady: the figures drifted from round to round; their interval may be too narrow.")
    if any(cell["valid"] and not cell["ranked"] for cell in cells):
        lines.append("Contenders with failures are listed last, and not ranked.")
    return lines
