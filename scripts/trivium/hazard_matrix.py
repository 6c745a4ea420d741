# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The hazard matrix: contender by hazard, in each cell the measured harm; and what is said of each hazard beside it.

Rows are grouped by model, the contender with the least harm in all first, so that the shape of each model shows.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from trivium.hazard_words import SIGNS, Item, anchor, bounds, level_of, listed, shortened, told, unit_of, why_not
from trivium.palette import MODELS, model_of


@dataclass(frozen=True)
class HazardCell:
    """One cell: its text and interval, how dark it is (0 to 4), what it claims, and the timeline that it leads to."""

    text: str
    detail: str
    level: int
    measured: bool
    says: str
    anchor: str
    has_timeline: bool

    @property
    def sign(self) -> str:
        """A disc that is the fuller, the more harm; "" where nothing was measured."""
        return SIGNS[self.level] if self.measured else ""


@dataclass(frozen=True)
class Row:
    """A contender's name, and a cell (or None) for each hazard."""

    contender: str
    cells: tuple[HazardCell | None, ...]


@dataclass(frozen=True)
class Group:
    """A model's rows."""

    model: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Claim:
    """A sentence that a test holds, of which contenders, and the test's name."""

    text: str
    test: str
    contenders: str


@dataclass(frozen=True)
class Note:
    """What must be said of some contenders' cells: of what was measured (`*`), or why nothing was (n/a)."""

    text: str
    contenders: str
    measured: bool

    @property
    def line(self) -> str:
        """The note as a sentence of its hazard."""
        return f"{'' if self.measured else 'n/a for '}{self.contenders}: {self.text}"


@dataclass(frozen=True)
class Column:
    """A hazard: its question, what its figure is, what tests hold of it, and what must be said of it."""

    hazard: str
    question: str
    label: str
    anchor: str
    claims: tuple[Claim, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Matrix:
    """The whole matrix."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]

    @property
    def hazards(self) -> tuple[str, ...]:
        """The names of the hazards."""
        return tuple(column.hazard for column in self.columns)

    def notes(self) -> list[str]:
        """Returns what must be said of cells, each once, with the hazards and contenders that it is true of."""
        said: dict[tuple[bool, str], list[str]] = {}
        for column in self.columns:
            for note in column.notes:
                said.setdefault((note.measured, note.text), []).append(f"{column.hazard} ({note.contenders})")
        ordered = sorted(said.items(), key=lambda item: item[0][0])
        return [f"{'*' if measured else 'n/a'} {', '.join(where)}: {text}" for (measured, text), where in ordered]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all models."""
        return tuple(row for group in self.groups for row in group.rows)


def _cell(found: Item) -> HazardCell:
    unit, value = unit_of(found), found.get("value")
    text = "n/a" if value is None else told(value, unit) + ("*" if _notes(found) else "")
    detail = bounds(found, unit)
    parts = [found.get("label"), f"{text} ({detail})" if detail else text, found.get("claim"), found.get("note")]
    says = f"{found['contender']}, {found['hazard']}: {'; '.join(part for part in parts if part)}"
    name = anchor(found["hazard"], found["contender"])
    level = level_of(found.get("harm")) if value is not None else 0
    return HazardCell(text, detail, level, value is not None, says, name, bool(found.get("timeline")))


def _said_by(items: Sequence[Item], key: str) -> dict[str, list[str]]:
    """Returns what is said of contenders by that key, and of whom."""
    found: dict[str, list[str]] = {}
    for item in items:
        if item.get(key):
            found.setdefault(item[key], []).append(item["contender"])
    return found


def plain_test(name: str) -> str:
    """Returns the test's name without the contender that it is run with."""
    first, _, rest = name.partition("/")
    return f"{first}/{rest.partition('/')[0]}" if "/" in rest else name


def _claims(items: Sequence[Item], everyone: Sequence[str]) -> tuple[Claim, ...]:
    found = []
    for text, contenders in _said_by(items, "claim").items():
        tests = [plain_test(item["test"]) for item in items if item.get("claim") == text and item.get("test")]
        found.append(Claim(text, listed(tests), shortened(contenders, everyone)))
    return tuple(found)


def _notes(item: Item) -> list[str]:
    """Returns what is to be said of the cell; where nothing was measured, the reason."""
    if item.get("value") is None:
        return [why_not(item)]
    return [text for text in (item.get("note") or "").split("; ") if text]


def _column(hazard: str, items: Sequence[Item], everyone: Sequence[str], untimed: Container[str]) -> Column:
    labels = _said_by([item for item in items if item.get("value") is not None], "label")
    label = next(iter(labels), "")
    if len(labels) > 1:
        label = "; ".join(f"{text} ({shortened(names, everyone)})" for text, names in labels.items())
    said: dict[tuple[str, bool], list[str]] = {}
    for item in items:
        measured = item.get("value") is not None
        if measured or item["contender"] not in untimed:  # who does not conform was named above all else
            for text in _notes(item):
                said.setdefault((text, measured), []).append(item["contender"])
    notes = [Note(text, shortened(names, everyone), measured) for (text, measured), names in said.items()]
    notes.sort(key=lambda note: note.measured)
    question = next((item["question"] for item in items if item.get("question")), "")
    return Column(hazard, question, label, anchor(hazard), _claims(items, everyone), tuple(notes))


def _total(items: Sequence[Item], contender: str) -> float:
    return sum(item.get("harm") or 0.0 for item in items if item["contender"] == contender)


def matrix(results: dict[str, Any]) -> Matrix | None:
    """Returns the matrix; None where no hazard was measured."""
    found = results.get("hazards") or []
    if not found:
        return None
    hazards = tuple(dict.fromkeys(item["hazard"] for item in found))
    everyone = list(dict.fromkeys(item["contender"] for item in found))
    everyone.sort(key=lambda name: (round(_total(found, name), 9), name))
    cells = {(item["contender"], item["hazard"]): _cell(item) for item in found}
    groups = []
    for model, (_, _, title) in MODELS.items():
        own = [name for name in everyone if model_of(name) == model]
        rows = tuple(Row(name, tuple(cells.get((name, hazard)) for hazard in hazards)) for name in own)
        groups += [Group(model, title, rows)] if rows else []
    shown = [row.contender for group in groups for row in group.rows]
    items = sorted(found, key=lambda item: shown.index(item["contender"]))
    gate = results.get("run", {}).get("gate", {})
    untimed = {name for name, judgement in gate.items() if not judgement["passed"]}
    columns = tuple(_column(hazard, [i for i in items if i["hazard"] == hazard], shown, untimed) for hazard in hazards)
    return Matrix(columns, tuple(groups))
