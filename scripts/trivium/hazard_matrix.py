# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The hazard matrix: contender by hazard, in each cell the measured harm.

Takes results["hazards"], a list with an object for each contender and hazard: "contender", "hazard", "label" (what the
figure is), "value", "unit", "low", "high" (null where it was not measured), "claim" (what a test holds of that cell),
and "harm" from 0 (none) to 1 (all was lost), which colours the cell; optional "timeline_svg", a picture of the healthy
clients over time, to which the cell leads, and "note".
"""

from dataclasses import dataclass
from typing import Any

from trivium.figures import number


@dataclass(frozen=True)
class HazardCell:
    """One cell: its text, its interval, what is claimed, how dark it is (0 to 4), and the timeline that it leads to."""

    text: str
    detail: str
    claim: str
    level: int
    anchor: str
    timeline: str


@dataclass(frozen=True)
class Matrix:
    """The whole matrix; a row is a contender's name and a cell (or None) for each hazard."""

    hazards: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HazardCell | None, ...]], ...]


def level_of(harm: float | None) -> int:
    """Returns the shade of a harm from 0 to 1; 0 where it is none, or not known."""
    if not harm or harm <= 0:
        return 0
    return 1 if harm < 0.01 else 2 if harm < 0.1 else 3 if harm < 0.5 else 4


def _figure(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "share" else f"{number(value)} {unit}".rstrip()


def _cell(found: dict[str, Any]) -> HazardCell:
    unit = found.get("unit") or ""
    value, low, high = found.get("value"), found.get("low"), found.get("high")
    text = "n/a" if value is None else _figure(value, unit)
    bounds = "" if low is None or high is None else f"{_figure(low, unit)} to {_figure(high, unit)}"
    parts = [part for part in (found.get("label"), bounds, found.get("note")) if part]
    anchor = f"hazard-{found['hazard']}-{found['contender']}".replace("/", "-").replace("+", "-")
    timeline = found.get("timeline_svg") or ""
    return HazardCell(text, "; ".join(parts), found.get("claim") or "", level_of(found.get("harm")), anchor, timeline)


def matrix(results: dict[str, Any]) -> Matrix | None:
    """Returns the matrix, the contender with the least harm in all first; None where no hazard was measured."""
    found = results.get("hazards") or []
    if not found:
        return None
    hazards = tuple(dict.fromkeys(item["hazard"] for item in found))
    contenders = list(dict.fromkeys(item["contender"] for item in found))
    cells = {(item["contender"], item["hazard"]): _cell(item) for item in found}
    harm = {name: sum(item.get("harm") or 0.0 for item in found if item["contender"] == name) for name in contenders}
    contenders.sort(key=lambda name: (harm[name], name))
    rows = tuple((name, tuple(cells.get((name, hazard)) for hazard in hazards)) for name in contenders)
    return Matrix(hazards, rows)
