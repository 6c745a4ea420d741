# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Who comes before whom in a scenario, and how far a cell's figures can be trusted."""

from collections.abc import Sequence
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.figures import axis_value, axis_values, figure_of


def cells_of(results: dict[str, Any], name: str) -> list[Cell]:
    """Returns the scenario's cells."""
    return [cell for cell in results["cells"] if cell["scenario"] == name]


def baseline_of(results: dict[str, Any], name: str) -> str:
    """Returns the entry that a scenario's ratios refer to: fetch clients have a baseline of their own."""
    run = results["run"]
    fetches = results["scenarios"][name].get("kind") == "fetch"
    return run.get("fetch_baseline", run["baseline"]) if fetches else run["baseline"]


def is_twin(cell: Cell) -> bool:
    """Says whether the cell is the second of an A/A pair."""
    return cell["entry"].endswith("#2")


def marks(cell: Cell) -> list[str]:
    """Returns what limits the trust in a measured cell, the gravest first; [] where nothing does."""
    found = []
    if not cell["ranked"]:
        found.append("not ranked")
    if cell["load_limited"]:
        found.append("load-limited")
    if cell.get("steady") is False:
        found.append("unsteady")
    return found


def is_foreign(cell: Cell, baseline: str) -> bool:
    """Says whether the cell is of another dialect than the baseline: shown, and never ranked."""
    return any(ratio.get("cross_dialect") for ratio in cell["ratios"] if ratio["baseline"] == baseline)


def ordered(facts: dict[str, Any], cells: Sequence[Cell], baseline: str) -> list[Cell]:
    """Returns the measured cells: the ranked ones by the headline, best first, then the others."""
    headline = facts["headline"]
    sign = -1 if figure_of(facts, headline).better == "higher" else 1

    def key(cell: Cell) -> tuple[bool, bool, float]:
        metric = cell["metrics"].get(headline)
        ratio = ratio_of(cell, headline, baseline)
        # The ratio, being paired, is the better measure; the baseline's own is 1.
        value = ratio["median"] if ratio else 1.0 if metric and cell["entry"] == baseline else None
        if value is None:
            value = metric["median"] * 1e9 if metric else float("inf")
        return not cell["ranked"], is_foreign(cell, baseline), sign * value

    return sorted((cell for cell in cells if cell["valid"]), key=key)


def entries_by_rank(facts: dict[str, Any], cells: Sequence[Cell], baseline: str) -> list[str]:
    """Returns every entry that was measured anywhere on the axis, the best at its far end first.

    Who was not measured at the far end follows, by the next value of the axis that it was measured at.
    """
    found: dict[str, None] = {}
    for value in reversed(axis_values(facts, list(cells))):
        here = [cell for cell in cells if axis_value(facts, cell) == value]
        found |= dict.fromkeys(cell["entry"] for cell in ordered(facts, here, baseline) if cell["ranked"])
    for cell in cells:
        if cell["valid"]:
            found.setdefault(cell["entry"], None)
    return list(found)


def telling_value(facts: dict[str, Any], cells: Sequence[Cell]) -> Any:
    """Returns the place on the axis that tells most: the farthest at which half of who was measured at all is ranked.

    None where there is no axis.
    """
    values = axis_values(facts, list(cells))
    measured = {cell["entry"] for cell in cells if cell["valid"]}
    for value in reversed(values):
        ranked = {cell["entry"] for cell in cells if cell["ranked"] and axis_value(facts, cell) == value}
        if ranked and len(ranked) * 2 >= len(measured):
            return value
    return values[0] if values else None
