# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What must be said below a table: what was not measured and why, what was odd, what disturbed."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from trivium.cells import Cell
from trivium.figures import axis_of, axis_text, axis_value, figure_of

MOST_LISTED = 16


def place_of(facts: dict[str, Any], cell: Cell) -> str:
    """Returns where on the scenario's axis a cell stands: " at connections 100"; "" where there is no axis."""
    return f" at {facts['axis']} {axis_text(axis_value(facts, cell))}" if axis_of(facts) else ""


def measurements(cells: Sequence[Cell]) -> int:
    """Returns how many measurements went well: as many as the best known metric of each cell has samples."""
    count = 0
    for cell in cells:
        if cell["valid"]:
            told = [sum(s is not None for s in metric["samples"]) for metric in cell["metrics"].values()]
            count += max(told, default=0)
    return count


def short_notes(cell: Cell) -> list[str]:
    """Returns the notes that belong into a table itself; the others stand below it."""
    return [note for note in cell["notes"] if note.startswith(("load-limited", "failures:"))]


def _listed(entries: Sequence[str]) -> str:
    entries = list(dict.fromkeys(entries))
    more = f" and {len(entries) - MOST_LISTED} more" if len(entries) > MOST_LISTED else ""
    return ", ".join(entries[:MOST_LISTED]) + more


def remarks(cells: Sequence[Cell], facts: dict[str, Any] | None = None, *, all_notes: bool = False) -> list[str]:
    """Returns what must be said below a table: what was not measured and why, what was odd.

    `all_notes`: also those that a table of the terminal has in its last column.
    """
    said: dict[str, list[str]] = {}
    for cell in cells:
        if cell["nonconforming"]:
            continue  # said once, above all scenarios
        kept = [n for n in cell["notes"] if all_notes or n not in short_notes(cell)]
        notes = cell["notes"] if not cell["valid"] else kept
        where = place_of(facts, cell) if facts else ""
        for note in notes:
            why = note if cell["valid"] or note.startswith("not measured") else f"not measured: {note}"
            said.setdefault(why, []).append(cell["entry"] + (where if cell["valid"] else ""))
        if outliers := cell.get("outliers"):
            said.setdefault("outliers flagged, and kept", []).append(
                f"{cell['entry']}{where} (round {_rounds(outliers)})"
            )
    lines = [f"{_listed(entries)}: {note}" for note, entries in said.items()]
    lines += _nowhere(cells, facts) if facts else []
    disturbed: Counter[str] = Counter()
    for cell in cells:
        disturbed.update(cell["disturbances"])
    measured = measurements(cells)
    return lines + [f"not quiet: {text} in {n} of {measured} measurements" for text, n in disturbed.items()]


def _nowhere(cells: Sequence[Cell], facts: dict[str, Any]) -> list[str]:
    """Returns which of the metrics that the scenario asks for were measured nowhere, and why."""
    measured = [cell for cell in cells if cell["valid"]]
    said = []
    for metric in dict.fromkeys((facts["headline"], *facts.get("headlines", ()))):
        if measured and not any(metric in cell["metrics"] for cell in measured):
            reasons = dict.fromkeys((cell.get("unmeasured") or {}).get(metric, "") for cell in measured)
            why = "; ".join(reason for reason in reasons if reason) or "not measured"
            said.append(f"{figure_of(facts, metric).title}: n/a ({why})")
    return said


def _rounds(outliers: Sequence[Any]) -> str:
    return ", ".join(str(item["round"] if isinstance(item, dict) else item) for item in outliers)
